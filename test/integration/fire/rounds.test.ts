import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { temporaryFile } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { CLIENT_STAGES, goAt } from '../../support/fire/client-stages.ts';
import { Ground, patience } from '../../support/fire/ground.ts';
import { dripping, sipping } from '../../support/fire/slow-client.ts';
import { GOINGS, pathOf, UPSTREAM_STAGES } from '../../support/fire/upstream-stages.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { openSockets, residentMemory, wakes } from '../../support/process.ts';

const ROUNDS = 10;
const TIMES = 8;
/** The main thread, and one worker. */
const THREADS = [0, 1];
const MIB = 1024 * 1024;
/** glibc gives back what is free, instead of keeping it for threads that may ask again: then what is resident is what is held. */
const RETURNS_PAGES = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: String(32 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(128 * 1024),
};

const times = <T>(count: number, start: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => start(index)));

/** Of the last three. */
const late = (values: readonly number[]): number => values.slice(-3).sort((a, b) => a - b)[1] as number;

/** Everything at once that the other tests of this folder do one after the other. */
async function burn(ground: Ground): Promise<void> {
  const { port } = ground;
  const crowd = await times(300, () => RawClient.connect(port));
  await Promise.all([
    ...UPSTREAM_STAGES.flatMap((stage) =>
      GOINGS.map((going) => times(TIMES, () => call(port, { path: pathOf(stage, going) }))),
    ),
    ...CLIENT_STAGES.flatMap((stage) => GOINGS.map((going) => times(TIMES, () => goAt(ground, stage, going, 'round')))),
    times(TIMES, () => dripping(port, 'GET /well HTTP/1.1\r\nHo', 'st: a')),
    times(TIMES, () => dripping(port, 'POST /well HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n', 'x')),
    times(TIMES, () => sipping(port, 'GET /well/large HTTP/1.1\r\nHost: a\r\n\r\n')),
    times(100, () => call(port, { path: '/silent' })),
    times(100, () => call(port, { path: '/tight' })),
    times(100, () => call(port, { path: '/dead' })),
    times(100, () => call(port, { path: '/well', method: 'POST', body: 'x'.repeat(200_000) })),
    times(100, () => call(port, { path: '/nowhere' })),
  ]);
  for (const client of crowd) client.close();
}

/** Bytes in use in all threads once their garbage is collected; see test/programs/collect.mjs. */
async function bytesInUse(file: string): Promise<number> {
  writeFileSync(file, String(performance.now()));
  const asked = String(statSync(file).mtimeMs);
  const threads = await eventually(() => {
    const all = THREADS.map((thread) => readFileSync(`${file}.${thread}`, 'utf8').split(' '));
    return all.every(([when]) => when === asked) && all;
  }, 10_000);
  return threads.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

test('after ten rounds of fire nothing is left but what was there after two', { timeout: 180_000 }, async (t) => {
  const { file, remove } = temporaryFile('collect', '');
  t.after(remove);
  const program = pathToFileURL('test/programs/collect.mjs');
  program.search = encodeURIComponent(file);
  process.env.NODE_OPTIONS = `--import=${program.href}`;
  Object.assign(process.env, RETURNS_PAGES);
  const ground = await Ground.lay(t, patience('3s'));
  const pid = ground.sidecar.child.pid as number;
  await ground.cold();
  const sockets = openSockets(pid);
  const used: number[] = [];
  const resident: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const bystander = ground.bystander(20);
    await burn(ground);
    await bystander.unharmed();
    await ground.cold();
    used.push(await bytesInUse(file));
    resident.push(residentMemory(pid));
  }
  const inMib = (all: readonly number[]): string => all.map((each) => (each / MIB).toFixed(1)).join(' ');
  t.diagnostic(`MiB in use after each round: ${inMib(used)}; resident: ${inMib(resident)}`);
  // The admin's own connections may linger for a moment.
  assert.ok(openSockets(pid) <= sockets + 2, `${openSockets(pid)} sockets, and ${sockets} before`);
  const woke = await wakes(pid);
  assert.ok(woke < 35, `a data-path thread woke ${woke} times in 500 ms`);
  assert.ok(late(used) < 1.1 * (used[1] as number), `in use: ${inMib(used)}`);
  assert.ok(late(resident) < 1.1 * (resident[1] as number), `resident: ${inMib(resident)}`);
});
