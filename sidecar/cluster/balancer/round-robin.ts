import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import type { Picker } from './picker.ts';

/** One after the other, from a random start so that many sidecars do not begin at the same endpoint. */
export class RoundRobinPicker implements Picker {
  readonly #endpoints: readonly LiveEndpoint[];
  #next: number;

  constructor(endpoints: readonly LiveEndpoint[], random: Random) {
    this.#endpoints = endpoints;
    this.#next = Math.floor(random() * endpoints.length);
  }

  pick(): LiveEndpoint {
    const endpoint = this.#endpoints[this.#next] as LiveEndpoint;
    this.#next += 1;
    if (this.#next === this.#endpoints.length) this.#next = 0;
    return endpoint;
  }
}
