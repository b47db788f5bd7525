import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import type { ClusterPlan } from '../../sidecar/core/plan/cluster.ts';
import { clusterOf, clusterPlan } from '../support/cluster.ts';
import { simulate } from './queue.ts';

const seeds = [1, 2, 3, 5, 8];
const leastRequest = { kind: 'least-request', choices: 2, bias: 1, fullScan: false } as const;

/** Requests under way on average at 90 % of the capacity of 100 endpoints that serve one at a time. */
function meanActive(balancer: ClusterPlan['balancer'], seed: number): number {
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
