import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import type { Picker } from './picker.ts';

/**
 * The less busy of two: two distinct endpoints at random, the one with fewer requests under way; the first drawn when
 * both have as many. Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (IEEE TPDS 2001).
 */
export class TwoChoicesPicker implements Picker {
  readonly #endpoints: readonly LiveEndpoint[];

  constructor(endpoints: readonly LiveEndpoint[]) {
    this.#endpoints = endpoints;
  }

  pick(random: Random): LiveEndpoint {
    const endpoints = this.#endpoints;
    const size = endpoints.length;
    const one = Math.floor(random() * size);
    let two = Math.floor(random() * (size - 1));
    if (two >= one) two += 1;
    const first = endpoints[one] as LiveEndpoint;
    const second = endpoints[two] as LiveEndpoint;
    return first.active() <= second.active() ? first : second;
  }
}

/** The least busy of `choices` distinct endpoints at random. */
export class ChoicesPicker implements Picker {
  readonly #endpoints: readonly LiveEndpoint[];
  readonly #drawn: Int32Array;

  /** `choices` is less than the number of endpoints. */
  constructor(endpoints: readonly LiveEndpoint[], choices: number) {
    this.#endpoints = endpoints;
    this.#drawn = new Int32Array(choices);
  }

  pick(random: Random): LiveEndpoint {
    const endpoints = this.#endpoints;
    const drawn = this.#drawn;
    let best = endpoints[0] as LiveEndpoint;
    let fewest = Number.POSITIVE_INFINITY;
    for (let count = 0; count < drawn.length; ) {
      const index = Math.floor(random() * endpoints.length);
      if (count > 0 && drawn.lastIndexOf(index, count - 1) >= 0) continue;
      drawn[count] = index;
      count += 1;
      const endpoint = endpoints[index] as LiveEndpoint;
      const active = endpoint.active();
      if (active < fewest) {
        best = endpoint;
        fewest = active;
      }
    }
    return best;
  }
}
