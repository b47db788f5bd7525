import type { Distribution } from '../core/stats.ts';

/** What a histogram measures decides its range: 1/16 ms to 2^20 ms (17 min), or 16 bytes to 2^28 (256 MiB). */
export type Unit = 'ms' | 'bytes';

/** Exponent of the lowest power of two that is told apart. */
export const LOWEST: Readonly<Record<Unit, number>> = { ms: -4, bytes: 4 };

/** Powers of two per histogram, four sub-buckets each: a value is known to within 25 %, its median error is 6 %. */
const POWERS = 24;

/** Below the range, 24 x 4 within it, above it. */
export const BUCKETS = POWERS * 4 + 2;

/** The buckets, then the sum of all values. */
export const HISTOGRAM_CELLS = BUCKETS + 1;

/** A log-linear histogram in a run of cells. Recording costs two additions and no logarithm. */
export class Histogram implements Distribution {
  readonly #cells: Float64Array;
  readonly #at: number;
  readonly #scale: number;

  constructor(cells: Float64Array, at: number, unit: Unit) {
    this.#cells = cells;
    this.#at = at;
    this.#scale = 2 ** (2 - LOWEST[unit]);
  }

  record(value: number): void {
    const cells = this.#cells;
    // Scaled so that the lowest power of two is 4: then the two bits below the leading one are the sub-bucket.
    const scaled = value * this.#scale;
    let bucket = 0;
    if (scaled > 4) {
      if (scaled > 1 << (POWERS + 2)) bucket = BUCKETS - 1;
      else {
        // All bounds are whole when scaled; a value that equals one belongs below it, as Prometheus' "le" wants.
        const whole = Math.ceil(scaled) - 1;
        const power = 31 - Math.clz32(whole);
        bucket = 1 + (power - 2) * 4 + ((whole >>> (power - 2)) & 3);
      }
    }
    const at = this.#at;
    cells[at + bucket] = (cells[at + bucket] as number) + 1;
    cells[at + BUCKETS] = (cells[at + BUCKETS] as number) + value;
  }
}

/**
 * The lower bound of a bucket, which is not in it; its upper bound is the lower bound of the next and is in it. 0 for the
 * first, which holds 0, too.
 */
export function lowerBound(bucket: number, unit: Unit): number {
  if (bucket === 0) return 0;
  const step = bucket - 1;
  return 2 ** (LOWEST[unit] + (step >> 2)) * (1 + (step & 3) / 4);
}

/** How many values `cells` (HISTOGRAM_CELLS of one histogram) hold. */
export function countOf(cells: Float64Array): number {
  let count = 0;
  for (let at = 0; at < BUCKETS; at += 1) count += cells[at] as number;
  return count;
}

/** The value below which `share` (0..1) of the recorded values lie, linear within its bucket; NaN when there is none. */
export function quantile(cells: Float64Array, unit: Unit, share: number): number {
  const rank = share * countOf(cells);
  let below = 0;
  let last = Number.NaN;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const count = cells[bucket] as number;
    if (count === 0) continue;
    const low = lowerBound(bucket, unit);
    // The last bucket has no upper bound: its lower one is all that is known.
    const high = bucket === BUCKETS - 1 ? low : lowerBound(bucket + 1, unit);
    if (below + count >= rank) return low + ((high - low) * Math.max(0, rank - below)) / count;
    below += count;
    last = high;
  }
  return last;
}
