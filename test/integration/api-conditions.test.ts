import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { FleetStatus } from '../../control-plane/api/conditions.ts';
import { VirtualClock } from '../../shared/time/virtual-clock.ts';
import { type RunningApi, startApi } from '../support/api.ts';
import { cartTarget, document } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';

const services = '/api/v1/namespaces/shop/services';
const policies = '/apis/aya.dev/v1alpha1/namespaces/shop/trafficpolicies';
const faultPolicies = '/apis/aya.dev/v1alpha1/namespaces/shop/faultpolicies';
const routes = '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes';
const cart = document('Service', 'cart', { ports: [{ port: 80 }] });
const policy = document('TrafficPolicy', 'cart', { targetRefs: cartTarget });

interface Said {
  type: string;
  status: string;
  reason: string;
  message: string;
  lastTransitionTime: string;
}

let api: RunningApi;
let clock: VirtualClock;
let fleet: FleetStatus | undefined;
afterEach(() => api.close());

async function start(): Promise<void> {
  clock = new VirtualClock();
  fleet = undefined;
  api = await startApi({ clock, fleetStatus: () => fleet });
}

const conditions = async (path: string): Promise<Said[]> => {
  const { status } = (await api.call('GET', path)).body;
  return status.conditions ?? status.parents[0].conditions;
};
const condition = async (path: string, type: string): Promise<Said> => {
  const found = (await conditions(path)).find((each) => each.type === type);
  assert.ok(found, `${path} has no ${type}`);
  return found;
};
const reason = async (path: string, type: string): Promise<string> => (await condition(path, type)).reason;
/** Lets time pass until the condition has the reason: the settler writes between two steps. */
const becomes = (path: string, type: string, wanted: string): Promise<boolean> =>
  eventually(async () => {
    clock.advance(100);
    return (await reason(path, type)) === wanted;
  });

test('a policy for a missing Service is accepted, says so, and is resolved when the Service comes', async () => {
  await start();
  await api.call('POST', policies, policy);
  const path = `${policies}/cart`;
  assert.equal(await reason(path, 'Accepted'), 'Accepted');
  const missing = await condition(path, 'ResolvedRefs');
  assert.deepEqual([missing.status, missing.reason], ['False', 'TargetNotFound']);
  assert.equal(missing.message, 'spec.targetRefs[0]: Service shop/cart does not exist');
  clock.advance(2_000);
  await api.call('POST', services, cart);
  await becomes(path, 'ResolvedRefs', 'ResolvedRefs');
  assert.notEqual((await condition(path, 'ResolvedRefs')).lastTransitionTime, missing.lastTransitionTime);
  assert.equal((await api.call('GET', path)).body.metadata.generation, 1);
});

test('a route names the backend and the port that are missing, for each parent', async () => {
  await start();
  const route = document('HTTPRoute', 'cart', {
    parentRefs: [...cartTarget, { group: '', kind: 'Service', name: 'gone' }],
    rules: [{ backendRefs: [{ name: 'cart', port: 81 }] }],
  });
  await api.call('POST', services, cart);
  const { parents } = (await api.call('POST', routes, route)).body.status;
  const said = parents.map((each: { conditions: Said[] }) =>
    each.conditions.map(({ reason, message }) => `${reason}: ${message}`),
  );
  assert.deepEqual(
    said.map((each: string[]) => each.slice(0, 2)),
    [
      [
        'Accepted: the specification is valid',
        'BackendNotFound: spec.rules[0].backendRefs[0]: Service shop/cart has no port 81; it has 80',
      ],
      [
        'NoMatchingParent: Service shop/gone does not exist',
        'BackendNotFound: spec.rules[0].backendRefs[0]: Service shop/cart has no port 81; it has 80',
      ],
    ],
  );
});

