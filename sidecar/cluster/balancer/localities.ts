import type { Hash64 } from '../../../shared/struct/hash64.ts';
import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import { DeadlineSchedule } from './deadline-schedule.ts';
import type { Picker } from './picker.ts';

/** First a locality by weight, in turn; then one of its endpoints by the policy. */
export class LocalitiesPicker implements Picker {
  readonly #pickers: readonly Picker[];
  readonly #schedule: DeadlineSchedule;

  constructor(pickers: readonly Picker[], weights: readonly number[], random: Random) {
    this.#pickers = pickers;
    this.#schedule = new DeadlineSchedule(weights, random);
  }

  pick(random: Random, hash: Hash64 | null, attempt: number): LiveEndpoint {
    return (this.#pickers[this.#schedule.next()] as Picker).pick(random, hash, attempt);
  }
}

/**
 * How much of the traffic a locality gets, relative to others: its weight, as far as enough of it can be used. `factor` is
 * the overprovisioning factor as a ratio: at 1.4 a locality counts as whole until fewer than 72 % of it are left. Source:
 * Envoy, "Locality weighted load balancing".
 */
export function localityShare(weight: number, usable: number, total: number, factor: number): number {
  return total === 0 ? 0 : weight * Math.min(1, (factor * usable) / total);
}
