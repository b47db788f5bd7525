import type { Hash64 } from '../../../shared/struct/hash64.ts';
import type { Random } from '../../../shared/struct/random.ts';
import type { LocalityPlan } from '../../core/plan/balancer.ts';
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

/**
 * Endpoints with weights such that localities share by theirs: for policies that put all endpoints into one table. Those
 * of a locality without weight are left out, unless none has one.
 */
export function weighedByLocality(
  endpoints: readonly LiveEndpoint[],
  localities: readonly LocalityPlan[],
): [LiveEndpoint[], number[]] {
  const sums = localities.map(() => 0);
  for (const { locality, weight } of endpoints) sums[locality] = (sums[locality] ?? 0) + weight;
  const weightOf = ({ locality, weight }: LiveEndpoint): number =>
    ((localities[locality]?.weight ?? 0) * weight) / (sums[locality] ?? 1);
  const some = endpoints.filter((each) => weightOf(each) > 0);
  if (some.length === 0) return [[...endpoints], endpoints.map((each) => each.weight)];
  return [some, some.map(weightOf)];
}
