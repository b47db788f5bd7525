import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import { DeadlineSchedule } from './deadline-schedule.ts';
import type { WeightedPicker } from './picker.ts';

/** Weighted round robin by earliest deadline first: exact over any window, never off by more than one turn. */
export class WeightedRoundRobinPicker implements WeightedPicker {
  readonly #endpoints: readonly LiveEndpoint[];
  readonly #schedule: DeadlineSchedule;

  constructor(endpoints: readonly LiveEndpoint[], weights: readonly number[], random: Random) {
    this.#endpoints = endpoints;
    this.#schedule = new DeadlineSchedule(weights, random);
  }

  pick(): LiveEndpoint {
    return this.#endpoints[this.#schedule.next()] as LiveEndpoint;
  }

  reweigh(weights: readonly number[]): void {
    this.#schedule.reweigh(weights);
  }
}
