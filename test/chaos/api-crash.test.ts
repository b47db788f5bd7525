import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { startControlPlane, temporaryDirectory } from '../support/control-plane.ts';
import { Writers } from '../support/writers.ts';

/** How often the control plane is killed; 100 is what a release is tried with. */
const rounds = Number(process.env.AYA_CRASHES ?? 10);
const seed = Number(process.env.AYA_SEED ?? Date.now());

test(`after ${rounds} kill -9 of the control plane every write that it acknowledged to four clients is there`, async (t) => {
  t.diagnostic(`AYA_SEED=${seed}`);
  const data = temporaryDirectory(t);
  const random = seededRandom(seed);
  const writers = new Writers(random);
  let plane = await startControlPlane(data);
  t.after(() => plane.stop('SIGKILL'));
  for (let round = 1; round <= rounds; round++) {
    const stop = new AbortController();
    const writing = writers.write(plane.api, 4, stop.signal);
    await new Promise((resolve) => setTimeout(resolve, 50 + random() * 300));
    await plane.stop('SIGKILL');
    stop.abort();
    await writing;
    plane = await startControlPlane(data);
    await writers.verify(plane.api, round);
  }
  t.diagnostic(`${writers.writes} acknowledged writes in ${rounds} rounds`);
  assert.ok(writers.writes > rounds);
});
