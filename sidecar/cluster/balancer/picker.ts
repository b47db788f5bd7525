import type { Random } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';

/**
 * A balancing policy over a fixed list of endpoints, made anew when the list or its availability changes. It never
 * waits; it reads nothing but its own state, the random number and the counts of the endpoints that it compares.
 */
export interface Picker {
  pick(random: Random): LiveEndpoint;
}
