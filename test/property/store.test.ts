import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Cache } from '../../control-plane/store/cache.ts';
import { leasePrefix, type Store } from '../../control-plane/store/contract.ts';
import { openSqlite } from '../../control-plane/store/sqlite.ts';

/** What a store must be, in ten lines: the latest entry of each key, and one counter. */
class Model {
  readonly entries = new Map<string, { value: string; revision: number }>();
  revision = 0;

  write(key: string, value: string | undefined, expected: number | undefined) {
    const current = this.entries.get(key)?.revision ?? 0;
    if ((expected !== undefined && expected !== current) || (value === undefined && current === 0)) {
      return { ok: false, reason: 'conflict', revision: current };
    }
    this.revision += 1;
    if (value === undefined) this.entries.delete(key);
    else this.entries.set(key, { value, revision: this.revision });
    return { ok: true, revision: this.revision };
  }
}

type Step =
  /** Writes of one turn; `guess` is how the expected revision is chosen. */
  | { writes: { key: string; value: string | undefined; guess: 'right' | 'wrong' | 'any' }[] }
  /** The process ends and starts again. */
  | 'restart'
  /** A watcher that was away comes back. */
  | 'catch up';

const key = fc.constantFrom('objects/a', 'objects/b', 'objects/b/c', 'objects/d', 'leases/x', 'leases/y');
const write = fc.record({
  key,
  value: fc.option(fc.string({ maxLength: 5 }), { nil: undefined }),
  guess: fc.constantFrom('right' as const, 'right' as const, 'wrong' as const, 'any' as const),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ writes: fc.array(write, { minLength: 1, maxLength: 6 }) }) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
  { weight: 2, arbitrary: fc.constant('catch up' as const) },
);

function open(file: string): Store {
  const opened = openSqlite(file, { tombstones: 3 });
  assert.ok(opened.ok, opened.ok ? '' : opened.message);
  return opened.store;
}

const decode = (_key: string, value: string, revision: number) => ({ value, revision });

async function agrees(store: Store, cache: Cache<ReturnType<typeof decode>>, model: Model): Promise<void> {
  for (const prefix of ['objects/', leasePrefix, 'objects/b']) {
    const expected = [...model.entries]
      .filter(([each]) => each.startsWith(prefix))
      .map(([each, entry]) => ({ key: each, ...entry }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const { entries, revision } = await store.list(prefix);
    assert.deepEqual(entries, expected);
    assert.equal(revision, model.revision);
    if (prefix === leasePrefix) continue;
    assert.deepEqual(
      cache.list(prefix),
      expected.map(({ value, revision }) => ({ value, revision })),
    );
  }
}

/** Follows the store from where it stopped, by a watch of its own; starts over when history is gone. */
async function catchUp(store: Store, replica: Map<string, string>, from: number): Promise<number> {
  return new Promise((resolve) => {
    let at = from;
    const stop = store.watch(from, {
      onChanges(changes) {
        for (const { key: changed, value, revision } of changes) {
          assert.ok(revision > at, 'revisions come in order');
          at = revision;
          if (value === undefined) replica.delete(changed);
          else replica.set(changed, value);
        }
      },
      async onGone() {
        replica.clear();
        const listing = await store.list('');
        for (const entry of listing.entries) replica.set(entry.key, entry.value);
        at = listing.revision;
      },
    });
    setImmediate(() =>
      setImmediate(() => {
        stop();
        resolve(at);
      }),
    );
  });
}

test('any history of writes, restarts and late watchers leaves store, cache and watcher as the model has it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'aya-model-'));
  let runs = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const file = path.join(folder, `${(runs += 1)}.db`);
        const model = new Model();
        const replica = new Map<string, string>();
        let seen = 0;
        let store = open(file);
        let cache = await Cache.open({ store, prefix: 'objects/', decode });
        for (const each of steps) {
          if (each === 'restart') {
            cache.close();
            await store.close();
            store = open(file);
            cache = await Cache.open({ store, prefix: 'objects/', decode });
          } else if (each === 'catch up') {
            seen = await catchUp(store, replica, seen);
            const expected = [...model.entries].filter(([name]) => name.startsWith('objects/'));
            assert.deepEqual(replica, new Map(expected.map(([name, entry]) => [name, entry.value])));
          } else {
            // What a writer expects, it read before the turn: several writes of one key in a turn race.
            const planned = each.writes.map(({ key: name, value, guess }) => {
              const current = model.entries.get(name)?.revision ?? 0;
              const expected = guess === 'any' ? undefined : guess === 'right' ? current : current + 1;
              return { name, value, expected };
            });
            const writing = planned.map(({ name, value, expected }) => {
              const target = name.startsWith(leasePrefix) ? store : cache;
              return value === undefined ? target.delete(name, expected) : target.put(name, value, expected);
            });
            const wanted = planned.map(({ name, value, expected }) => model.write(name, value, expected));
            assert.deepEqual(await Promise.all(writing), wanted);
          }
          await agrees(store, cache, model);
        }
        cache.close();
        await store.close();
      }),
      { numRuns: 60 },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
