import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import { AliasTable } from './alias.ts';
import type { BandwidthMeter } from './bandwidth-meter.ts';
import type { LatencyMeter } from './latency-meter.ts';
import type { WeightedPicker } from './picker.ts';

/** What is not cheaper by this much is equally cheap: measurements of equal endpoints differ a little all the time. */
const CLEARLY = 0.95;

/**
 * The cheaper of two: distinct ones at random when weights are equal, else two draws by weight. The first one drawn when
 * the other is not clearly cheaper, so that equal endpoints share by weight.
 */
abstract class CheaperOfTwo implements WeightedPicker {
  protected readonly endpoints: readonly LiveEndpoint[];
  /** With a mean of 1. */
  protected weights: Float64Array;
  /** Null: equal weights. */
  #table: AliasTable | null = null;
  readonly #now: () => number;

  constructor(endpoints: readonly LiveEndpoint[], weights: readonly number[], now: () => number) {
    this.endpoints = endpoints;
    this.weights = new Float64Array(endpoints.length).fill(1);
    this.#now = now;
    this.reweigh(weights);
  }

  reweigh(weights: readonly number[]): void {
    const mean = weights.reduce((left, right) => left + right, 0) / weights.length;
    this.weights = Float64Array.from(weights, (each) => each / mean);
    this.#table = weights.some((each) => each !== weights[0]) ? new AliasTable(weights) : null;
  }

  pick(random: Random): LiveEndpoint {
    const size = this.endpoints.length;
    let first: number;
    let second: number;
    if (this.#table === null) {
      first = Math.floor(random() * size);
      second = Math.floor(random() * (size - 1));
      if (second >= first) second += 1;
    } else {
      first = this.#table.draw(random);
      second = this.#table.draw(random);
      if (first === second) return this.endpoints[first] as LiveEndpoint;
    }
    const now = this.#now();
    return this.endpoints[this.cost(second, now) < CLEARLY * this.cost(first, now) ? second : first] as LiveEndpoint;
  }

  protected abstract cost(index: number, now: number): number;
}

/**
 * Expected latency times the requests that would then be under way: peak EWMA and least response time. Requests under way
 * are those of all workers, latencies are what this worker measured. With unequal weights, requests under way count by
 * them and latencies do not, so that equally fast endpoints share by weight whether busy or idle.
 */
export class LatencyPicker extends CheaperOfTwo {
  readonly #meters: readonly LatencyMeter[];

  constructor(
    endpoints: readonly LiveEndpoint[],
    weights: readonly number[],
    meters: readonly LatencyMeter[],
    now: () => number,
  ) {
    super(endpoints, weights, now);
    this.#meters = meters;
  }

  protected override cost(index: number, now: number): number {
    const active = (this.endpoints[index] as LiveEndpoint).active();
    return (this.#meters[index] as LatencyMeter).latency(now) * (active / (this.weights[index] as number) + 1);
  }
}

/** Bytes per second over weight, as this worker measured. */
export class BandwidthPicker extends CheaperOfTwo {
  readonly #meters: readonly BandwidthMeter[];

  constructor(
    endpoints: readonly LiveEndpoint[],
    weights: readonly number[],
    meters: readonly BandwidthMeter[],
    now: () => number,
  ) {
    super(endpoints, weights, now);
    this.#meters = meters;
  }

  protected override cost(index: number, now: number): number {
    return (this.#meters[index] as BandwidthMeter).rate(now) / (this.weights[index] as number);
  }
}
