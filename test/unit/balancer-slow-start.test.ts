import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { isMoving, slowStartFactor } from '../../sidecar/cluster/balancer/slow-start.ts';
import { Cluster } from '../../sidecar/cluster/cluster.ts';
import type { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import type { BalancerPlan, SlowStartPlan } from '../../sidecar/core/plan/balancer.ts';
import { setFlag } from '../../sidecar/worker/availability.ts';
import { clusterPlan, endpointsPlan, surroundings } from '../support/cluster.ts';

const window = 30_000;
const linear: SlowStartPlan = { window, aggression: 1, minWeight: 10 };
const leastRequest = { kind: 'least-request', choices: 2, bias: 1, fullScan: false } as const;
const policies: readonly [string, BalancerPlan][] = [
  ['round robin', { kind: 'round-robin' }],
  ['random', { kind: 'random' }],
  ['least request', leastRequest],
  ['least request of all', { ...leastRequest, fullScan: true }],
];

/** A cluster whose time is `clock.now`, with `old` endpoints of age 10 min and one of age 0. */
function grown(balancer: BalancerPlan, slowStart: SlowStartPlan, old: number, weight = 1) {
  const clock = { now: 0 };
  const around = surroundings({ random: seededRandom(7), now: () => clock.now });
  const weights = new Array<number>(old).fill(weight);
  const first = Cluster.create(clusterPlan({ balancer, slowStart }), around).withEndpoints(endpointsPlan(weights));
  clock.now = 600_000;
  const { cluster } = first.cluster.withEndpoints(endpointsPlan([...weights, weight]));
  return { clock, cluster, young: cluster.set.endpoints[old] as LiveEndpoint };
}

/** Requests that the young endpoint gets of `rate` a second over `seconds`, each of which is under way for `service` ms. */
function play(
  { clock, cluster, young }: ReturnType<typeof grown>,
  rate: number,
  seconds: number,
  service: number,
): number {
  const under: { until: number; endpoint: LiveEndpoint }[] = [];
  let count = 0;
  for (let request = 0; request < rate * seconds; request += 1) {
    clock.now += 1000 / rate;
    while (under[0] && under[0].until <= clock.now) under.shift()?.endpoint.end();
    const endpoint = cluster.pick(null, 0) as LiveEndpoint;
    endpoint.begin();
    under.push({ until: clock.now + service, endpoint });
    if (endpoint === young) count += 1;
  }
  for (const { endpoint } of under) endpoint.end();
  return count;
}

test('the factor grows from the least weight to the whole, linear or by the aggression', () => {
  const table: [SlowStartPlan, number, number][] = [
    [linear, 0, 0.1],
    [linear, 3_000, 0.1],
    [linear, 15_000, 0.5],
    [linear, 30_000, 1],
    [linear, Number.NEGATIVE_INFINITY, 0.1],
    [{ ...linear, aggression: 2 }, 7_500, 0.5],
    [{ ...linear, aggression: 0.5 }, 15_000, 0.25],
  ];
  for (const [plan, age, factor] of table)
    assert.ok(Math.abs(slowStartFactor(plan, age) - factor) < 1e-9, `age ${age}`);
});

for (const [name, balancer] of policies) {
  for (const [state, service] of [
    ['idle', 0.1],
    ['busy', 200],
  ] as const) {
    test(`${name} gives a new endpoint its growing share, within 1.5 x, and never nothing (${state}, envoy#19437)`, () => {
      const scene = grown(balancer, linear, 4);
      for (const [from, expected] of [
        [0, slowStartFactor(linear, 2_500)],
        [5, slowStartFactor(linear, 7_500)],
        [10, slowStartFactor(linear, 12_500)],
        [15, slowStartFactor(linear, 17_500)],
      ] as const) {
        const got = play(scene, 400, 5, service) / 2_000;
        const fair = expected / (4 + expected);
        assert.ok(got < 1.5 * fair && got > fair / 1.5, `from ${from} s: ${got}, fair ${fair}`);
      }
      scene.clock.now += window;
      const got = play(scene, 400, 10, service) / 4_000;
      assert.ok(Math.abs(got - 0.2) < 0.03, `after the window: ${got}`);
    });
  }
}

test('a least weight of 1 % still gets traffic beside 130 others (envoy#29259)', () => {
  for (const [name, balancer] of policies) {
    const scene = grown(balancer, { window: 600_000, aggression: 1, minWeight: 1 }, 130);
    assert.ok(play(scene, 20_000, 5, 0.1) > 0, name);
  }
});

test('more members that arrive do not end the window of those before them (envoy#29008)', () => {
  const { clock, cluster, young } = grown(leastRequest, linear, 4);
  clock.now += 5_000;
  const grownAgain = cluster.withEndpoints(endpointsPlan(new Array<number>(7).fill(1))).cluster;
  const got = play({ clock, cluster: grownAgain, young }, 400, 5, 1) / 2_000;
  const fair = slowStartFactor(linear, 7_500) / (4 + 3 * slowStartFactor(linear, 5_000));
  assert.ok(got < 1.5 * fair && got > fair / 1.6, `${got}, fair ${fair}`);
});

test('endpoints that began together do not wait for each other', () => {
  const clock = { now: 0 };
  const around = surroundings({ random: seededRandom(7), now: () => clock.now });
  const { cluster } = Cluster.create(clusterPlan({ slowStart: linear }), around).withEndpoints(
    endpointsPlan([1, 1, 1]),
  );
  assert.equal(isMoving(linear, cluster.set.endpoints, 0), false);
  const counts = new Map<string | undefined, number>();
  for (let pick = 0; pick < 300; pick += 1) {
    const name = cluster.pick(null, 0)?.name;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  assert.deepEqual([...counts.values()], [100, 100, 100]);
});

test('an endpoint that was unhealthy starts slowly again, one that was ejected does not', () => {
  for (const [flag, restarts] of [
    ['unhealthy', true],
    ['ejected', false],
  ] as const) {
    const { clock, cluster, young } = grown({ kind: 'random' }, linear, 4);
    clock.now += 2 * window;
    cluster.pick(null, 0);
    setFlag(young.slot, cluster.limits.slot, flag, true);
    cluster.pick(null, 0);
    clock.now += window;
    setFlag(young.slot, cluster.limits.slot, flag, false);
    const got = play({ clock, cluster, young }, 1_000, 2, 0.1) / 2_000;
    assert.equal(got < 0.05, restarts, `${flag}: ${got}`);
  }
});

test('weights of endpoints count beside slow start', () => {
  const scene = grown({ kind: 'round-robin' }, linear, 4, 5);
  scene.clock.now += 15_000;
  const got = play(scene, 400, 1, 0.1) / 400;
  assert.ok(Math.abs(got - 0.5 / 4.5) < 0.02, `${got}`);
});
