import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Objects, openObjects } from '../../control-plane/model/live-world.ts';
import { problemOf } from '../../control-plane/registry/check.ts';
import { type Lease, leaseOf } from '../../control-plane/registry/lease.ts';
import { openRegistry, type Registry } from '../../control-plane/registry/registry.ts';
import type { Store } from '../../control-plane/store/contract.ts';
import { openSqlite } from '../../control-plane/store/sqlite.ts';
import { silentLog } from '../../shared/log/log.ts';
import { VirtualClock } from '../../shared/time/virtual-clock.ts';
import type { Workload } from '../../shared/xds/messages.gen.ts';
import { eventually } from '../support/eventually.ts';

const workload = (change: Partial<Workload> = {}): Workload => ({
  node_id: 'cart-1',
  namespace: 'shop',
  service: 'cart',
  ports: [{ name: 'http', port: 15_006, service_port: 80, app_protocol: 'http' }],
  labels: {},
  ...change,
});

interface Fixture {
  clock: VirtualClock;
  store: Store;
  objects: Objects;
  registry: Registry;
  /** As if the control plane had been killed and started again. */
  restart(): Promise<Fixture>;
}

async function open(t: TestContext, store?: Store): Promise<Fixture> {
  const opened = store ? { ok: true as const, store } : openSqlite(':memory:');
  if (!opened.ok) throw new Error(opened.message);
  if (!store) t.after(() => opened.store.close());
  const clock = new VirtualClock();
  const objects = await openObjects(opened.store);
  const registry = await openRegistry({ store: opened.store, objects, clock, log: silentLog });
  const restart = async (): Promise<Fixture> => {
    await registry.close();
    objects.cache.close();
    return open(t, opened.store);
  };
  return { clock, store: opened.store, objects, registry, restart };
}

const addresses = ({ world }: Objects): string[] =>
  [...world.endpointSlices.values()].flatMap(({ endpoints, ports }) =>
    endpoints.map(({ addresses }) => `${addresses[0]}:${ports[0]?.port}`),
  );
const lease = (change: Partial<Workload> = {}, address = '10.0.0.1'): Lease => leaseOf(workload(change), address);
const gone = (objects: Objects) => eventually(() => addresses(objects).length === 0);

test('a workload becomes an endpoint of a Service that is created for it', async (t) => {
  const { registry, objects } = await open(t);
  const locality = { region: 'eu', zone: 'west' };
  assert.equal(await registry.register(lease({ locality, weight: { value: 3 } }), {}), undefined);
  const service = objects.world.services.get('shop/cart');
  assert.deepEqual(service?.spec.ports, [
    { name: 'http', protocol: 'TCP', port: 80, targetPort: 15_006, appProtocol: 'http' },
  ]);
  const [slice] = objects.world.endpointSlices.values();
  assert.deepEqual(addresses(objects), ['10.0.0.1:15006']);
  assert.equal(slice?.metadata.labels?.['kubernetes.io/service-name'], 'cart');
  assert.equal(slice?.metadata.labels?.['endpointslice.kubernetes.io/managed-by'], 'registry.aya.dev');
  assert.equal(slice?.metadata.annotations?.['aya.dev/weight'], '3');
  assert.equal(slice?.endpoints[0]?.zone, 'eu/west');
});

test('registering the same again writes nothing', async (t) => {
  const { registry, objects } = await open(t);
  await registry.register(lease(), {});
  const { revision } = objects.cache;
  await registry.register(lease(), {});
  assert.equal(objects.cache.revision, revision);
});

test('an instance stays 5 s after its stream broke, and for good when it comes back', async (t) => {
  const { clock, registry, objects } = await open(t);
  const [one, two] = [{}, {}];
  await registry.register(lease(), one);
  registry.broke(lease(), one);
  clock.advance(4_999);
  await registry.register(lease(), two);
  clock.advance(60_000);
  assert.equal(registry.leases()[0]?.state, 'held');
  registry.broke(lease(), one);
  assert.equal(registry.leases()[0]?.state, 'held', 'the old stream no longer counts');
  registry.broke(lease(), two);
  clock.advance(5_000);
  await gone(objects);
  assert.ok(objects.world.services.has('shop/cart'), 'the Service is never deleted by itself');
});

