import type {
  ClusterMaglevLbConfig,
  ClusterRingHashLbConfig,
  ConsistentHashingLbConfig,
  Maglev,
  RingHash,
} from '../../shared/xds/messages.gen.ts';
import type { HashingPlan, MaglevPlan, RingHashPlan } from '../core/plan/balancer.ts';
import type { Place } from './place.ts';
import { numberOf } from './value.ts';

/**
 * Tables are built by the worker that needs them, in one turn, and no turn may take longer than 5 ms (decision D1): a ring
 * of 4,096 points, which is also gRPC's limit, takes 2 ms, a Maglev table of the default size 3 ms (`test/bench/pick.ts`).
 */
const [LARGEST_RING, LARGEST_TABLE] = [4_096, 65_537];

/** Ring hash, from either of its two messages. `common` stands beside the policy or in it. */
export function ringHash(
  config: ClusterRingHashLbConfig | RingHash,
  common: ConsistentHashingLbConfig | undefined,
  place: Place,
  commonPlace: Place,
): RingHashPlan {
  const minSize = numberOf(config.minimum_ring_size, 1024);
  const most = numberOf(config.maximum_ring_size, 8 << 20);
  if (minSize > most) place.at('minimum_ring_size').wrong(`must not be more than maximum_ring_size (${most})`);
  if (minSize > LARGEST_RING) place.at('minimum_ring_size').unsupported(`at most ${LARGEST_RING}, is ${minSize}`);
  return {
    kind: 'ring-hash',
    hash: config.hash_function === 'MURMUR_HASH_2' ? 'murmur2' : 'xx',
    minSize,
    // Only weights far apart make a ring larger than its least size.
    maxSize: Math.min(most, LARGEST_RING),
    ...hashing(common, commonPlace),
  };
}

/** Maglev, from either of its two messages. */
export function maglev(
  config: ClusterMaglevLbConfig | Maglev,
  common: ConsistentHashingLbConfig | undefined,
  place: Place,
  commonPlace: Place,
): MaglevPlan {
  const tableSize = numberOf(config.table_size, 65_537);
  if (!isPrime(tableSize)) place.at('table_size').wrong(`must be a prime, is ${tableSize}`);
  else if (tableSize > LARGEST_TABLE) place.at('table_size').unsupported(`at most ${LARGEST_TABLE}, is ${tableSize}`);
  return { kind: 'maglev', tableSize, ...hashing(common, commonPlace) };
}

function hashing(config: ConsistentHashingLbConfig = {}, place: Place): HashingPlan {
  const balanceFactor = numberOf(config.hash_balance_factor, 0);
  if (config.hash_balance_factor && balanceFactor < 100) {
    place.at('hash_balance_factor').wrong(`must be at least 100, is ${balanceFactor}`);
  }
  return { byHostname: config.use_hostname_for_hashing ?? false, balanceFactor };
}

function isPrime(number: number): boolean {
  if (number < 2 || number > 5_000_011) return false;
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) if (number % divisor === 0) return false;
  return true;
}
