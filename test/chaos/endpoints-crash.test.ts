import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { ENDPOINT, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';
import { service, startControlPlane, temporaryDirectory } from '../support/control-plane.ts';
import { DeltaClient } from '../support/delta-client.ts';
import { eventually } from '../support/eventually.ts';
import { nodeWith } from '../support/node.ts';
import { registerWorkload } from '../support/workload.ts';

/** How often the control plane is killed; 100 is what a release is tried with. */
const rounds = Number(process.env.AYA_CRASHES ?? 10);
const assignment = 'envoy.config.endpoint.v3.ClusterLoadAssignment';
const cluster = 'cart.default:80';

test(`after ${rounds} kill -9 of the control plane no first push holds fewer endpoints than the last one before`, async (t) => {
  const data = temporaryDirectory(t);
  const random = seededRandom(Date.now());
  let plane = await startControlPlane(data);
  t.after(() => plane.stop('SIGKILL'));
  const { xds } = plane;
  const instances = [1, 2, 3, 4].map((each) => registerWorkload(t, xds, `cart-${each}`, 7000 + each));
  await eventually(() => instances.every(({ responses }) => responses.length > 0));

  for (let round = 1; round <= rounds; round += 1) {
    const client = new DeltaClient(xds, nodeWith(`web-${round}`, 'aya', { service: 'web' }));
    client.subscribe(VIRTUAL_HOST, 'outbound/cart');
    client.subscribe(ENDPOINT, cluster);
    await client.until('envoy.config.route.v3.VirtualHost', 'outbound/cart.default:80');
    await client.until(assignment, cluster);
    const first = client.responses.find(({ type_url }) => type_url === ENDPOINT);
    assert.equal(first?.resources.length, 1, 'the very first answer holds the assignment');
    const held = client.get(assignment, cluster)?.endpoints.flatMap((each) => each.lb_endpoints) ?? [];
    assert.equal(held.length, instances.length, `round ${round}`);
    // Some unrelated writing, so that the kill may fall into a commit.
    const writing = Promise.allSettled([1, 2, 3].map((each) => plane.apply(service(`other-${round}-${each}`, 80))));
    await new Promise((resolve) => setTimeout(resolve, random() * 60));
    client.close();
    await plane.stop('SIGKILL');
    await writing;
    plane = await startControlPlane(data, ['--xds', xds]);
  }
});
