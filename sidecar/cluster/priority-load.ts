/** How much of the traffic a level gets, and whether all its endpoints are used or only the available ones. */
export interface LevelLoad {
  /** For its available endpoints, or in panic for all: 0..100. All loads sum to 100, or to 0 when there is nobody. */
  readonly load: number;
  /** For its degraded endpoints: what the available ones of all levels leave over. */
  readonly degraded: number;
  readonly panic: boolean;
}

export interface LevelCounts {
  readonly available: number;
  readonly degraded: number;
  readonly total: number;
}

/** Envoy's overprovisioning factor in percent: a level counts as whole until fewer than 1/1.4 = 72 % of it are available. */
export const OVERPROVISIONING = 140;

/**
 * Shares traffic among priority levels by Envoy's rule, in whole percent as there: a level takes as much as it is
 * healthy, min(100, 140 x available / total), the rest goes down, first through the available endpoints of all levels, then
 * through the degraded ones; the sum is normalised when it stays below 100. When it does, each level of which less than
 * `panicThreshold` (percent, 0 = never) can be used panics, and when all do, traffic follows the number of endpoints.
 * Source: Envoy, "Priority levels", "Degraded endpoints" and "Panic threshold".
 */
export function priorityLoads(levels: readonly LevelCounts[], panicThreshold: number): LevelLoad[] {
  const health = levels.map(({ available, total }) => capacity(available, total));
  const degraded = levels.map((level) => capacity(level.degraded, level.total));
  const sum = Math.min(100, total(health) + total(degraded));
  const panic = levels.map(
    (level) =>
      sum < 100 && panicThreshold > 0 && (level.available + level.degraded) * 100 < panicThreshold * level.total,
  );
  const endpoints = total(levels.map((each) => each.total));
  if (endpoints > 0 && panic.every((each, index) => each || levels[index]?.total === 0)) {
    return levels.map((level, index) => ({
      load: (100 * level.total) / endpoints,
      degraded: 0,
      panic: panic[index] ?? false,
    }));
  }
  let left = sum === 0 ? 0 : 100;
  const share = (each: number): number => {
    const load = sum === 0 ? 0 : Math.min(left, (each * 100) / sum);
    left -= load;
    return load;
  };
  const loads = health.map(share);
  const rest = degraded.map(share);
  return loads.map((load, index) => ({ load, degraded: rest[index] ?? 0, panic: panic[index] ?? false }));
}

function capacity(usable: number, endpoints: number): number {
  return endpoints === 0 ? 0 : Math.min(100, Math.floor((OVERPROVISIONING * usable) / endpoints));
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((left, right) => left + right, 0);
}
