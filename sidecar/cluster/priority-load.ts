/** How much of the traffic a level gets, and whether all its endpoints are used or only the available ones. */
export interface LevelLoad {
  /** 0..100; the loads of all levels sum to 100, or to 0 when there is nobody to send to. */
  readonly load: number;
  readonly panic: boolean;
}

/** Envoy's overprovisioning factor: a level counts as whole until fewer than 1/1.4 = 72 % of it are available. */
const OVERPROVISIONING = 140;

/**
 * Shares traffic among priority levels by Envoy's rule, in whole percent as there: a level takes as much as it is
 * healthy, min(100, 140 x available / total), the rest goes down; the sum is normalised when it stays below 100. When it
 * does, each level whose available share is below `panicThreshold` (percent, 0 = never) panics, and when all do, traffic
 * follows the number of endpoints. Source: Envoy, "Priority levels" and "Panic threshold".
 */
export function priorityLoads(
  levels: readonly { readonly available: number; readonly total: number }[],
  panicThreshold: number,
): LevelLoad[] {
  const health = levels.map(({ available, total }) =>
    total === 0 ? 0 : Math.min(100, Math.floor((OVERPROVISIONING * available) / total)),
  );
  const sum = Math.min(
    100,
    health.reduce((left, right) => left + right, 0),
  );
  const panic = levels.map(
    ({ available, total }) => sum < 100 && panicThreshold > 0 && available * 100 < panicThreshold * total,
  );
  const total = levels.reduce((left, right) => left + right.total, 0);
  if (total > 0 && panic.every((each, index) => each || levels[index]?.total === 0)) {
    return levels.map((level, index) => ({ load: (100 * level.total) / total, panic: panic[index] ?? false }));
  }
  let left = sum === 0 ? 0 : 100;
  return health.map((each, index) => {
    const load = sum === 0 ? 0 : Math.min(left, (each * 100) / sum);
    left -= load;
    return { load, panic: panic[index] ?? false };
  });
}
