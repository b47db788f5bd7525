import { type Hash64, remainder } from '../../../shared/struct/hash64.ts';
import type { Random } from '../../../shared/struct/random.ts';
import { xxHash64 } from '../../../shared/struct/xx-hash.ts';
import type { HashTable } from './hash-table.ts';

/**
 * Maglev's table: endpoints take turns to fill a table of prime size, each along a permutation of its own, the light ones
 * in fewer turns. Even to the last percent, and a change moves little more than it must. One load per look-up. Source:
 * Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer" (NSDI 2016), section 3.4; weights,
 * permutations and the order of turns (by key) as in Envoy.
 */
export class Maglev implements HashTable {
  /** Entry -> index of the endpoint. */
  readonly #table: Int32Array;

  constructor(keys: readonly string[], weights: readonly number[], size: number) {
    const order = keys
      .map((key, index) => ({ key, index }))
      .sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
      .map((each) => each.index);
    const turns = order.length;
    const heaviest = Math.max(...weights);
    const next = Float64Array.from(order, (index) => remainder(xxHash64(keys[index] as string), size));
    const skip = Float64Array.from(order, (index) => remainder(xxHash64(keys[index] as string, 1), size - 1) + 1);
    const weight = Float64Array.from(order, (index) => weights[index] as number);
    const target = new Float64Array(turns);
    const table = new Int32Array(size).fill(-1);
    let filled = 0;
    for (let round = 1; filled < size; round += 1) {
      for (let turn = 0; turn < turns && filled < size; turn += 1) {
        if (round * (weight[turn] as number) < (target[turn] as number)) continue;
        target[turn] = (target[turn] as number) + heaviest;
        const step = skip[turn] as number;
        let at = next[turn] as number;
        while ((table[at] as number) >= 0) {
          at += step;
          if (at >= size) at -= size;
        }
        table[at] = order[turn] as number;
        filled += 1;
        at += step;
        next[turn] = at >= size ? at - size : at;
      }
    }
    this.#table = table;
  }

  find(random: Random, hash: Hash64 | null, attempt: number): number {
    const table = this.#table;
    if (hash === null) return table[Math.floor(random() * table.length)] as number;
    // Another attempt looks far away, as in Envoy.
    const key = attempt === 0 ? hash : { high: ~hash.high, low: hash.low ^ -attempt };
    return table[remainder(key, table.length)] as number;
  }

  /** How many entries each endpoint has. */
  counts(endpoints: number): Int32Array {
    const counts = new Int32Array(endpoints);
    for (const owner of this.#table) counts[owner] = (counts[owner] as number) + 1;
    return counts;
  }
}
