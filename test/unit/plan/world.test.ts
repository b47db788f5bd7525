import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeOf } from '../../../shared/xds/codec.ts';
import { CLUSTER, ENDPOINT, LISTENER, ROUTE, urlOf, VIRTUAL_HOST } from '../../../shared/xds/type-url.ts';
import { FLAG } from '../../../sidecar/core/slots.ts';
import { readResource } from '../../../sidecar/plan/resource.ts';
import { type Change, World } from '../../../sidecar/plan/world.ts';
import { SlotAllocator } from '../../../sidecar/worker/slot-allocator.ts';
import { make } from '../../support/ads-model.ts';
import { nowhere } from '../../support/cluster.ts';

/** Puts an imagined resource (see ads-model.ts; virtual hosts name cluster a, b, c by content 0, 1, 2). */
function put(world: World, type: string, name: string, content: number): void {
  const resource = make[type]?.(name, content).resource;
  assert.ok(resource?.value && urlOf(typeOf(resource) as never) === type);
  const read = readResource(type, name, resource.value, false);
  assert.deepEqual(read.problems, []);
  assert.ok(read.resource);
  assert.equal(world.put(name, read.resource), undefined);
}

const made = (change: Change | null): string[] => change?.delta?.put.map(({ kind, name }) => `${kind} ${name}`) ?? [];
const gone = (change: Change | null): string[] => change?.delta?.del.map(({ kind, name }) => `${kind} ${name}`) ?? [];

function world(): { world: World; slots: SlotAllocator } {
  const slots = new SlotAllocator(1, () => {});
  return { world: new World(slots), slots };
}

/** A world with listener and route `web` (content 0: cluster a), and clusters a and b in force. */
function running(): { world: World; slots: SlotAllocator } {
  const made = world();
  for (const name of ['a', 'b']) {
    put(made.world, CLUSTER, name, 0);
    put(made.world, ENDPOINT, name, 0);
  }
  put(made.world, LISTENER, 'web', 0);
  put(made.world, ROUTE, 'web', 0);
  assert.ok(made.world.settle(0));
  return made;
}

test('a cluster enters the plan when its endpoints are known, a route after it, a listener last', () => {
  const { world: w } = world();
  put(w, LISTENER, 'web', 0);
  put(w, CLUSTER, 'a', 0);
  assert.deepEqual([...w.routeNames()], ['web']);
  assert.deepEqual([...w.endpointNames()], ['a']);
  assert.equal(w.settle(0), null);
  put(w, ROUTE, 'web', 0);
  assert.equal(w.settle(1), null);
  assert.ok(w.waits('route', 'web') && w.waits('listener', 'web') && w.waits('cluster', 'a'));
  put(w, ENDPOINT, 'a', 0);
  assert.deepEqual(made(w.settle(2)), ['cluster a', 'endpoints a', 'route web', 'listener web']);
  assert.equal(w.settle(3), null);
  assert.deepEqual(w.waitingListeners, []);
});

test('what waits in vain goes on without, after its patience', () => {
  const { world: w } = world();
  put(w, LISTENER, 'web', 0);
  put(w, CLUSTER, 'a', 0);
  assert.equal(w.settle(100), null);
  assert.equal(w.nextSettle, 15_100);
  assert.equal(w.settle(15_099), null);
  assert.deepEqual(made(w.settle(15_100)), ['cluster a', 'endpoints a', 'route web', 'listener web']);
  assert.equal(w.nextSettle, Number.POSITIVE_INFINITY);
});

test('a virtual host on demand waits for its clusters for a second only', () => {
  const { world: w } = running();
  put(w, VIRTUAL_HOST, 'outbound/x', 2);
  assert.deepEqual([...w.clusterNames()], ['c']);
  assert.equal(w.settle(0), null);
  assert.equal(w.nextSettle, 1_000);
  assert.deepEqual(made(w.settle(1_000)), ['vhost outbound/x']);
});

test('a cluster that discovery says is not there is not waited for', () => {
  const { world: w } = running();
  put(w, VIRTUAL_HOST, 'outbound/x', 2);
  assert.equal(w.settle(0), null);
  w.remove('cluster', 'c');
  assert.deepEqual(made(w.settle(1)), ['vhost outbound/x']);
});

