import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { Cache, type Seen } from '../../control-plane/store/cache.ts';
import type { Change, Store, Written } from '../../control-plane/store/contract.ts';
import { openSqlite } from '../../control-plane/store/sqlite.ts';
import { eventually } from '../support/eventually.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'aya-store-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => path.join(folder, `${(files += 1)}.db`);

function open(file: string, tombstones?: number): Store {
  const opened = openSqlite(file, tombstones === undefined ? {} : { tombstones });
  if (!opened.ok) throw new Error(opened.message);
  return opened.store;
}

function revision(written: Written): number {
  assert.ok(written.ok, JSON.stringify(written));
  return written.revision;
}

/** What every implementation of the contract must do. */
function contract(name: string, create: () => Store): void {
  describe(`a store (${name})`, () => {
    test('returns what was put, with a revision that grows with every write', async () => {
      const store = create();
      const first = revision(await store.put('a/1', 'one', 0));
      const second = revision(await store.put('a/2', 'two'));
      assert.ok(second > first && first > 0);
      assert.deepEqual(await store.get('a/1'), { key: 'a/1', value: 'one', revision: first });
      assert.equal(await store.get('a/3'), undefined);
      await store.close();
    });

    test('refuses a write whose expected revision is not the current one, and says which is', async () => {
      const store = create();
      const first = revision(await store.put('k', 'one', 0));
      assert.deepEqual(await store.put('k', 'two', 0), { ok: false, reason: 'conflict', revision: first });
      assert.deepEqual(await store.put('k', 'two', first + 7), { ok: false, reason: 'conflict', revision: first });
      assert.deepEqual(await store.delete('k', first + 7), { ok: false, reason: 'conflict', revision: first });
      assert.deepEqual(await store.put('other', 'x', 5), { ok: false, reason: 'conflict', revision: 0 });
      assert.deepEqual(await store.delete('other'), { ok: false, reason: 'conflict', revision: 0 });
      assert.equal((await store.get('k'))?.value, 'one');
      await store.close();
    });

    test('lets exactly one of many writers of the same turn win', async () => {
      const store = create();
      const results = await Promise.all(Array.from({ length: 20 }, (_, index) => store.put('k', String(index), 0)));
      assert.equal(results.filter((each) => each.ok).length, 1);
      await store.close();
    });

    test('lists what lives below a prefix in order of keys, with the revision to watch from', async () => {
      const store = create();
      for (const key of ['b/2', 'a/1', 'b/1', 'b2/1', 'b/3']) await store.put(key, key);
      const last = revision(await store.delete('b/3'));
      const listing = await store.list('b/');
      assert.deepEqual(
        listing.entries.map((entry) => entry.key),
        ['b/1', 'b/2'],
      );
      assert.equal(listing.revision, last);
      await store.close();
    });

    test('creates a deleted key again with a newer revision', async () => {
      const store = create();
      await store.put('k', 'one', 0);
      const gone = revision(await store.delete('k'));
      assert.equal(await store.get('k'), undefined);
      assert.ok(revision(await store.put('k', 'two', 0)) > gone);
      await store.close();
    });

    test('reports to a watcher what it missed, then what happens, in order of revisions', async () => {
      const store = create();
      const from = revision(await store.put('a', '1'));
      await store.put('b', '2');
      await store.delete('a');
      const seen: Change[] = [];
      const stop = store.watch(from, { onChanges: (changes) => void seen.push(...changes), onGone: assert.fail });
      await store.put('c', '3');
      await eventually(() => seen.length === 3);
      assert.deepEqual(
        seen.map(({ key, value }) => [key, value]),
        [
          ['b', '2'],
          ['a', undefined],
          ['c', '3'],
        ],
      );
      assert.deepEqual(
        seen.map((each) => each.revision),
        seen.map((each) => each.revision).toSorted((x, y) => x - y),
      );
      stop();
      await store.put('d', '4');
      assert.equal(seen.length, 3);
      await store.close();
    });

    test('reports all that is there to a watcher from 0', async () => {
      const store = create();
      await store.put('a', '1');
      await store.put('b', '2');
      await store.delete('a');
      const seen: Change[] = [];
      store.watch(0, { onChanges: (changes) => void seen.push(...changes), onGone: assert.fail });
      await eventually(() => seen.length === 1);
      assert.equal(seen[0]?.key, 'b');
      await store.close();
    });

    test('keeps leases out of lists, history and watches of everything else', async () => {
      const store = create();
      const seen: Change[] = [];
      store.watch(0, { onChanges: (changes) => void seen.push(...changes), onGone: assert.fail });
      const first = revision(await store.put('leases/x', 'one', 0));
      assert.deepEqual(await store.put('leases/x', 'two', 0), { ok: false, reason: 'conflict', revision: first });
      await store.put('leases/x', 'two', first);
      await store.put('a', '1');
      await eventually(() => seen.length === 1);
      assert.deepEqual(
        (await store.list('')).entries.map((entry) => entry.key),
        ['a'],
      );
      assert.deepEqual(
        (await store.list('leases/')).entries.map((entry) => entry.value),
        ['two'],
      );
      revision(await store.delete('leases/x'));
      assert.equal(await store.get('leases/x'), undefined);
      assert.equal(revision(await store.put('leases/x', 'three', 0)) > first, true);
      await store.close();
    });

    test('answers writes after close as unavailable, after finishing those under way', async () => {
      const store = create();
      const underway = store.put('a', '1');
      await store.close();
      assert.ok((await underway).ok);
      assert.equal((await store.put('a', '2')).ok, false);
    });
  });
}

