import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { silentLog } from '../../../shared/log/log.ts';
import { systemClock } from '../../../shared/time/clock.ts';
import { LastGood } from '../../../sidecar/discovery/last-good.ts';

const root = await mkdtemp(path.join(tmpdir(), 'aya-last-good-'));
after(() => rm(root, { recursive: true }));
let count = 0;
const folder = (): string => path.join(root, String(++count), 'deep');
const kept = (text: string) => [{ type: 't', name: 'n', version: '1', aliases: ['x'], bytes: Buffer.from(text) }];

test('what was kept is there for the next process, byte by byte', async () => {
  const at = folder();
  const store = new LastGood(at, 'node', systemClock, silentLog);
  store.save(() => kept('a'));
  store.save(() => kept('\u0000ÿb'));
  await store.flush();
  assert.deepEqual(await new LastGood(at, 'node', systemClock, silentLog).load(), kept('\u0000ÿb'));
  assert.deepEqual(await readdir(at), ['last-good']);
});

test('nothing, another node and damage are ignored, the latter two with a warning', async () => {
  const at = folder();
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (facts: object) => warnings.push(JSON.stringify(facts)) };
  assert.deepEqual(await new LastGood(at, 'node', systemClock, log).load(), []);
  assert.deepEqual(warnings, []);
  const store = new LastGood(at, 'node', systemClock, log);
  store.save(() => kept('a'));
  await store.flush();
  assert.deepEqual(await new LastGood(at, 'other', systemClock, log).load(), []);
  const file = path.join(at, 'last-good');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('"version":"1"', '"version":"2"'));
  assert.deepEqual(await new LastGood(at, 'node', systemClock, log).load(), []);
  await writeFile(file, text.slice(0, -10));
  assert.deepEqual(await new LastGood(at, 'node', systemClock, log).load(), []);
  assert.match(warnings.join(), /it is of node .*it is damaged.*it is damaged/s);
});

test('writes come together, at most one in a second', async () => {
  const at = folder();
  const store = new LastGood(at, 'node', systemClock, silentLog);
  let asked = 0;
  for (let times = 0; times < 100; times += 1) {
    store.save(() => {
      asked += 1;
      return kept(String(times));
    });
  }
  await store.flush();
  assert.equal(asked, 1);
  assert.equal((await store.load())[0]?.bytes.toString(), '99');
});

test('a folder that cannot be written costs a warning, not the process', async () => {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_: object, text: string) => warnings.push(text) };
  const file = path.join(root, 'file');
  await writeFile(file, '');
  const store = new LastGood(path.join(file, 'folder'), 'node', systemClock, log);
  store.save(() => kept('a'));
  await store.flush();
  assert.deepEqual(warnings, ['cannot keep the last good configuration']);
});
