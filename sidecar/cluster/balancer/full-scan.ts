import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import type { Picker, WeightedPicker } from './picker.ts';

/**
 * The least busy of all; among equals one at random. O(n) per pick: for short lists, or where each request is long. For
 * endpoints of equal weight.
 */
export class FullScanPicker implements Picker {
  readonly #endpoints: readonly LiveEndpoint[];
  readonly #tied: Int32Array;

  constructor(endpoints: readonly LiveEndpoint[]) {
    this.#endpoints = endpoints;
    this.#tied = new Int32Array(endpoints.length);
  }

  pick(random: Random): LiveEndpoint {
    const endpoints = this.#endpoints;
    const tied = this.#tied;
    let fewest = Number.POSITIVE_INFINITY;
    let ties = 0;
    for (let index = 0; index < endpoints.length; index += 1) {
      const active = (endpoints[index] as LiveEndpoint).active();
      if (active > fewest) continue;
      if (active < fewest) {
        fewest = active;
        ties = 0;
      }
      tied[ties] = index;
      ties += 1;
    }
    return endpoints[tied[ties > 1 ? Math.floor(random() * ties) : 0] as number] as LiveEndpoint;
  }
}

/**
 * The least busy of all for its weight: the smallest (active^bias + e) / weight, with e drawn anew from an exponential
 * distribution of mean 1. The smallest e / weight falls to each endpoint by its weight, so idle endpoints share by weight,
 * as busy ones do by their counts. Without e, a light endpoint takes every request that finds the heavy ones not quite
 * idle: of weights 1:100:100 it got 20 times its share at a tenth of a percent of the capacity.
 */
export class WeightedFullScanPicker implements WeightedPicker {
  readonly #endpoints: readonly LiveEndpoint[];
  #weights: Float64Array;
  readonly #bias: number;

  constructor(endpoints: readonly LiveEndpoint[], weights: readonly number[], bias: number) {
    this.#endpoints = endpoints;
    this.#weights = Float64Array.from(weights);
    this.#bias = bias;
  }

  pick(random: Random): LiveEndpoint {
    const endpoints = this.#endpoints;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < endpoints.length; index += 1) {
      const active = (endpoints[index] as LiveEndpoint).active();
      const busy = this.#bias === 1 ? active : active ** this.#bias;
      const cost = (busy - Math.log(1 - random())) / (this.#weights[index] as number);
      if (cost < least) {
        best = index;
        least = cost;
      }
    }
    return endpoints[best] as LiveEndpoint;
  }

  reweigh(weights: readonly number[]): void {
    this.#weights = Float64Array.from(weights);
  }
}
