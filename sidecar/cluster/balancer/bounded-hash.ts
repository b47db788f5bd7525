import type { Hash64 } from '../../../shared/struct/hash64.ts';
import { type Random, seededRandom } from '../../../shared/struct/random.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import type { HashTable } from './hash-table.ts';
import type { Picker } from './picker.ts';

/**
 * Consistent hashing with bounded loads: no endpoint has more requests under way than `factor` (a ratio, at least 1) times
 * its share of all. What finds its endpoint full goes on to others in an order that follows from the hash, so that equal
 * requests overflow to the same endpoints, but those of different hashes to different ones. Sources: Mirrokni, Thorup,
 * Zadimoghaddam, arXiv 1608.01350; Chen, Coleman, Shrivastava, arXiv 1908.08762 (the random order).
 */
export class BoundedHashPicker implements Picker {
  readonly #endpoints: readonly LiveEndpoint[];
  readonly #table: HashTable;
  readonly #shares: Float64Array;
  readonly #factor: number;
  readonly #active: () => number;
  readonly #order: Int32Array;

  /** `shares` sum to 1. `active`: requests under way in the cluster, the one to be placed included. */
  constructor(
    endpoints: readonly LiveEndpoint[],
    table: HashTable,
    shares: readonly number[],
    factor: number,
    active: () => number,
  ) {
    this.#endpoints = endpoints;
    this.#table = table;
    this.#shares = Float64Array.from(shares);
    this.#factor = factor;
    this.#active = active;
    this.#order = new Int32Array(endpoints.length);
  }

  pick(random: Random, hash: Hash64 | null, attempt: number): LiveEndpoint {
    const slots = Math.ceil(Math.max(1, this.#active()) * this.#factor);
    const first = this.#table.find(random, hash, attempt);
    const index = this.#load(first, slots) < 1 ? first : this.#elsewhere(first, slots, hash, random);
    return this.#endpoints[index] as LiveEndpoint;
  }

  /** O(n) at worst. */
  #elsewhere(first: number, slots: number, hash: Hash64 | null, random: Random): number {
    const order = this.#order;
    const draw = hash === null ? random : seededRandom(hash.high ^ hash.low);
    for (let at = 0; at < order.length; at += 1) order[at] = at;
    let best = first;
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < order.length; at += 1) {
      const chosen = at + Math.floor(draw() * (order.length - at));
      const index = order[chosen] as number;
      order[chosen] = order[at] as number;
      const load = this.#load(index, slots);
      if (load < 1) return index;
      if (load < least) {
        best = index;
        least = load;
      }
    }
    return best;
  }

  /** Requests under way over those allowed; below 1 there is room for one more. */
  #load(index: number, slots: number): number {
    const allowed = Math.max(1, Math.ceil(slots * (this.#shares[index] as number)));
    return (this.#endpoints[index] as LiveEndpoint).active() / allowed;
  }
}
