import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import type { BalancerPlan } from '../../sidecar/core/plan/balancer.ts';
import { simulate } from '../simulation/queue.ts';
import { clusterOf, clusterPlan } from '../support/cluster.ts';

const leastRequest = { kind: 'least-request', choices: 2, bias: 1, fullScan: false } as const;
const byLatency = { decay: 10_000, initial: 30, failure: 5_000 };
/** Policy, how far a share may be from the weight's, and whether every request takes as long as every other. */
const policies: readonly [string, BalancerPlan, number, boolean?][] = [
  ['round robin', { kind: 'round-robin' }, 0.05],
  ['random', { kind: 'random' }, 0.05],
  ['least request of two', leastRequest, 0.05],
  ['least request of four', { ...leastRequest, choices: 4 }, 0.05],
  ['least request without bias', { ...leastRequest, bias: 0 }, 0.05],
  // Looking at all finds the idle one more often, and light endpoints are idle more often.
  ['least request of all', { ...leastRequest, fullScan: true }, 0.1],
  // Endpoints that are not equally fast are to get other shares, so here they are.
  // Light endpoints queue sooner, and peaks remember it.
  ['peak EWMA', { kind: 'peak-ewma', ...byLatency }, 0.1, true],
  ['least response time', { kind: 'least-response-time', ...byLatency }, 0.05, true],
  // Bytes are counted when they have come, not when a request begins.
  ['least bandwidth', { kind: 'least-bandwidth', decay: 1_000 }, 0.1],
];
const loads = { idle: 0.001, half: 0.5, full: 0.95 };

for (const [name, balancer, tolerance, steady = false] of policies) {
  for (const [state, load] of Object.entries(loads)) {
    test(`${name} shares by weight (${state})`, () => {
      for (const weights of [
        [1, 3],
        [1, 2, 3, 4],
      ]) {
        const clock = { now: 0 };
        const { cluster } = clusterOf(clusterPlan({ balancer }), weights, seededRandom(7), () => clock.now);
        const { shares } = simulate(cluster, weights, load, 40_000, seededRandom(3), { steady, clock });
        for (const share of shares) {
          assert.ok(
            Math.abs(share - 1) <= tolerance,
            `weights ${weights} got ${shares.map((each) => each.toFixed(3))}`,
          );
        }
      }
    });
  }
}

test('a light endpoint is not starved by least request when all are idle (envoy#19437)', () => {
  for (const weights of [
    [1, 3],
    // What slow start does to an endpoint: a tenth of its weight.
    [0.1, 1, 1],
  ]) {
    for (const fullScan of [false, true]) {
      const { cluster } = clusterOf(clusterPlan({ balancer: { ...leastRequest, fullScan } }), weights);
      const { shares } = simulate(cluster, weights, 0.0001, 40_000, seededRandom(5));
      assert.ok((shares[0] ?? 0) > 0.9 && (shares[0] ?? 0) < 1.1, `light endpoint got ${shares[0]} of its share`);
    }
  }
});

test('equal endpoints get equal shares under every policy', () => {
  const weights = new Array<number>(10).fill(1);
  for (const [name, balancer, , steady = false] of policies) {
    const clock = { now: 0 };
    const { cluster } = clusterOf(clusterPlan({ balancer }), weights, seededRandom(11), () => clock.now);
    const { shares } = simulate(cluster, weights, 0.5, 40_000, seededRandom(13), { steady, clock });
    for (const share of shares) assert.ok(Math.abs(share - 1) < 0.06, `${name}: ${shares}`);
  }
});
