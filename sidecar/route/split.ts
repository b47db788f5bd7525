import type { Random } from '../../shared/struct/random.ts';

/** Chooses among weighted alternatives. Weights are whole numbers; their sum is what Envoy calls total_weight. */
export class Split {
  /** Running sums of the weights. */
  readonly #bounds: readonly number[];
  readonly #total: number;

  constructor(weights: readonly number[]) {
    let sum = 0;
    this.#bounds = weights.map((weight) => {
      sum += weight;
      return sum;
    });
    this.#total = sum;
  }

  /** The index of the chosen one. Those of weight 0 are never chosen, unless all are 0: then the first. */
  choose(random: Random): number {
    const drawn = random() * this.#total;
    const bounds = this.#bounds;
    for (let at = 0; at < bounds.length; at += 1) if (drawn < (bounds[at] as number)) return at;
    return 0;
  }
}
