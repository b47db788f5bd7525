import type { Random } from '../../../shared/struct/random.ts';

/**
 * Draws an index with probability weight / sum in constant time and with one random number: Walker's alias method, built
 * by Vose's algorithm (IEEE TSE 17(9), 1991). Weights are positive.
 */
export class AliasTable {
  readonly #keep: Float64Array;
  readonly #alias: Int32Array;

  constructor(weights: readonly number[]) {
    const size = weights.length;
    const mean = weights.reduce((left, right) => left + right, 0) / size;
    this.#keep = new Float64Array(size).fill(1);
    this.#alias = Int32Array.from({ length: size }, (_, index) => index);
    const scaled = Float64Array.from(weights, (weight) => weight / mean);
    const small: number[] = [];
    const large: number[] = [];
    scaled.forEach((share, index) => {
      (share < 1 ? small : large).push(index);
    });
    while (small.length > 0 && large.length > 0) {
      const less = small.pop() as number;
      const more = large.at(-1) as number;
      const share = scaled[less] as number;
      this.#keep[less] = share;
      this.#alias[less] = more;
      const rest = (scaled[more] as number) - (1 - share);
      scaled[more] = rest;
      if (rest < 1) small.push(large.pop() as number);
    }
  }

  draw(random: Random): number {
    const at = random() * this.#keep.length;
    const index = Math.floor(at);
    return at - index < (this.#keep[index] as number) ? index : (this.#alias[index] as number);
  }
}