test('an instance that withdraws is out at once', async (t) => {
  const { registry, objects } = await open(t);
  const owner = {};
  await registry.register(lease(), owner);
  await registry.withdraw(lease(), {});
  assert.equal(addresses(objects).length, 1, 'not by somebody else');
  await registry.withdraw(lease(), owner);
  assert.equal(addresses(objects).length, 0);
});

test('after a restart every endpoint is there at once, and has 15 s to find back', async (t) => {
  const first = await open(t);
  await first.registry.register(lease({ node_id: 'cart-1' }, '10.0.0.1'), {});
  await first.registry.register(lease({ node_id: 'cart-2' }, '10.0.0.2'), {});
  const { clock, registry, objects } = await first.restart();
  assert.deepEqual(addresses(objects).sort(), ['10.0.0.1:15006', '10.0.0.2:15006']);
  clock.advance(14_999);
  await registry.register(lease({ node_id: 'cart-2' }, '10.0.0.2'), {});
  clock.advance(1);
  await eventually(() => addresses(objects).join() === '10.0.0.2:15006');
});

test('a slice whose lease was lost in a crash is cleared away after the same time', async (t) => {
  const first = await open(t);
  await first.registry.register(lease(), {});
  for (const { key } of (await first.store.list('leases/')).entries) await first.store.delete(key);
  const { clock, objects } = await first.restart();
  assert.equal(addresses(objects).length, 1);
  clock.advance(15_000);
  await gone(objects);
});

test('ports follow the names that the Service gives them, and new ones are added to a Service of ours', async (t) => {
  const { registry, objects } = await open(t);
  await registry.register(lease(), {});
  const ports = [...workload().ports, { name: 'admin', port: 15_007, service_port: 9000 }];
  await registry.register(lease({ node_id: 'cart-2', ports }, '10.0.0.2'), {});
  assert.deepEqual(
    objects.world.services.get('shop/cart')?.spec.ports.map(({ name, port }) => `${name} ${port}`),
    ['http 80', 'admin 9000'],
  );
  assert.deepEqual(registry.leases()[0]?.unknownPorts, undefined);
});

test('a Service that somebody wrote keeps its ports, and the status names those that nobody can call', async (t) => {
  const { registry, objects } = await open(t);
  await registry.register(lease(), {});
  const key = 'objects/services.core/shop/cart';
  const { annotations: _, ...metadata } = structuredClone(objects.world.services.get('shop/cart'))?.metadata ?? {};
  const spec = { type: 'ClusterIP', ports: [{ name: 'web', protocol: 'TCP', port: 8080, targetPort: 8080 }] };
  await objects.cache.put(key, JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata, spec }));
  await eventually(() => [...objects.world.endpointSlices.values()][0]?.ports.length === 0);
  assert.deepEqual(registry.leases()[0]?.unknownPorts, [80]);
  spec.ports.push({ name: 'plain', protocol: 'TCP', port: 80, targetPort: 80 });
  await objects.cache.put(key, JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata, spec }));
  await eventually(() => [...objects.world.endpointSlices.values()][0]?.ports[0]?.name === 'plain');
});

test('what is wrong with a registration is named by its path', () => {
  assert.equal(problemOf(workload()), undefined);
  const cases: [Partial<Workload>, RegExp][] = [
    [{ node_id: '' }, /^workload\.node_id: required/],
    [{ service: 'Cart!' }, /^workload\.service: /],
    [{ address: 'localhost' }, /^workload\.address: must be an IP address/],
    [{ ports: [] }, /^workload\.ports: /],
    [{ ports: [{ port: 70_000 }] }, /^workload\.ports\[0\]\.port: must be 1 to 65535; got 70000/],
    [{ ports: [{ port: 1 }, { port: 2 }] }, /^workload\.ports\[0\]\.name: required/],
    [{ labels: { 'a b': 'c' } }, /^workload\.labels/],
  ];
  for (const [change, expected] of cases) assert.match(problemOf(workload(change)) ?? '', expected);
});
