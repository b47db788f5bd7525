import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENT_STAGES, goAt } from '../../support/fire/client-stages.ts';
import { Ground } from '../../support/fire/ground.ts';
import { dripping, sipping } from '../../support/fire/slow-client.ts';
import { GOINGS, pathOf, UPSTREAM_STAGES } from '../../support/fire/upstream-stages.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { openSockets, residentMemory, wakes } from '../../support/process.ts';

const ROUNDS = 10;
/** Per round: in the first few, memory grows because nothing makes V8 collect what it could. */
const FIRES = 3;
const TIMES = 8;
const MIB = 1024 * 1024;

const times = <T>(count: number, start: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => start(index)));

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

test('after ten rounds of fire nothing is left but what was there after two', { timeout: 180_000 }, async (t) => {
  const ground = await Ground.lay(t);
  const pid = ground.sidecar.child.pid as number;
  await ground.cold();
  const sockets = openSockets(pid);
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const bystander = ground.bystander(20);
    for (let fire = 0; fire < FIRES; fire += 1) await burn(ground);
    await bystander.unharmed(2000);
    await ground.cold();
    memory.push(residentMemory(pid));
  }
  t.diagnostic(`resident MiB after each round: ${memory.map((each) => Math.round(each / MIB)).join(' ')}`);
  // The admin's own connections may linger for a moment.
  assert.ok(openSockets(pid) <= sockets + 2, `${openSockets(pid)} sockets, and ${sockets} before`);
  const woke = await wakes(pid);
  assert.ok(woke < 20, `a data-path thread woke ${woke} times in 500 ms`);
  const [second, last] = [memory[1] as number, memory.at(-1) as number];
  assert.ok(
    last < second * 1.1,
    `${Math.round(last / MIB)} MiB after round ${ROUNDS}, ${Math.round(second / MIB)} after 2`,
  );
});
