import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Cluster } from '../../sidecar/cluster/cluster.ts';
import type { EndpointsPlan } from '../../sidecar/core/plan/cluster.ts';
import type { Pool } from '../../sidecar/core/pool.ts';
import { ROW } from '../../sidecar/core/slots.ts';
import { clusterPlan, endpointsPlan, IdlePool, surroundings } from '../support/cluster.ts';

/** Any subset of 12 addresses in any order, each with any weight and priority; the slot belongs to the address. */
const anyPlan: fc.Arbitrary<EndpointsPlan> = fc
  .uniqueArray(
    fc.record({
      host: fc.integer({ min: 0, max: 11 }),
      weight: fc.integer({ min: 1, max: 5 }),
      priority: fc.integer({ min: 0, max: 2 }),
    }),
    { selector: (each) => each.host, maxLength: 12 },
  )
  .map((rows) => ({
    name: 'cart',
    addresses: rows.map((each) => `10.0.0.${each.host}`),
    ports: rows.map(() => 80),
    slots: rows.map((each) => each.host + 1),
    weights: rows.map((each) => each.weight),
    priorities: rows.map((each) => each.priority),
    hostnames: rows.map((each) => `host-${each.host}`),
    locality: rows.map(() => 0),
    localities: [],
  }));

const namesOf = (plan: EndpointsPlan): string[] => plan.addresses.map((address) => `${address}:80`);

test('over any updates, endpoints that stay are the same objects, and pools retire exactly once', () => {
  fc.assert(
    fc.property(fc.array(anyPlan, { minLength: 1, maxLength: 8 }), (plans) => {
      const made: IdlePool[] = [];
      const around = surroundings({
        pool: () => {
          const pool = new IdlePool();
          made.push(pool);
          return pool;
        },
      });
      let cluster = Cluster.create(clusterPlan(), around);
      for (const plan of plans) {
        const before = new Map(cluster.set.endpoints.map((each) => [each.name, each]));
        const { cluster: next, retired } = cluster.withEndpoints(plan);
        assert.deepEqual(
          next.set.endpoints.map((each) => each.name),
          namesOf(plan),
        );
        next.set.endpoints.forEach((endpoint, row) => {
          const old = before.get(endpoint.name);
          if (old) assert.equal(endpoint, old);
          assert.equal(endpoint.weight, plan.weights[row]);
          assert.equal(endpoint.priority, plan.priorities[row]);
          assert.equal(endpoint.hostname, plan.hostnames[row]);
        });
        const gone = [...before.values()].filter((each) => !namesOf(plan).includes(each.name));
        assert.deepEqual(new Set(retired), new Set(gone.map((each) => each.pool)));
        for (const pool of retired) {
          assert.equal((pool as IdlePool).drained, false, 'retired twice');
          pool.drain();
        }
        assert.deepEqual(
          next.set.levels.map((each) => each.priority),
          [...new Set(plan.priorities)].sort(),
        );
        assert.equal(
          next.set.levels.reduce((sum, level) => sum + level.endpoints.length, 0),
          plan.addresses.length,
        );
        const chosen = next.pick(null, 0);
        assert.equal(chosen === null, plan.addresses.length === 0);
        if (chosen) assert.ok(next.set.endpoints.includes(chosen));
        cluster = next;
      }
      const alive = new Set<Pool>(cluster.pools());
      for (const pool of made) assert.notEqual(pool.drained, alive.has(pool), 'each pool is either alive or retired');
    }),
  );
});

test('requests under way stay counted over an update', () => {
  const around = surroundings();
  const first = Cluster.create(clusterPlan(), around).withEndpoints(endpointsPlan([1, 1])).cluster;
  const endpoint = first.set.endpoints[1];
  endpoint?.begin();
  const second = first.withEndpoints(endpointsPlan([1, 7])).cluster;
  assert.equal(second.set.endpoints[1]?.active(), 1);
  endpoint?.end();
  assert.equal(second.set.endpoints[1]?.active(), 0);
});

test('an address that comes back with another slot is another endpoint', () => {
  const { cluster } = Cluster.create(clusterPlan(), surroundings()).withEndpoints(endpointsPlan([1]));
  const { cluster: next, retired } = cluster.withEndpoints(endpointsPlan([1], [], 9));
  assert.notEqual(next.set.endpoints[0], cluster.set.endpoints[0]);
  assert.deepEqual(retired, [cluster.set.endpoints[0]?.pool]);
});

test('an address that is named twice counts once', () => {
  const plan = endpointsPlan([1, 1, 1]);
  const doubled = { ...plan, addresses: ['10.0.0.1', '10.0.0.1', '::1'] };
  const { cluster } = Cluster.create(clusterPlan(), surroundings()).withEndpoints(doubled);
  assert.deepEqual(
    cluster.set.endpoints.map((each) => each.name),
    ['10.0.0.1:80', '[::1]:80'],
  );
});

test('a changed policy keeps endpoints and counts; pools are made anew only when connection settings change', () => {
  const { cluster } = Cluster.create(clusterPlan(), surroundings()).withEndpoints(endpointsPlan([1, 1]));
  const pools = cluster.pools();
  assert.ok(cluster.limits.beginRequest(0));
  const random = cluster.withPlan(clusterPlan({ balancer: { kind: 'random' } }));
  assert.deepEqual(random.retired, []);
  assert.deepEqual(random.cluster.pools(), pools);
  const slower = random.cluster.withPlan(clusterPlan({ connectTimeout: 9 }));
  assert.deepEqual(slower.retired, pools);
  assert.equal(slower.cluster.set.endpoints[0], cluster.set.endpoints[0]);
  assert.notEqual(slower.cluster.set.endpoints[0]?.pool, pools[0]);
  assert.equal(slower.cluster.limits.slot.sum(ROW.active), 1);
});

test('an endpoints plan with a column too short is a bug, not an endpoint', () => {
  const plan = { ...endpointsPlan([1, 1]), slots: [1] };
  assert.throws(() => Cluster.create(clusterPlan(), surroundings()).withEndpoints(plan), /row 1 is not complete/);
});
