import type { FailurePercentagePlan, SuccessRatePlan } from '../../core/plan/cluster.ts';

/** What one endpoint did in one interval. */
export interface Volume {
  readonly successes: number;
  readonly total: number;
}

/** One endpoint whose rate counts. `rate`: percent of its requests that succeeded. */
export interface Rated<T> {
  readonly endpoint: T;
  readonly rate: number;
}

/** Endpoints that stand out, and what they stand out of: percent. */
export interface SuccessRates<T> {
  readonly average: number;
  readonly threshold: number;
  readonly outliers: readonly Rated<T>[];
}

/**
 * Envoy's success-rate detector: of the endpoints with at least `requestVolume` requests, when there are at least
 * `minimumHosts` of them, those below mean - factor x standard deviation (of the population); null when too few count.
 * Source: Envoy, "Outlier detection", success rate.
 */
export function successRates<T>(
  volumes: Iterable<readonly [T, Volume]>,
  { minimumHosts, requestVolume, stdevFactor }: Pick<SuccessRatePlan, 'minimumHosts' | 'requestVolume' | 'stdevFactor'>,
): SuccessRates<T> | null {
  const rated = rates(volumes, requestVolume);
  if (rated.length === 0 || rated.length < minimumHosts) return null;
  const average = rated.reduce((sum, each) => sum + each.rate, 0) / rated.length;
  const variance = rated.reduce((sum, each) => sum + (each.rate - average) ** 2, 0) / rated.length;
  const threshold = average - (stdevFactor / 1000) * Math.sqrt(variance);
  return { average, threshold, outliers: rated.filter((each) => each.rate < threshold) };
}

/**
 * Envoy's failure-percentage detector: of the endpoints with at least `requestVolume` requests, when there are at least
 * `minimumHosts` of them, those that failed at least `threshold` percent. Source: as above, failure percentage.
 */
export function failingEndpoints<T>(
  volumes: Iterable<readonly [T, Volume]>,
  {
    minimumHosts,
    requestVolume,
    threshold,
  }: Pick<FailurePercentagePlan, 'minimumHosts' | 'requestVolume' | 'threshold'>,
): readonly Rated<T>[] {
  const rated = rates(volumes, requestVolume);
  if (rated.length < minimumHosts) return [];
  return rated.filter((each) => 100 - each.rate >= threshold);
}

function rates<T>(volumes: Iterable<readonly [T, Volume]>, requestVolume: number): Rated<T>[] {
  const rated: Rated<T>[] = [];
  for (const [endpoint, { successes, total }] of volumes) {
    if (total > 0 && total >= requestVolume) rated.push({ endpoint, rate: (successes * 100) / total });
  }
  return rated;
}
