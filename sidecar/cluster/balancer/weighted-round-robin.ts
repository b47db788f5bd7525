import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import type { Picker } from './picker.ts';

/**
 * Weighted round robin by earliest deadline first: each endpoint is due once per 1/weight of virtual time, the one due
 * first is picked. First deadlines are random within the period, so that short-lived lists (many updates, many sidecars)
 * share by weight too (gRPC A58). A binary heap in flat arrays: O(log n) per pick, nothing allocated.
 */
export class WeightedRoundRobinPicker implements Picker {
  readonly #endpoints: readonly LiveEndpoint[];
  /** Heap order: position -> endpoint index; its deadline; and by index the period. */
  readonly #index: Int32Array;
  readonly #deadline: Float64Array;
  readonly #period: Float64Array;

  constructor(endpoints: readonly LiveEndpoint[], weights: readonly number[], random: Random) {
    this.#endpoints = endpoints;
    this.#period = Float64Array.from(weights, (weight) => 1 / weight);
    this.#deadline = this.#period.map((period) => random() * period);
    this.#index = Int32Array.from(endpoints, (_, index) => index);
    for (let at = (endpoints.length >> 1) - 1; at >= 0; at -= 1) this.#sink(at);
  }

  pick(): LiveEndpoint {
    const first = this.#index[0] as number;
    this.#deadline[0] = (this.#deadline[0] as number) + (this.#period[first] as number);
    this.#sink(0);
    return this.#endpoints[first] as LiveEndpoint;
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
