import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import type { BalancerPlan } from '../../sidecar/core/plan/balancer.ts';
import { clusterOf, clusterPlan } from '../support/cluster.ts';
import { simulate } from './queue.ts';

const seeds = [1, 2, 3, 5, 8];
const leastRequest = { kind: 'least-request', choices: 2, bias: 1, fullScan: false } as const;

/** Requests under way on average at 90 % of the capacity of 100 endpoints that serve one at a time. */
function meanActive(balancer: BalancerPlan, seed: number): number {
  const weights = new Array<number>(100).fill(1);
  const { cluster } = clusterOf(clusterPlan({ balancer }), weights, seededRandom(seed));
  return simulate(cluster, weights, 0.9, 60_000, seededRandom(seed + 100), { perWeight: 1 }).meanActive;
}

test('queues are as long as theory says: random > round robin > two choices > looking at all', () => {
  for (const seed of seeds) {
    const random = meanActive({ kind: 'random' }, seed);
    const roundRobin = meanActive({ kind: 'round-robin' }, seed);
    const two = meanActive(leastRequest, seed);
    const all = meanActive({ ...leastRequest, fullScan: true }, seed);
    assert.ok(random > roundRobin && roundRobin > two && two > all, `${[random, roundRobin, two, all]}`);
    // M/M/1 at 0.9 has 9 under way per endpoint; two choices about 2.6 (Mitzenmacher 2001, by its series).
    assert.ok(random > 500, `random ${random}`);
    assert.ok(two > 200 && two < 300, `two choices ${two}`);
  }
});

/** Counts of `picks` requests that never end, by endpoint. */
function placed(balancer: BalancerPlan, weights: readonly number[], picks: number, seed: number): number[] {
  const { cluster, endpoints } = clusterOf(clusterPlan({ balancer }), weights, seededRandom(seed));
  for (let pick = 0; pick < picks; pick += 1) cluster.pick(null, 0)?.begin();
  return endpoints.map((each) => each.active());
}

test('the fullest of 1000 endpoints has as many of 1000 requests as theory says: two choices ln ln n, one ln n / ln ln n', () => {
  const equal = new Array<number>(1_000).fill(1);
  for (const seed of seeds) {
    const one = Math.max(...placed({ kind: 'random' }, equal, 1_000, seed));
    const two = Math.max(...placed(leastRequest, equal, 1_000, seed));
    const four = Math.max(...placed({ ...leastRequest, choices: 4 }, equal, 1_000, seed));
    const all = Math.max(...placed({ ...leastRequest, fullScan: true }, equal, 1_000, seed));
    // ln ln n / ln d + O(1): 2.8 and 1.4 (Azar, Broder, Karlin, Upfal 1994; Mitzenmacher 2001).
    assert.ok(one >= 5 && two <= 4 && two >= 2 && four <= 3 && all === 1, `${[one, two, four, all]}`);
  }
});

test('weighted policies are as even as chance at most, by chi-square', () => {
  const weights = Array.from({ length: 20 }, (_, index) => 1 + (index % 5));
  const sum = weights.reduce((left, right) => left + right, 0);
  const picks = 20_000;
  const chiSquare = (counts: readonly number[]): number =>
    counts.reduce((total, count, index) => {
      const fair = (picks * (weights[index] ?? 0)) / sum;
      return total + (count - fair) ** 2 / fair;
    }, 0);
  for (const seed of seeds) {
    // 19 degrees of freedom: above 43.8 in one of a thousand cases; in turn, there is almost nothing left to chance.
    const random = chiSquare(placed({ kind: 'random' }, weights, picks, seed));
    const turns = chiSquare(placed({ kind: 'round-robin' }, weights, picks, seed));
    assert.ok(random < 43.8, `random: ${random}`);
    assert.ok(turns < 0.1, `round robin: ${turns}`);
  }
});
