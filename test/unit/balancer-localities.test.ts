import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { Cluster } from '../../sidecar/cluster/cluster.ts';
import { priorityLoads } from '../../sidecar/cluster/priority-load.ts';
import type { ClusterPlan, EndpointsPlan } from '../../sidecar/core/plan/cluster.ts';
import type { FLAG } from '../../sidecar/core/slots.ts';
import { setFlag } from '../../sidecar/worker/availability.ts';
import { clusterPlan, endpointsPlan, nowhere, surroundings } from '../support/cluster.ts';

const leastRequest = { kind: 'least-request', choices: 2, bias: 1, fullScan: false } as const;

/** Endpoint i is in locality `where[i]`; locality j has weight `weights[j]`. */
function cluster(
  where: readonly number[],
  weights: readonly number[],
  over: Partial<ClusterPlan> = {},
  priorities: readonly number[] = [],
): Cluster {
  const plan: EndpointsPlan = {
    ...endpointsPlan(new Array<number>(where.length).fill(1), priorities),
    locality: where,
    localities: weights.map((weight, index) => ({ ...nowhere, zone: `zone-${index}`, weight })),
  };
  const around = surroundings({ random: seededRandom(3) });
  return Cluster.create(clusterPlan({ locality: { kind: 'weighted' }, ...over }), around).withEndpoints(plan).cluster;
}

function flag(on: Cluster, index: number, name: keyof typeof FLAG): void {
  const endpoint = on.set.endpoints[index];
  if (endpoint) setFlag(endpoint.slot, on.limits.slot, name, true);
}

/** Share of the picks by endpoint, in percent. */
function shares(on: Cluster, picks = 10_000): number[] {
  const counts = new Map(on.set.endpoints.map((each) => [each.name, 0]));
  for (let pick = 0; pick < picks; pick += 1) {
    const name = on.pick(null, 0)?.name ?? 'none';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts.values()].map((each) => (100 * each) / picks);
}

function near(actual: readonly number[], expected: readonly number[]): void {
  const close =
    actual.length === expected.length && actual.every((each, at) => Math.abs(each - (expected[at] ?? 0)) < 2);
  assert.ok(close, `${actual}, expected ${expected}`);
}

for (const balancer of [{ kind: 'round-robin' }, { kind: 'random' }, leastRequest] as const) {
  test(`localities share by their weights whatever number of endpoints they have (${balancer.kind})`, () => {
    near(shares(cluster([0, 1, 1, 1], [1, 3], { balancer })), [25, 25, 25, 25]);
    near(shares(cluster([0, 1, 1, 1], [3, 1], { balancer })), [75, 25 / 3, 25 / 3, 25 / 3]);
  });
}

test('a locality keeps its share until fewer than 72 % of it are left, then the others take over', () => {
  const zones = cluster([0, 0, 0, 0, 1, 1, 1, 1], [1, 1]);
  flag(zones, 0, 'ejected');
  near(shares(zones), [0, 50 / 3, 50 / 3, 50 / 3, 12.5, 12.5, 12.5, 12.5]);
  flag(zones, 1, 'ejected');
  // 1.4 x 2/4 = 0.7 against 1.
  const [left, right] = [(0.7 / 1.7) * 100, (1 / 1.7) * 100];
  near(shares(zones), [0, 0, left / 2, left / 2, right / 4, right / 4, right / 4, right / 4]);
});

test('a locality without weight gets nothing, unless none has one', () => {
  near(shares(cluster([0, 0, 1], [1, 0])), [50, 50, 0]);
  near(shares(cluster([0, 0, 1], [0, 0])), [100 / 3, 100 / 3, 100 / 3]);
});

test('where localities are not to share, their weights mean nothing', () => {
  near(shares(cluster([0, 1, 1, 1], [100, 1], { locality: { kind: 'none' } })), [25, 25, 25, 25]);
});

test('each priority shares among its own localities', () => {
  const levels = cluster([0, 1, 2, 2], [3, 1, 1], {}, [0, 0, 1, 1]);
  near(shares(levels), [75, 25, 0, 0]);
  flag(levels, 0, 'unhealthy');
  // Half of the first level is left: 70 %; the rest goes down.
  near(shares(levels), [0, 70, 15, 15]);
});

test('degraded endpoints are used as far as the available ones do not suffice', () => {
  const some = cluster([0, 0, 0, 0], [0], { locality: { kind: 'none' }, panicThreshold: 50 });
  flag(some, 3, 'degraded');
  near(shares(some), [100 / 3, 100 / 3, 100 / 3, 0]);
  flag(some, 2, 'degraded');
  // Health 70, degraded 70: the available ones take 70, the degraded ones the rest.
  near(shares(some), [35, 35, 15, 15]);
  flag(some, 0, 'ejected');
  flag(some, 1, 'ejected');
  near(shares(some), [0, 0, 50, 50]);
  assert.equal(some.panic, false);
});

test('available endpoints of a lower priority come before degraded ones of a higher', () => {
  assert.deepEqual(
    priorityLoads(
      [
        { available: 0, degraded: 4, total: 4 },
        { available: 4, degraded: 0, total: 4 },
      ],
      50,
    ),
    [
      { load: 0, degraded: 0, panic: false },
      { load: 100, degraded: 0, panic: false },
    ],
  );
});

test('a draining endpoint gets no new requests', () => {
  const all = cluster([0, 0, 0], [0]);
  flag(all, 1, 'draining');
  near(shares(all), [50, 0, 50]);
});
