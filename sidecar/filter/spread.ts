import type { Random } from '../../shared/struct/random.ts';
import type { SpreadPlan } from '../core/plan/fault.ts';

/** One delay of a distribution, ms, never below 0. */
export function drawDelay(spread: SpreadPlan, random: Random): number {
  switch (spread.kind) {
    case 'uniform':
      return spread.min + random() * (spread.max - spread.min);
    case 'normal':
      return Math.max(0, spread.mean + spread.deviation * standardNormal(random));
    case 'pareto':
      return spread.min / (1 - random()) ** (1 / spread.shape);
    case 'percentiles':
      return ofPercentiles(spread, random() * 100);
  }
}

/** Box and Muller. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The delay at `rank` (0..100): straight lines from 0 through the three, and p99 for the last percent. */
function ofPercentiles({ p50, p95, p99 }: SpreadPlan & { kind: 'percentiles' }, rank: number): number {
  if (rank < 50) return (p50 * rank) / 50;
  if (rank < 95) return p50 + ((p95 - p50) * (rank - 50)) / 45;
  if (rank < 99) return p95 + ((p99 - p95) * (rank - 95)) / 4;
  return p99;
}