test('a route that moves to a new cluster swaps when that is warm, and the old cluster goes in the same step', () => {
  const { world: w, slots } = running();
  put(w, CLUSTER, 'c', 0);
  put(w, ROUTE, 'web', 2);
  w.remove('cluster', 'a');
  assert.equal(w.settle(0), null, 'the old route runs on, and so does its cluster');
  put(w, ENDPOINT, 'c', 0);
  const used = slots.used;
  const change = w.settle(1);
  assert.deepEqual(made(change), ['cluster c', 'endpoints c', 'route web']);
  assert.deepEqual(gone(change), ['cluster a', 'endpoints a']);
  slots.sweep(w.epoch);
  assert.equal(slots.used, used, 'two slots came, two went');
});

test('a cluster that is removed while nothing waits goes at once', () => {
  const { world: w } = running();
  w.remove('cluster', 'a');
  assert.deepEqual(gone(w.settle(0)), ['cluster a', 'endpoints a']);
});

test('only what differs travels', () => {
  const { world: w } = running();
  put(w, CLUSTER, 'a', 0);
  put(w, ROUTE, 'web', 0);
  assert.equal(w.settle(0), null);
  put(w, ENDPOINT, 'b', 5);
  assert.deepEqual(made(w.settle(0)), ['endpoints b']);
  assert.equal(w.whole().put.length, 6);
  assert.equal(w.whole().epoch, w.epoch);
});

test('a route configuration that is taken away answers nothing any more; a listener that is taken away takes it along', () => {
  const { world: w } = running();
  w.remove('route', 'web');
  const change = w.settle(0);
  assert.deepEqual(made(change), ['route web']);
  const [piece] = change?.delta?.put ?? [];
  assert.ok(piece?.kind === 'route' && piece.value.virtualHosts.length === 0);
  w.remove('listener', 'web');
  assert.deepEqual(gone(w.settle(0)), ['listener web', 'route web']);
});

test('endpoints keep their slots over updates, and their health is told without a delta', () => {
  const { world: w } = world();
  const row = (port: number, flags = 0) => ({
    ...{ host: '10.0.0.1', port, weight: 1, priority: 0, hostname: '', locality: nowhere },
    flags,
  });
  put(w, CLUSTER, 'a', 0);
  const slotsOf = (rows: ReturnType<typeof row>[]): readonly number[] => {
    w.put('a', { kind: 'endpoints', value: rows });
    w.settle(0);
    const piece = w.whole().put.find((each) => each.kind === 'endpoints');
    return piece?.kind === 'endpoints' ? piece.value.slots : [];
  };
  const [one, two] = slotsOf([row(1), row(2)]);
  assert.deepEqual(slotsOf([row(3), row(2), row(1), row(1)]).slice(1), [two, one]);
  w.put('a', { kind: 'endpoints', value: [row(3), row(2, FLAG.unhealthy), row(1)] });
  const change = w.settle(0);
  assert.equal(change?.delta, null);
  assert.deepEqual(
    change?.health.map(({ slot, flags }) => [slot, flags]),
    [[two, FLAG.unhealthy]],
  );
  w.put('a', { kind: 'endpoints', value: [row(3), row(2), row(1)] });
  assert.deepEqual(
    w.settle(0)?.health.map(({ flags }) => flags),
    [0],
  );
});

test('a discovered resource does not replace a static one of the same name', () => {
  const { world: w } = world();
  const { resource } = readResource(CLUSTER, 'a', make[CLUSTER]?.('a', 0).resource?.value as Buffer, false);
  assert.ok(resource?.kind === 'cluster');
  w.addStatic([], [resource.value]);
  assert.equal(w.put('a', resource), 'cluster a: the bootstrap has a static cluster of this name');
  w.remove('cluster', 'a');
  assert.deepEqual([...w.serviceNames()], ['a']);
});

test('a refused resource is named with its type, and lenient reading leaves out what is not supported', () => {
  const bytes = make[CLUSTER]?.('a', -1).resource?.value as Buffer;
  assert.deepEqual(readResource(CLUSTER, 'a', bytes, false).problems, [
    'Cluster a: lb_policy: not supported yet (CLUSTER_PROVIDED)',
  ]);
  const lenient = readResource(CLUSTER, 'a', bytes, true);
  assert.deepEqual(lenient.warnings, ['Cluster a: lb_policy: not supported yet (CLUSTER_PROVIDED)']);
  assert.ok(lenient.resource);
  assert.deepEqual(readResource(CLUSTER, 'b', bytes, true).problems, ['Cluster b: name: "a" came as resource "b"']);
  assert.match(readResource(CLUSTER, 'a', Buffer.from([0xff]), false).problems[0] ?? '', /^Cluster a: malformed/);
});
