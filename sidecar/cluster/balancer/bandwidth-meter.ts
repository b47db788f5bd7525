import { IdleMeter } from '../meter.ts';

/** Bytes per ms through an endpoint, both directions, exponentially weighted over the last `decay` ms. */
export class BandwidthMeter extends IdleMeter {
  readonly #decay: number;
  #at: number;
  #rate = 0;

  constructor(decay: number, now: number) {
    super();
    this.#decay = decay;
    this.#at = now;
  }

  override bytes(count: number, now: number): void {
    this.#rate = this.rate(now) + count / this.#decay;
  }

  rate(now: number): number {
    if (now > this.#at) {
      this.#rate *= Math.exp((this.#at - now) / this.#decay);
      this.#at = now;
    }
    return this.#rate;
  }
}
