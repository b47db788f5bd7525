import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import { AliasTable } from './alias.ts';
import type { Picker, WeightedPicker } from './picker.ts';

/** Each endpoint with equal probability. */
export class RandomPicker implements Picker {
  readonly #endpoints: readonly LiveEndpoint[];

  constructor(endpoints: readonly LiveEndpoint[]) {
    this.#endpoints = endpoints;
  }

  pick(random: Random): LiveEndpoint {
    return this.#endpoints[Math.floor(random() * this.#endpoints.length)] as LiveEndpoint;
  }
}

/** Each endpoint with a probability that follows its weight. */
export class WeightedRandomPicker implements WeightedPicker {
  readonly #endpoints: readonly LiveEndpoint[];
  #table: AliasTable;

  constructor(endpoints: readonly LiveEndpoint[], weights: readonly number[]) {
    this.#endpoints = endpoints;
    this.#table = new AliasTable(weights);
  }

  pick(random: Random): LiveEndpoint {
    return this.#endpoints[this.#table.draw(random)] as LiveEndpoint;
  }

  reweigh(weights: readonly number[]): void {
    this.#table = new AliasTable(weights);
  }
}