contract('sqlite in a file', () => open(newFile()));
contract('sqlite in memory', () => open(':memory:'));

test('a reopened store goes on counting and has everything', async () => {
  const file = newFile();
  const first = open(file);
  await first.put('a', '1');
  const last = revision(await first.put('leases/l', 'lease'));
  await first.close();
  const second = open(file);
  assert.equal((await second.get('a'))?.value, '1');
  assert.equal((await second.get('leases/l'))?.value, 'lease');
  assert.ok(revision(await second.put('b', '2')) > last);
  await second.close();
});

test('a store in use is not opened a second time, and the message says why', async () => {
  const file = newFile();
  const store = open(file);
  await store.put('a', '1');
  const second = openSqlite(file);
  assert.ok(!second.ok);
  assert.match(second.message, /another control plane is using it/);
  assert.ok((await store.put('a', '2')).ok);
  await store.close();
});

test('a file that is no store, and one of a newer format, are refused by name', () => {
  const newer = newFile();
  const db = new DatabaseSync(newer);
  db.exec('PRAGMA user_version = 99');
  db.close();
  const opened = openSqlite(newer);
  assert.ok(!opened.ok && opened.message.includes(newer) && /newer version/.test(opened.message));
  const foreign = openSqlite(import.meta.filename);
  assert.ok(!foreign.ok);
  assert.match(foreign.message, /not a database/);
});

test('a watcher from before forgotten tombstones is told to list again', async () => {
  const store = open(':memory:', 5);
  const from = revision(await store.put('first', '1'));
  for (let i = 0; i < 12; i++) {
    await store.put(`k${i}`, 'x');
    await store.delete(`k${i}`);
  }
  let gone = false;
  store.watch(from, { onChanges: () => assert.fail('incomplete history'), onGone: () => (gone = true) });
  await eventually(() => gone);
  const seen: Change[] = [];
  store.watch((await store.list('')).revision - 1, {
    onChanges: (each) => void seen.push(...each),
    onGone: assert.fail,
  });
  await eventually(() => seen.length === 1);
  await store.close();
});

describe('the cache', () => {
  const decode = (_key: string, text: string, revision: number) => ({ text, revision });
  type Value = ReturnType<typeof decode>;

  test('lets a writer read what it wrote as soon as the write resolves', async () => {
    const store = open(':memory:');
    await store.put('objects/old', 'old');
    const cache = await Cache.open({ store, prefix: 'objects/', decode });
    assert.equal(cache.get('objects/old')?.text, 'old');
    const written = await cache.put('objects/a', '1', 0);
    assert.ok(written.ok);
    assert.deepEqual(cache.get('objects/a'), { text: '1', revision: written.revision });
    await cache.delete('objects/a');
    assert.equal(cache.get('objects/a'), undefined);
    assert.deepEqual(
      cache.list('objects/').map((each) => each.text),
      ['old'],
    );
    cache.close();
    await store.close();
  });

  test('shows watchers what they missed and what follows, with the value before', async () => {
    const store = open(':memory:');
    const cache = await Cache.open({ store, prefix: 'objects/', decode });
    const first = await cache.put('objects/a', '1');
    await cache.put('objects/a', '2');
    await cache.put('elsewhere/b', 'x');
    const seen: Seen<Value>[] = [];
    assert.ok(first.ok);
    const stop = cache.watch(first.revision, (changes) => void seen.push(...changes));
    assert.ok(stop);
    await cache.delete('objects/a');
    assert.deepEqual(
      seen.map(({ value, previous }) => [value?.text, previous?.text]),
      [
        ['2', '1'],
        [undefined, '2'],
      ],
    );
    stop();
    cache.close();
    await store.close();
  });

  test('refuses to watch from what it has forgotten and from what has not happened', async () => {
    const store = open(':memory:');
    const cache = await Cache.open({ store, prefix: 'objects/', decode, keep: { changes: 3, characters: 1000 } });
    const none = () => assert.fail('no change expected');
    for (let i = 0; i < 5; i++) await cache.put('objects/a', String(i));
    assert.equal(cache.watch(1, none), undefined);
    assert.equal(cache.watch(cache.revision + 1, none), undefined);
    assert.ok(cache.watch(cache.revision, none));
    await store.close();
  });

  test('keeps its history within its size, not only within its number', async () => {
    const store = open(':memory:');
    const cache = await Cache.open({ store, prefix: 'objects/', decode, keep: { changes: 1000, characters: 1000 } });
    for (let i = 0; i < 5; i++) await cache.put('objects/a', 'x'.repeat(400));
    const { revision } = cache;
    assert.equal(
      cache.watch(revision - 3, () => {}),
      undefined,
    );
    assert.ok(cache.watch(revision - 2, () => {}));
    await store.close();
  });
});
