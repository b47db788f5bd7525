import type { Hash64 } from '../../../shared/struct/hash64.ts';
import type { Random } from '../../../shared/struct/random.ts';
import type { BalancerPlan, HashingPlan, MaglevPlan, RingHashPlan } from '../../core/plan/balancer.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import type { Picker } from './picker.ts';

/** From hashes to endpoints, by the index of their list: the same hash finds the same endpoint as long as it is there. */
export interface HashTable {
  /** `attempt` > 0 finds others. Without a hash any. */
  find(random: Random, hash: Hash64 | null, attempt: number): number;
}

/** Whether a policy goes by the hash of a request. */
export function isHashing(policy: BalancerPlan): policy is RingHashPlan | MaglevPlan {
  return policy.kind === 'ring-hash' || policy.kind === 'maglev';
}

/** What an endpoint's places in a table are computed from; a `hash_key` in its metadata goes before all (Envoy). */
export function hashKey(endpoint: LiveEndpoint, { byHostname }: HashingPlan): string {
  const own = endpoint.metadata?.hash_key;
  if (own?.startsWith('"')) return JSON.parse(own) as string;
  return byHostname && endpoint.hostname !== '' ? endpoint.hostname : endpoint.name;
}

/** Weights as shares of 1. */
export function normalized(weights: readonly number[]): number[] {
  const sum = weights.reduce((left, right) => left + right, 0);
  return weights.map((each) => each / sum);
}

/** Whatever the table finds. */
export class HashPicker implements Picker {
  readonly #endpoints: readonly LiveEndpoint[];
  readonly #table: HashTable;

  constructor(endpoints: readonly LiveEndpoint[], table: HashTable) {
    this.#endpoints = endpoints;
    this.#table = table;
  }

  pick(random: Random, hash: Hash64 | null, attempt: number): LiveEndpoint {
    return this.#endpoints[this.#table.find(random, hash, attempt)] as LiveEndpoint;
  }
}