test('an HTTPRoute beside a GRPCRoute is refused by its parent, and accepted when the other goes', async () => {
  await start();
  const parentRefs = cartTarget;
  const grpcRoutes = routes.replace('httproutes', 'grpcroutes');
  await api.call('POST', services, cart);
  await api.call('POST', routes, document('HTTPRoute', 'cart', { parentRefs }));
  assert.equal(await reason(`${routes}/cart`, 'Accepted'), 'Accepted');
  await api.call('POST', grpcRoutes, document('GRPCRoute', 'cart', { parentRefs }));
  assert.equal(await reason(`${grpcRoutes}/cart`, 'Accepted'), 'Accepted');
  clock.advance(2_000);
  await becomes(`${routes}/cart`, 'Accepted', 'Conflicted');
  const conflicted = await condition(`${routes}/cart`, 'Accepted');
  assert.deepEqual([conflicted.status, conflicted.message], ['False', 'Service shop/cart follows GRPCRoute shop/cart']);
  clock.advance(2_000);
  await api.call('DELETE', `${grpcRoutes}/cart`);
  await becomes(`${routes}/cart`, 'Accepted', 'Accepted');
});

test('counts are said when a policy is read, and stored nowhere', async () => {
  await start();
  await api.call('POST', services, cart);
  await api.call('POST', policies, policy);
  const path = `${policies}/cart`;
  fleet = { applied: 1, total: 2, nacks: [] };
  api.api.fleetChanged();
  await eventually(async () => {
    clock.advance(100);
    return (await condition(path, 'Programmed')).status === 'False';
  });
  const { resourceVersion } = (await api.call('GET', path)).body.metadata;
  for (const applied of [0, 1]) {
    fleet = { applied, total: 2, nacks: [] };
    api.api.fleetChanged();
    clock.advance(5_000);
    const { body } = await api.call('GET', path);
    assert.deepEqual(body.status.sidecars, fleet);
    assert.equal((await condition(path, 'Programmed')).message, `applied on ${applied}/2 sidecars`);
    assert.equal(body.metadata.resourceVersion, resourceVersion);
  }
  fleet = { applied: 2, total: 2, nacks: [] };
  api.api.fleetChanged();
  await becomes(path, 'Programmed', 'Programmed');
  fleet = { applied: 1, total: 2, nacks: [{ node: 'web-1', message: 'Cluster cart: not supported' }] };
  api.api.fleetChanged();
  await becomes(path, 'Programmed', 'Rejected');
  assert.match(
    (await condition(path, 'Programmed')).message,
    /applied on 1\/2 sidecars; refused by web-1: Cluster cart/,
  );
  for (const { value } of (await api.store.list('')).entries) assert.doesNotMatch(value, /1\/2|sidecars":\{/);
});

test('a changed policy is pending again until the fleet has its generation', async () => {
  await start();
  fleet = { applied: 1, total: 1, nacks: [] };
  await api.call('POST', services, cart);
  await api.call('POST', policies, policy);
  await becomes(`${policies}/cart`, 'Programmed', 'Programmed');
  fleet = undefined;
  const changed = { spec: { timeouts: { request: '1s' } } };
  const { body } = await api.call('PATCH', `${policies}/cart`, changed, 'application/merge-patch+json');
  const programmed = body.status.conditions.find((each: Said) => each.type === 'Programmed');
  assert.deepEqual([programmed.status, programmed.reason, programmed.observedGeneration], ['Unknown', 'Pending', 2]);
});

test('status is stored at most once a second', async () => {
  await start();
  await api.call('POST', services, cart);
  await api.call('POST', policies, policy);
  const path = `${policies}/cart`;
  const versions = new Set<string>();
  for (let step = 0; step < 30; step++) {
    fleet = { applied: step % 2, total: 1, nacks: [] };
    api.api.fleetChanged();
    clock.advance(100);
    versions.add((await api.call('GET', path)).body.metadata.resourceVersion);
  }
  assert.ok(versions.size >= 2 && versions.size <= 5, `${versions.size} versions in 3 s`);
});

test('a fault that is over says so, at the end of its lease', async () => {
  await start();
  await api.call('POST', services, cart);
  const fault = { targetRefs: cartTarget, faults: { abort: { percent: 1, httpStatus: 503 } }, lease: '30s' };
  await api.call('POST', faultPolicies, document('FaultPolicy', 'short', fault));
  const path = `${faultPolicies}/short`;
  clock.advance(29_000);
  assert.equal((await condition(path, 'Expired')).status, 'False');
  await becomes(path, 'Expired', 'LeaseEnded');
  assert.equal(await reason(path, 'Programmed'), 'Expired');
});
