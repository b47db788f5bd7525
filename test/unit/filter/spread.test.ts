import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../shared/struct/random.ts';
import type { SpreadPlan } from '../../../sidecar/core/plan/fault.ts';
import { drawDelay } from '../../../sidecar/filter/spread.ts';

const COUNT = 20_000;

function sorted(spread: SpreadPlan, seed = 1): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: COUNT }, () => drawDelay(spread, random)).sort((left, right) => left - right);
}

const near = (value: number | undefined, expected: number, tolerance: number): void =>
  assert.ok(Math.abs((value as number) - expected) <= tolerance, `${value} instead of ${expected}`);

test('uniform: every length between the two', () => {
  const all = sorted({ kind: 'uniform', min: 100, max: 200 });
  assert.ok((all[0] as number) >= 100 && (all.at(-1) as number) < 200);
  near(all[COUNT / 2], 150, 2);
});

test('normal: mean and deviation, never below 0', () => {
  const all = sorted({ kind: 'normal', mean: 100, deviation: 20 });
  near(all[COUNT / 2], 100, 1);
  near(all[Math.floor(COUNT * 0.8413)], 120, 1.5);
  assert.equal(sorted({ kind: 'normal', mean: 1, deviation: 100 })[0], 0);
});

test('Pareto: P(longer than t) is (min / t) to the power of shape', () => {
  const all = sorted({ kind: 'pareto', min: 10, shape: 2 });
  assert.ok((all[0] as number) >= 10);
  near(all.findIndex((each) => each > 20) / COUNT, 0.75, 0.01);
  near(all.findIndex((each) => each > 100) / COUNT, 0.99, 0.003);
});

test('percentiles: those that were given come out', () => {
  const all = sorted({ kind: 'percentiles', p50: 20, p95: 300, p99: 2_000 });
  near(all[COUNT * 0.5], 20, 1);
  near(all[COUNT * 0.95], 300, 25);
  near(all[COUNT * 0.99], 2_000, 40);
  assert.equal(all.at(-1), 2_000);
});

test('the same seed draws the same delays', () => {
  const spread: SpreadPlan = { kind: 'pareto', min: 1, shape: 1 };
  assert.deepEqual(sorted(spread, 5), sorted(spread, 5));
  assert.notDeepEqual(sorted(spread, 5), sorted(spread, 6));
});
