import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import type { Picker } from './picker.ts';

/**
 * The least busy of all: the smallest active^bias / weight, and among equals one at random by weight. O(n) per pick:
 * for short lists, or where each request is long.
 */
export class FullScanPicker implements Picker {
  readonly #endpoints: readonly LiveEndpoint[];
  readonly #weights: Float64Array;
  readonly #bias: number;
  readonly #tied: Int32Array;

  constructor(endpoints: readonly LiveEndpoint[], weights: readonly number[], bias: number) {
    this.#endpoints = endpoints;
    this.#weights = Float64Array.from(weights);
    this.#bias = bias;
    this.#tied = new Int32Array(endpoints.length);
  }

  pick(random: Random): LiveEndpoint {
    const endpoints = this.#endpoints;
    const weights = this.#weights;
    const tied = this.#tied;
    let least = Number.POSITIVE_INFINITY;
    let ties = 0;
    let tiedWeight = 0;
    for (let index = 0; index < endpoints.length; index += 1) {
      const active = (endpoints[index] as LiveEndpoint).active();
      const weight = weights[index] as number;
      const cost = (this.#bias === 1 ? active : active ** this.#bias) / weight;
      if (cost > least) continue;
      if (cost < least) {
        least = cost;
        ties = 0;
        tiedWeight = 0;
      }
      tied[ties] = index;
      ties += 1;
      tiedWeight += weight;
    }
    let left = ties > 1 ? random() * tiedWeight : 0;
    let chosen = tied[0] as number;
    for (let tie = 0; tie < ties; tie += 1) {
      chosen = tied[tie] as number;
      left -= weights[chosen] as number;
      if (left < 0) break;
    }
    return endpoints[chosen] as LiveEndpoint;
  }
}
