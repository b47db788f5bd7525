import type { Random } from '../../../shared/struct/random.ts';

/**
 * Earliest deadline first: each of `weights.length` entries is due once per 1/weight of virtual time, the one due first
 * is next. First deadlines are random within the period, so that short-lived schedules (many updates, many sidecars) share
 * by weight too (gRPC A58). A binary heap in flat arrays: O(log n) per step, nothing allocated.
 */
export class DeadlineSchedule {
  /** Heap order: position -> entry; its deadline; and by entry the period. */
  readonly #index: Int32Array;
  readonly #deadline: Float64Array;
  readonly #period: Float64Array;

  constructor(weights: readonly number[], random: Random) {
    this.#period = Float64Array.from(weights, (weight) => 1 / weight);
    this.#deadline = this.#period.map((period) => random() * period);
    this.#index = Int32Array.from(weights, (_, index) => index);
    this.#heapify();
  }

  /** The entry that is due. */
  next(): number {
    const first = this.#index[0] as number;
    this.#deadline[0] = (this.#deadline[0] as number) + (this.#period[first] as number);
    this.#sink(0);
    return first;
  }

  /** Changes the weights; what an entry has waited of its period counts in proportion. */
  reweigh(weights: readonly number[]): void {
    const now = this.#deadline[0] as number;
    for (let at = 0; at < this.#index.length; at += 1) {
      const entry = this.#index[at] as number;
      const before = this.#period[entry] as number;
      const period = 1 / (weights[entry] as number);
      if (period === before) continue;
      this.#deadline[at] = now + (((this.#deadline[at] as number) - now) * period) / before;
      this.#period[entry] = period;
    }
    this.#heapify();
  }

  #heapify(): void {
    for (let at = (this.#index.length >> 1) - 1; at >= 0; at -= 1) this.#sink(at);
  }

  /** Moves the entry at `at` down to where no child is due before it. */
  #sink(at: number): void {
    const deadline = this.#deadline;
    const index = this.#index;
    const size = index.length;
    const ownDeadline = deadline[at] as number;
    const ownIndex = index[at] as number;
    let hole = at;
    for (let child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && (deadline[child + 1] as number) < (deadline[child] as number)) child += 1;
      if (ownDeadline <= (deadline[child] as number)) break;
      deadline[hole] = deadline[child] as number;
      index[hole] = index[child] as number;
      hole = child;
    }
    deadline[hole] = ownDeadline;
    index[hole] = ownIndex;
  }
}
