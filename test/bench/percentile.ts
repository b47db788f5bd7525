/** The value that `percent` of all do not exceed (nearest rank); `sorted` ascends. NaN of nothing. */
export function percentile(sorted: Float64Array, percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}
