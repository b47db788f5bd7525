import type { LiveEndpoint } from '../live-endpoint.ts';
import type { Picker } from './picker.ts';

/** There is only one. */
export class SinglePicker implements Picker {
  readonly #endpoint: LiveEndpoint;

  constructor(endpoint: LiveEndpoint) {
    this.#endpoint = endpoint;
  }

  pick(): LiveEndpoint {
    return this.#endpoint;
  }
}
