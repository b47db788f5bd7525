import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../shared/rpc/client.ts';
import type { ClusterLoadAssignment, RegisterResponse } from '../../shared/xds/messages.gen.ts';
import { ENDPOINT } from '../../shared/xds/type-url.ts';
import { startControlPlane, temporaryDirectory } from '../support/control-plane.ts';
import { DeltaClient } from '../support/delta-client.ts';
import { eventually } from '../support/eventually.ts';
import { nodeWith } from '../support/node.ts';
import { registerWorkload } from '../support/workload.ts';

const assignment = 'envoy.config.endpoint.v3.ClusterLoadAssignment';

const ports = ({ endpoints }: ClusterLoadAssignment): string =>
  endpoints
    .flatMap(({ lb_endpoints }) => lb_endpoints.map(({ endpoint }) => endpoint?.address?.socket_address?.port_value))
    .join();

test('registered workloads are endpoints until they withdraw or stay away, whatever becomes of the control plane', async (t) => {
  const directory = temporaryDirectory(t);
  let plane = await startControlPlane(directory);
  t.after(() => plane.stop());
  const one = registerWorkload(t, plane.xds, 'cart-1', 7001);
  const two = registerWorkload(t, plane.xds, 'cart-2', 7002);
  await eventually(() => one.responses.length === 1 && two.responses.length === 1);
  assert.equal(one.responses[0]?.error ?? '', '');
  assert.equal(one.responses[0]?.observed_address, '127.0.0.1');

  const node = nodeWith('web-1', 'aya', { service: 'web' });
  const client = new DeltaClient(plane.xds, node);
  t.after(() => client.close());
  client.subscribe(ENDPOINT, 'cart.default:80');
  await client.until(assignment, 'cart.default:80', (each) => ports(each) === '7001,7002');
  const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
  const { items } = await plane.call('GET', slices);
  assert.equal(items.length, 2);
  await assert.rejects(plane.call('DELETE', `${slices}/${items[0].metadata.name}`), /403.*registry/);

  await plane.stop('SIGKILL');
  plane = await startControlPlane(directory, ['--xds', plane.xds]);
  const fresh = new DeltaClient(plane.xds, node);
  t.after(() => fresh.close());
  fresh.subscribe(ENDPOINT, 'cart.default:80');
  await fresh.until(assignment, 'cart.default:80');
  assert.equal(
    ports(fresh.get(assignment, 'cart.default:80') as ClusterLoadAssignment),
    '7001,7002',
    'the very first push is whole',
  );
  await eventually(async () => {
    const { leases } = await plane.call('GET', '/aya/v1/status');
    return leases.length === 2 && leases.every(({ state }: { state: string }) => state === 'held');
  });

  two.withdraw();
  await fresh.until(assignment, 'cart.default:80', (each) => ports(each) === '7001', 1000);
  one.cut();
  await fresh.until(assignment, 'cart.default:80', (each) => ports(each) === '', 8000);
  assert.equal((await plane.call('GET', '/api/v1/namespaces/default/services')).items.length, 1);
});

test('a registration that is wrong is answered with the path of the field', async (t) => {
  const plane = await startControlPlane(temporaryDirectory(t));
  t.after(() => plane.stop());
  const channel = connect(plane.xds);
  t.after(() => channel.close());
  const answers: RegisterResponse[] = [];
  const stream = channel.open('Register', { onMessage: (each) => answers.push(each), onEnd: () => {} });
  stream.write({ workload: { node_id: 'x', service: 'NOT A NAME', ports: [{ port: 1 }] } });
  await eventually(() => answers.length === 1);
  assert.match(answers[0]?.error ?? '', /^workload\.service: /);
});

test('what a sidecar says of endpoints that it avoids is shown until it takes them back or leaves', async (t) => {
  const plane = await startControlPlane(temporaryDirectory(t));
  t.after(() => plane.stop());
  const channel = connect(plane.xds);
  t.after(() => channel.close());
  const stream = channel.open('Register', { onMessage: () => {}, onEnd: () => {} });
  const shown = async () => (await plane.call('GET', '/aya/v1/status')).endpointHealth;
  const about = (address: string, ejected: boolean) => ({
    cluster: 'cart.default:80',
    address,
    ejected,
    reason: '5 x 5xx',
  });
  stream.write({ workload: { node_id: 'web-1', service: 'web', ports: [{ port: 1 }] } });
  stream.write({ health: [about('10.0.0.1:80', true), about('10.0.0.2:80', true)] });
  stream.write({ health: [about('10.0.0.2:80', false)] });
  await eventually(async () => (await shown()).length === 1);
  const at = { node: 'web-1', cluster: 'cart.default:80', reason: '5 x 5xx' };
  const ejected = { ...at, address: '10.0.0.1:80', ejected: true, failedCheck: false, breaker: '' };
  assert.deepEqual(await shown(), [ejected]);
  stream.write({ health: [{ ...about('10.0.0.1:80', false), failed_check: true, breaker: 'open' }] });
  await eventually(async () => (await shown())[0]?.failedCheck === true);
  assert.deepEqual(await shown(), [{ ...ejected, ejected: false, failedCheck: true, breaker: 'open' }]);
  stream.cancel();
  await eventually(async () => (await shown()).length === 0);
});
