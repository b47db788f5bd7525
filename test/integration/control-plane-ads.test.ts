import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toMs } from '../../shared/xds/duration.ts';
import type { ClusterLoadAssignment } from '../../shared/xds/messages.gen.ts';
import { CLUSTER, ENDPOINT, FAULT_ASSIGNMENT, LISTENER, ROUTE, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';
import {
  endpoints,
  type KubernetesObject,
  service,
  startControlPlane,
  temporaryDirectory,
} from '../support/control-plane.ts';
import { DeltaClient } from '../support/delta-client.ts';
import { eventually } from '../support/eventually.ts';
import { nodeWith } from '../support/node.ts';

const cluster = 'envoy.config.cluster.v3.Cluster';
const assignment = 'envoy.config.endpoint.v3.ClusterLoadAssignment';
const virtualHost = 'envoy.config.route.v3.VirtualHost';
const fault = 'aya.v1.FaultAssignment';

const sidecar = nodeWith('web-1', 'aya', { service: 'web', namespace: 'default', outbound: '127.0.0.1:15001' });

function faultPolicy(lease = '60s'): KubernetesObject {
  return {
    apiVersion: 'aya.dev/v1alpha1',
    kind: 'FaultPolicy',
    metadata: { name: 'slow-cart', namespace: 'default' },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: 'cart' }],
      faults: { delay: { percent: 100, fixed: '300ms' } },
      lease,
    },
  };
}

const addresses = ({ endpoints: localities }: ClusterLoadAssignment): number[] =>
  localities.flatMap(({ lb_endpoints }) =>
    lb_endpoints.map(({ endpoint }) => endpoint?.address?.socket_address?.port_value ?? 0),
  );

test('an incremental client gets what it asks for on demand, and every change of it', async (t) => {
  const plane = await startControlPlane(temporaryDirectory(t));
  t.after(() => plane.stop());
  await plane.apply(service('cart', 8080), ...endpoints('cart', [9001, 9002]));
  const client = new DeltaClient(plane.xds, sidecar);
  t.after(() => client.close());

  client.subscribe(LISTENER, '*');
  const listener = await client.until('envoy.config.listener.v3.Listener', 'outbound');
  assert.equal(listener.address?.socket_address?.port_value, 15_001);
  client.subscribe(ROUTE, 'outbound');
  assert.ok(
    (await client.until('envoy.config.route.v3.RouteConfiguration', 'outbound')).vhds,
    'virtual hosts on demand',
  );

  client.subscribe(VIRTUAL_HOST, 'outbound/cart', 'outbound/nobody');
  const host = await client.until(virtualHost, 'outbound/cart.default:8080');
  assert.ok(host.domains.includes('cart') && host.domains.includes('cart.default.svc.cluster.local:8080'));
  assert.equal(host.routes[0]?.route?.cluster, 'cart.default:8080');
  await client.untilRemoved('outbound/nobody');

  client.subscribe(CLUSTER, 'cart.default:8080');
  client.subscribe(ENDPOINT, 'cart.default:8080');
  assert.equal((await client.until(cluster, 'cart.default:8080')).lb_policy, 'LEAST_REQUEST');
  await client.until(assignment, 'cart.default:8080', (message) => addresses(message).join() === '9001,9002');

  await plane.call('DELETE', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/cart-0');
  await client.until(assignment, 'cart.default:8080', (message) => addresses(message).join() === '9002', 500);

  await plane.apply(service('nobody', 80));
  await client.until(virtualHost, 'outbound/nobody.default:80', ({ domains }) => domains.includes('nobody'));

  await plane.call('DELETE', '/api/v1/namespaces/default/services/cart');
  await client.untilRemoved('outbound/cart.default:8080');
  await client.untilRemoved('cart.default:8080');
});

test('a fault is on its way at once, with the rest of its lease, and ends with it', async (t) => {
  const plane = await startControlPlane(temporaryDirectory(t));
  t.after(() => plane.stop());
  await plane.apply(service('cart', 8080));
  const client = new DeltaClient(plane.xds, sidecar);
  t.after(() => client.close());
  client.subscribe(FAULT_ASSIGNMENT, 'cart.default');
  await client.untilRemoved('cart.default');

  await plane.apply(faultPolicy());
  const { rules } = await client.until(fault, 'cart.default');
  assert.equal(rules[0]?.policy, 'default/slow-cart');
  assert.deepEqual(rules[0]?.delay?.fixed, { seconds: 0, nanos: 300_000_000 });
  const ttl = toMs(client.held.get(FAULT_ASSIGNMENT)?.get('cart.default')?.ttl) ?? 0;
  assert.ok(ttl > 55_000 && ttl <= 60_000, `${ttl} ms are left`);
  const path = '/apis/aya.dev/v1alpha1/namespaces/default/faultpolicies/slow-cart';
  await eventually(async () => {
    const { status } = await plane.call('GET', path);
    return status.sidecars?.applied === 1 && status.sidecars.total === 1;
  });

  await plane.call('DELETE', path);
  await client.untilRemoved('cart.default', 1000);
  await plane.apply(faultPolicy('1s'));
  await client.until(fault, 'cart.default');
  await client.untilRemoved('cart.default', 2000);
  await eventually(async () => {
    const { status } = await plane.call('GET', path);
    return status.conditions.some(
      (each: { type: string; status: string }) => each.type === 'Expired' && each.status === 'True',
    );
  });
});

test('a refusal is shown on the policy and in the status, and nothing is repeated until something changes', async (t) => {
  const plane = await startControlPlane(temporaryDirectory(t));
  t.after(() => plane.stop());
  const policy = (choiceCount: number): KubernetesObject => ({
    apiVersion: 'aya.dev/v1alpha1',
    kind: 'TrafficPolicy',
    metadata: { name: 'cart', namespace: 'default' },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: 'cart' }],
      loadBalancing: { policy: 'LeastRequest', choiceCount },
    },
  });
  await plane.apply(service('cart', 8080));
  const client = new DeltaClient(plane.xds, sidecar);
  t.after(() => client.close());
  client.subscribe(CLUSTER, 'cart.default:8080');
  await client.until(cluster, 'cart.default:8080');
  const seen = client.responses.length;

  client.refusal = 'lb_policy: not today';
  await plane.apply(policy(3));
  const status = await eventually(async () => {
    const { status } = await plane.call('GET', '/apis/aya.dev/v1alpha1/namespaces/default/trafficpolicies/cart');
    return status.sidecars?.nacks.length === 1 ? status : undefined;
  });
  assert.deepEqual(status.sidecars.nacks, [{ node: 'web-1', message: 'lb_policy: not today' }]);
  const { nodes } = await plane.call('GET', '/aya/v1/status');
  assert.equal(nodes[0].types.Cluster.state, 'refused');
  assert.equal(nodes[0].lastRefusal.error, 'lb_policy: not today');
  await plane.apply(service('other', 80));
  assert.equal(client.responses.length, seen + 1, 'another change did not repeat what was refused');

  client.refusal = undefined;
  await plane.apply(policy(4));
  await client.until(cluster, 'cart.default:8080', (each) => each.least_request_lb_config?.choice_count?.value === 4);
  await eventually(async () => {
    const { status } = await plane.call('GET', '/apis/aya.dev/v1alpha1/namespaces/default/trafficpolicies/cart');
    return status.sidecars?.applied === 1;
  });
});
