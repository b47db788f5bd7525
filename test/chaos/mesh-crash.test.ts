import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { CLUSTER, ENDPOINT } from '../../shared/xds/type-url.ts';
import { httpBackend } from '../support/backend.ts';
import { DeltaClient } from '../support/delta-client.ts';
import { eventually } from '../support/eventually.ts';
import { describeFailures, Load } from '../support/load.ts';
import { ask, Mesh } from '../support/mesh.ts';
import { nodeWith } from '../support/node.ts';
import type { Sidecar } from '../support/sidecar.ts';
import { Writers } from '../support/writers.ts';

/** How often the control plane is killed; 100 is what a release is tried with. */
const rounds = Number(process.env.AYA_CRASHES ?? 10);
const seed = Number(process.env.AYA_SEED ?? Date.now());
/** In every so many rounds a sidecar is restarted while there is no control plane. */
const restartEvery = 5;
const cart = 'cart.default:80';
const instances = 2;

/** The endpoints of `cart` that a sidecar has. */
async function endpointsOf(web: Sidecar): Promise<number> {
  const text = await web.admin('/clusters');
  return text.match(/^cart\.default:80::[\d.]+:\d+::health_flags/gm)?.length ?? 0;
}

/** Asks the control plane for everything, as a client does that has nothing, and resolves with its first answers. */
async function firstPush(xds: string): Promise<{ clusters: number; endpoints: number }> {
  const client = new DeltaClient(xds, nodeWith('observer', 'envoy', {}));
  client.subscribe(CLUSTER, '*');
  client.subscribe(ENDPOINT, cart);
  try {
    const first = (type: string) => eventually(() => client.responses.find((each) => each.type_url === type), 10_000);
    const clusters = (await first(CLUSTER)).resources.length;
    await first(ENDPOINT);
    const assignment = client.get('envoy.config.endpoint.v3.ClusterLoadAssignment', cart);
    const endpoints = assignment?.endpoints.reduce((sum, each) => sum + each.lb_endpoints.length, 0) ?? 0;
    return { clusters, endpoints };
  } finally {
    client.close();
  }
}

test(`${rounds} kill -9 of the control plane under four writers: no write is lost, no request fails, no push is emptier`, async (t) => {
  t.diagnostic(`AYA_SEED=${seed}`);
  const random = seededRandom(seed);
  const mesh = await Mesh.for(t);
  const backend = await httpBackend(t);
  const startSecond = () =>
    mesh.sidecar('web', null, { name: 'web-2', flags: ['--data', path.join(mesh.folder, 'web-2-state')] });
  const started = await Promise.all([
    mesh.sidecar('web', null),
    startSecond(),
    ...Array.from({ length: instances }, (_, at) => mesh.sidecar('cart', backend.port, { name: `cart-${at + 1}` })),
  ]);
  const web = started[0] as Sidecar;
  let second = started[1] as Sidecar;
  await mesh.endpoints('cart', instances);
  assert.equal((await ask(second, 'http://cart/')).status, 200);

  const load = new Load({ port: web.port('outbound'), perSecond: 50, host: 'cart' });
  t.after(() => load.stop());
  await eventually(async () => (await endpointsOf(web)) === instances);
  // What is kept on disk is written at most once a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const fewest = { endpoints: instances };
  const watching = setInterval(async () => {
    fewest.endpoints = Math.min(fewest.endpoints, await endpointsOf(web).catch(() => instances));
  }, 25);
  t.after(() => clearInterval(watching));

  const writers = new Writers(random);
  let before = await firstPush(mesh.plane.xds);
  for (let round = 1; round <= rounds; round += 1) {
    const stop = new AbortController();
    const writing = writers.write(mesh.plane.api, 4, stop.signal);
    await new Promise((resolve) => setTimeout(resolve, 50 + random() * 400));
    await mesh.plane.stop('SIGKILL');
    stop.abort();
    await writing;
    if (round % restartEvery === 0) {
      await second.kill();
      second = await startSecond();
      assert.equal((await fetch(`http://127.0.0.1:${second.port('admin')}/ready`)).status, 200);
      for (let count = 0; count < 10; count += 1) assert.equal((await ask(second, 'http://cart/')).status, 200);
    }
    await mesh.startControlPlane();
    await writers.verify(mesh.plane.api, round);
    const after = await firstPush(mesh.plane.xds);
    assert.ok(
      after.clusters >= Math.max(before.clusters, writers.names.length),
      `round ${round}: ${after.clusters} clusters`,
    );
    assert.ok(
      after.endpoints >= before.endpoints,
      `round ${round}: ${after.endpoints} endpoints after ${before.endpoints}`,
    );
    before = after;
  }
  await eventually(async () => /^web .* applied$/m.test(await mesh.aya(['status'])), 15_000);
  await load.stop();
  t.diagnostic(
    `${writers.writes} acknowledged writes, ${load.samples.length} requests, ${before.clusters} clusters at the end`,
  );
  assert.equal(describeFailures(load.failures()), '');
  assert.equal(fewest.endpoints, instances);
  assert.ok(writers.writes > rounds);
});
