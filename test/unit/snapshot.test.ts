import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice } from '../../control-plane/model/endpoint-slice.ts';
import type { AnyObject } from '../../control-plane/model/kinds.ts';
import type { World } from '../../control-plane/model/world.ts';
import { Encoded } from '../../control-plane/snapshot/encoded.ts';
import { createSnapshot } from '../../control-plane/snapshot/snapshot.ts';
import { takesEndpoints } from '../../control-plane/snapshot/urgency.ts';
import type { MeshNode, NodeKind } from '../../control-plane/translate/caller.ts';
import { VirtualClock } from '../../shared/time/virtual-clock.ts';
import { CLUSTER, ENDPOINT, FAULT_ASSIGNMENT, LISTENER, ROUTE, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';
import { endpoints, type KubernetesObject, service } from '../support/control-plane.ts';
import { accepted, worldOf } from '../support/world.ts';

const node = (kind: NodeKind, namespace = 'default', name = 'web'): MeshNode => ({
  kind,
  level: 1,
  id: name,
  namespace,
  service: name,
  outbound: undefined,
  inbound: undefined,
  app: undefined,
});

/** A world that can be changed in place, as the live one is. */
function mutable(...objects: KubernetesObject[]): {
  world: World;
  change(...objects: KubernetesObject[]): void;
  remove(kind: keyof World, key: string): void;
} {
  const world = worldOf(objects);
  return {
    world,
    change(...more) {
      const other = worldOf(more);
      for (const kind of Object.keys(world) as (keyof World)[]) {
        for (const [key, object] of other[kind]) (world[kind] as Map<string, AnyObject>).set(key, object);
      }
    },
    remove: (kind, key) => void (world[kind] as Map<string, AnyObject>).delete(key),
  };
}

const fault = (from: { service: string }[], lease = '60s'): KubernetesObject => ({
  apiVersion: 'aya.dev/v1alpha1',
  kind: 'FaultPolicy',
  metadata: { name: 'f' },
  spec: {
    targetRefs: [{ group: '', kind: 'Service', name: 'cart' }],
    from,
    faults: { abort: { percent: 100, httpStatus: 503 } },
    lease,
  },
});

test('changes are gathered for 25 ms, and under a steady stream for 250 ms at most', () => {
  const clock = new VirtualClock(accepted);
  const { world, change } = mutable(service('cart', 80));
  const snapshot = createSnapshot(world, clock);
  let told = 0;
  snapshot.subscribe(() => (told += 1));
  const view = snapshot.open(node('aya'));
  change(service('prices', 80));
  snapshot.changed(false);
  clock.advance(24);
  assert.equal(view.get(CLUSTER, 'prices.default:80'), undefined);
  clock.advance(1);
  assert.ok(view.get(CLUSTER, 'prices.default:80'));
  assert.equal(told, 1);
  for (let ms = 0; ms < 250; ms += 10) {
    snapshot.changed(false);
    clock.advance(10);
  }
  assert.equal(told, 2);
});

test('whoever asks in vain is answered by what is there by now', () => {
  const clock = new VirtualClock(accepted);
  const { world, change } = mutable(service('cart', 80));
  const snapshot = createSnapshot(world, clock);
  const view = snapshot.open(node('aya'));
  change(service('prices', 80));
  snapshot.changed(false);
  snapshot.catchUp();
  assert.ok(view.get(CLUSTER, 'prices.default:80'));
  let told = 0;
  snapshot.subscribe(() => (told += 1));
  clock.advance(1_000);
  snapshot.catchUp();
  assert.equal(told, 0, 'nothing is left to show');
});

test('endpoints that are taken away are not waited for', () => {
  const clock = new VirtualClock(accepted);
  const { world, remove } = mutable(service('cart', 80), ...endpoints('cart', [1, 2]));
  const snapshot = createSnapshot(world, clock);
  const view = snapshot.open(node('aya'));
  const before = view.get(ENDPOINT, 'cart.default:80')?.version;
  remove('endpointSlices', 'default/cart-0');
  snapshot.changed(true);
  assert.notEqual(view.get(ENDPOINT, 'cart.default:80')?.version, before);
});

test('taking an endpoint away, or making it not ready, is urgent; adding one is not', () => {
  const slice = (port: number, ready = true): EndpointSlice => {
    const [object] = worldOf(endpoints('cart', [port])).endpointSlices.values();
    if (!object) throw new Error('no slice');
    return { ...object, endpoints: object.endpoints.map((each) => ({ ...each, conditions: { ready } })) };
  };
  assert.equal(takesEndpoints(slice(1), undefined), true);
  assert.equal(takesEndpoints(slice(1), slice(2)), true);
  assert.equal(takesEndpoints(slice(1), slice(1, false)), true);
  assert.equal(takesEndpoints(slice(1), slice(1)), false);
  assert.equal(takesEndpoints(undefined, slice(1)), false);
  assert.equal(takesEndpoints(slice(1, false), slice(1)), false);
});

test('a change of one service leaves every other resource untouched, bytes and stamp', () => {
  const clock = new VirtualClock(accepted);
  const { world, change } = mutable(service('cart', 80), service('prices', 80));
  const snapshot = createSnapshot(world, clock);
  const view = snapshot.open(node('aya'));
  const untouched = view.get(CLUSTER, 'prices.default:80');
  const stamp = view.stamp(ENDPOINT);
  const same = view.get(CLUSTER, 'cart.default:80');
  change(...endpoints('cart', [1]));
  snapshot.changed(true);
  assert.equal(view.get(CLUSTER, 'prices.default:80'), untouched);
  assert.notEqual(view.stamp(ENDPOINT), stamp);
  assert.equal(view.get(CLUSTER, 'cart.default:80')?.version, same?.version, 'its cluster has the same content');
});

test('nodes of one kind and namespace share one translation, until a fault names one of them', () => {
  const clock = new VirtualClock(accepted);
  const { world, change } = mutable(service('cart', 80));
  const snapshot = createSnapshot(world, clock);
  const [web, other, far] = [node('aya'), node('aya', 'default', 'other'), node('aya', 'shop')].map((each) =>
    snapshot.open(each),
  );
  assert.equal(web?.shared, other?.shared);
  assert.notEqual(web?.shared, far?.shared);
  assert.ok(web?.get(VIRTUAL_HOST, 'outbound/cart'));
  assert.equal(far?.get(VIRTUAL_HOST, 'outbound/cart'), undefined, 'another namespace has to say which');
  change(fault([{ service: 'web' }]));
  snapshot.changed(true);
  assert.ok(web?.get(FAULT_ASSIGNMENT, 'cart.default'));
  assert.equal(other?.get(FAULT_ASSIGNMENT, 'cart.default'), undefined);
});

test('a fault ends with its lease, and a renewed lease is another version', () => {
  const clock = new VirtualClock(accepted);
  const { world, change } = mutable(service('cart', 80), fault([], '60s'));
  const snapshot = createSnapshot(world, clock);
  const view = snapshot.open(node('aya'));
  const first = view.get(FAULT_ASSIGNMENT, 'cart.default');
  assert.equal(first?.expiresAt, accepted + 61_000);
  change(fault([], '60s'));
  snapshot.changed(true);
  const renewed = view.get(FAULT_ASSIGNMENT, 'cart.default');
  assert.equal(renewed?.expiresAt, accepted + 60_000);
  assert.notEqual(renewed?.version, first?.version);
  clock.advance(59_999);
  assert.ok(view.get(FAULT_ASSIGNMENT, 'cart.default'));
  clock.advance(1);
  assert.equal(view.get(FAULT_ASSIGNMENT, 'cart.default'), undefined);
});

test('a gRPC client is never without a listener for a target that could exist, only without endpoints', () => {
  const clock = new VirtualClock(accepted);
  const { world, remove } = mutable(service('cart', 50_051), ...endpoints('cart', [1]));
  const snapshot = createSnapshot(world, clock);
  const view = snapshot.open(node('grpc'));
  const assigned = view.get(ENDPOINT, 'cart.default:50051')?.version;
  remove('services', 'default/cart');
  snapshot.changed(true);
  for (const type of [LISTENER, ROUTE, CLUSTER]) assert.ok(view.get(type, 'cart.default:50051'), type);
  assert.notEqual(view.get(ENDPOINT, 'cart.default:50051')?.version, assigned);
  assert.equal(view.get(LISTENER, 'not a host'), undefined);
  assert.equal(snapshot.open(node('aya')).get(CLUSTER, 'cart.default:50051'), undefined);
});

test('a resource is encoded once, and equal content has equal versions', () => {
  let read = 0;
  const message = {
    get name(): string {
      read += 1;
      return 'a';
    },
  };
  const one = new Encoded({ type: CLUSTER, name: 'a', aliases: [], message });
  const { bytes } = one;
  assert.equal(one.bytes, bytes);
  assert.match(one.version, /^[0-9a-f]{16}$/);
  assert.ok(read <= 1);
  const other = new Encoded({ type: CLUSTER, name: 'a', aliases: [], message: { name: 'a' } });
  assert.equal(other.version, one.version);
  assert.notEqual(new Encoded({ type: CLUSTER, name: 'a', aliases: [], message: { name: 'b' } }).version, one.version);
});
