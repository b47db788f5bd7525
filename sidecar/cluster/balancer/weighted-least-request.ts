import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import { AliasTable } from './alias.ts';
import type { WeightedPicker } from './picker.ts';

/**
 * Weighted least request (decision D12): `choices` draws by weight, with replacement; the smallest active^bias / weight
 * wins, the first drawn when equal. Drawing by weight shares by weight when all are idle, and dividing by it when all
 * are busy. Drawing evenly, or comparing active + 1, starves a light endpoint at idle (decision D37, envoy#19437).
 */
export class WeightedLeastRequestPicker implements WeightedPicker {
  readonly #endpoints: readonly LiveEndpoint[];
  #weights: Float64Array;
  #table: AliasTable;
  readonly #choices: number;
  readonly #bias: number;

  constructor(endpoints: readonly LiveEndpoint[], weights: readonly number[], choices: number, bias: number) {
    this.#endpoints = endpoints;
    this.#weights = Float64Array.from(weights);
    this.#table = new AliasTable(weights);
    this.#choices = choices;
    this.#bias = bias;
  }

  pick(random: Random): LiveEndpoint {
    let best = this.#table.draw(random);
    let least = this.#cost(best);
    for (let more = 1; more < this.#choices; more += 1) {
      const index = this.#table.draw(random);
      if (index === best) continue;
      const cost = this.#cost(index);
      if (cost < least) {
        best = index;
        least = cost;
      }
    }
    return this.#endpoints[best] as LiveEndpoint;
  }

  reweigh(weights: readonly number[]): void {
    this.#weights = Float64Array.from(weights);
    this.#table = new AliasTable(weights);
  }

  #cost(index: number): number {
    const active = (this.#endpoints[index] as LiveEndpoint).active();
    return (this.#bias === 1 ? active : active ** this.#bias) / (this.#weights[index] as number);
  }
}
