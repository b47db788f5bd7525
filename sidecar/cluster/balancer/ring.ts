import { type Hash64, upper53 } from '../../../shared/struct/hash64.ts';
import { murmurHash2 } from '../../../shared/struct/murmur-hash.ts';
import type { Random } from '../../../shared/struct/random.ts';
import { xxHash64 } from '../../../shared/struct/xx-hash.ts';
import type { RingHashPlan } from '../../core/plan/balancer.ts';
import { type HashTable, normalized } from './hash-table.ts';

/**
 * A ring of points, several per endpoint (ketama): a hash belongs to the first point at or after it. Points are placed as
 * Envoy places them: the hash of `KEY_0`, `KEY_1`, ...; as many that the lightest endpoint has a whole number of them and
 * the ring at least its least size. Of the 64 bits of a hash 53 are compared. O(log n) per look-up.
 */
export class Ring implements HashTable {
  /** Ascending; and by position the index of the endpoint. */
  readonly #points: Float64Array;
  readonly #owners: Int32Array;

  constructor(keys: readonly string[], weights: readonly number[], plan: RingHashPlan) {
    const shares = normalized(weights);
    const least = Math.min(...shares);
    const scale = Math.min(Math.ceil(least * plan.minSize) / least, plan.maxSize);
    const hash = plan.hash === 'xx' ? xxHash64 : murmurHash2;
    const points: number[] = [];
    const owners: number[] = [];
    let target = 0;
    for (const [owner, key] of keys.entries()) {
      target += scale * (shares[owner] ?? 0);
      for (let number = 0; points.length < target; number += 1) {
        points.push(upper53(hash(`${key}_${number}`)));
        owners.push(owner);
      }
    }
    const order = Int32Array.from(points, (_, at) => at);
    order.sort((left, right) => (points[left] as number) - (points[right] as number));
    this.#points = Float64Array.from(order, (at) => points[at] as number);
    this.#owners = Int32Array.from(order, (at) => owners[at] as number);
  }

  get size(): number {
    return this.#points.length;
  }

  find(random: Random, hash: Hash64 | null, attempt: number): number {
    const size = this.#points.length;
    const at = hash === null ? Math.floor(random() * size) : this.#first(upper53(hash));
    return this.#owners[(at + attempt) % size] as number;
  }

  /** Position of the first point that is not below `value`; behind the last one comes the first. */
  #first(value: number): number {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((points[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low === points.length ? 0 : low;
  }
}
