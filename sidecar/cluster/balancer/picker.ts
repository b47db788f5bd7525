import type { Hash64 } from '../../../shared/struct/hash64.ts';
import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';

/**
 * A balancing policy over a fixed list of endpoints, made anew when the list or its availability changes. It never
 * waits; it reads nothing but its own state, the random number and the counts of the endpoints that it compares.
 */
export interface Picker {
  /**
   * `hash`: what the route's hash policies made of the request, or null; `attempt`: draws for this request before this
   * one, so that a policy that goes by the hash can answer with another endpoint.
   */
  pick(random: Random, hash: Hash64 | null, attempt: number): LiveEndpoint;
}

/** A picker that goes by weight, and whose weights can change under it. */
export interface WeightedPicker extends Picker {
  /** One weight per endpoint, more than 0, in the order of its list. */
  reweigh(weights: readonly number[]): void;
}
