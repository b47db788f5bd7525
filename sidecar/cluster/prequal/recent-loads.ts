/** Loads above this count as this. */
const MOST = 1023;
const KEPT = 128;

/** The last loads (requests in flight) that were heard of, and their quantiles. */
export class RecentLoads {
  readonly #last = new Int32Array(KEPT);
  /** How many of the last ones there are of each load. */
  readonly #counts = new Int32Array(MOST + 1);
  #size = 0;
  #next = 0;

  add(load: number): void {
    const capped = Math.min(MOST, Math.max(0, Math.floor(load)));
    if (this.#size === KEPT) this.#change(this.#last[this.#next] as number, -1);
    else this.#size += 1;
    this.#last[this.#next] = capped;
    this.#change(capped, 1);
    this.#next = (this.#next + 1) % KEPT;
  }

  /** The smallest load that at least the share `quantile` (0..1) of the last ones do not exceed, 0 without any. */
  quantile(quantile: number): number {
    if (this.#size === 0) return 0;
    const wanted = Math.max(1, Math.ceil(quantile * this.#size));
    let sum = 0;
    for (let load = 0; load <= MOST; load += 1) {
      sum += this.#counts[load] as number;
      if (sum >= wanted) return load;
    }
    return MOST;
  }

  #change(load: number, by: number): void {
    this.#counts[load] = (this.#counts[load] as number) + by;
  }
}
