import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { Change, Store } from '../../control-plane/store/contract.ts';
import { openSqlite } from '../../control-plane/store/sqlite.ts';
import { seededRandom } from '../../shared/struct/random.ts';

/** How often the writers are killed; 100 is what a release is tried with. */
const rounds = Number(process.env.AYA_STORE_CRASHES ?? 20);
const writers = path.join(import.meta.dirname, '../programs/store-writers.ts');

interface Acknowledged {
  revision: number;
  /** 0: deleted. */
  number: number;
}

/** Runs the four writers and kills them with SIGKILL, `ms` after the store was opened. Returns their lines. */
function killedAfter(ms: number, file: string, seed: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [writers, file, seed], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), ms);
      output += chunk.toString('latin1');
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('close', (_code, signal) => {
      // What stands after the last line break is a line that the kill cut off.
      if (signal === 'SIGKILL') resolve(output.split('\n').slice(0, -1));
      else reject(new Error(`the writers ended by themselves: ${errors}`));
    });
  });
}

test(`after ${rounds} kill -9 under four writers every acknowledged write is there and none is half`, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'aya-crash-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'store.db');
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  const acknowledged = new Map<string, Acknowledged>();
  let newest = 0;
  let writes = 0;
  for (let round = 1; round <= rounds; round++) {
    const name = `${seed}-${round}`;
    const [opened = '', ...lines] = await killedAfter(random() * 150, file, String(round));
    assert.ok(Number(opened.split(' ')[1]) >= newest, `${name}: the counter went back: ${opened} after ${newest}`);
    for (const line of lines) {
      const [key = '', revision, number] = line.split(' ');
      assert.ok(Number(revision) > newest, `${name}: revision ${revision} after ${newest}`);
      newest = Number(revision);
      acknowledged.set(key, { revision: newest, number: Number(number) });
      writes += 1;
    }
    const store = openSqlite(file);
    assert.ok(store.ok, `${name}: ${store.ok || store.message}`);
    const state = await everything(store.store);
    newest = Math.max(newest, (await store.store.list('')).revision);
    await store.store.close();
    let underWay = 0;
    for (const [key, { value, revision }] of state) {
      const last = acknowledged.get(key);
      assert.ok(revision >= (last?.revision ?? 0), `${name}: ${key} fell back to an older write`);
      const object = value === undefined ? undefined : JSON.parse(value);
      if (object) {
        const hash = createHash('sha256').update(`${object.seed}/${object.number}/${object.body}`).digest('hex');
        assert.equal(object.check, hash, `${name}: ${key} is half`);
      }
      if (revision === last?.revision)
        assert.equal(object?.number ?? 0, last.number, `${name}: ${key} is another write`);
      else underWay += 1;
      acknowledged.set(key, { revision, number: object?.number ?? 0 });
    }
    for (const key of acknowledged.keys()) assert.ok(state.has(key), `${name}: ${key} is lost`);
    assert.ok(underWay <= 4, `${name}: ${underWay} writes were stored without word, but only 4 were under way`);
  }
  t.diagnostic(`${writes} acknowledged writes in ${rounds} rounds, seed ${seed}`);
  assert.ok(writes > rounds);
});

/** Latest state of every key, deleted ones included. No revision is before 1, so that a watch from 1 leaves out at most one key. */
async function everything(store: Store): Promise<Map<string, Change>> {
  const state = new Map<string, Change>();
  for (const { key, value, revision } of (await store.list('')).entries) state.set(key, { key, value, revision });
  await new Promise<void>((resolve) => {
    const onChanges = (changes: readonly Change[]) => {
      for (const change of changes) state.set(change.key, change);
      resolve();
    };
    store.watch(1, { onChanges, onGone: () => assert.fail('history was forgotten') });
    if (state.size <= 1) setImmediate(resolve);
  });
  return state;
}
