import type { Random } from '../../../shared/struct/random.ts';
import type { BalancerPlan, MaglevPlan, RingHashPlan } from '../../core/plan/balancer.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import { PrequalPicker, type Prober } from '../prequal/prequal-picker.ts';
import { BandwidthMeter } from './bandwidth-meter.ts';
import { BoundedHashPicker } from './bounded-hash.ts';
import { FullScanPicker, WeightedFullScanPicker } from './full-scan.ts';
import { HashPicker, hashKey, normalized } from './hash-table.ts';
import { LatencyMeter } from './latency-meter.ts';
import { ChoicesPicker, TwoChoicesPicker } from './least-request.ts';
import { Maglev } from './maglev.ts';
import { BandwidthPicker, LatencyPicker } from './measured.ts';
import { metersOf } from './meters.ts';
import type { Picker, WeightedPicker } from './picker.ts';
import { RandomPicker, WeightedRandomPicker } from './random.ts';
import { Ring } from './ring.ts';
import { RoundRobinPicker } from './round-robin.ts';
import { SinglePicker } from './single.ts';
import { WeightedLeastRequestPicker } from './weighted-least-request.ts';
import { WeightedRoundRobinPicker } from './weighted-round-robin.ts';

/** Whom to pick from, at least one. */
export interface Candidates {
  readonly endpoints: readonly LiveEndpoint[];
  /** One per endpoint, more than 0. */
  readonly weights: readonly number[];
  /** The weights are going to change, so also equal ones take the weighted variant. */
  readonly moving: boolean;
}

/** What a picker may ask beside its endpoints. */
export interface PickerSurroundings {
  readonly random: Random;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Requests under way in the whole cluster. */
  readonly active: () => number;
  readonly probe: Prober;
}

/** The picker of a policy. Equal weights that stay take the plain variant. */
export function buildPicker(
  policy: BalancerPlan,
  { endpoints, weights, moving }: Candidates,
  around: PickerSurroundings,
): Picker | WeightedPicker {
  const { random, now } = around;
  if (endpoints.length === 1) return new SinglePicker(endpoints[0] as LiveEndpoint);
  const weighted = moving || weights.some((each) => each !== weights[0]);
  switch (policy.kind) {
    case 'round-robin':
    case 'client-side-weights':
      return weighted
        ? new WeightedRoundRobinPicker(endpoints, weights, random)
        : new RoundRobinPicker(endpoints, random);
    case 'random':
      return weighted ? new WeightedRandomPicker(endpoints, weights) : new RandomPicker(endpoints);
    case 'least-request':
      // Envoy's meaning: the bias is between different weights only, and 0 takes the requests under way out of it.
      if (weighted && policy.bias === 0) return new WeightedRoundRobinPicker(endpoints, weights, random);
      if (weighted && policy.fullScan) return new WeightedFullScanPicker(endpoints, weights, policy.bias);
      if (weighted) return new WeightedLeastRequestPicker(endpoints, weights, policy.choices, policy.bias);
      if (policy.choices === 2 && !policy.fullScan) return new TwoChoicesPicker(endpoints);
      if (policy.fullScan || policy.choices >= endpoints.length) return new FullScanPicker(endpoints);
      return new ChoicesPicker(endpoints, policy.choices);
    case 'ring-hash':
    case 'maglev':
      return hashPicker(policy, endpoints, weights, around);
    case 'peak-ewma':
    case 'least-response-time': {
      const meters = metersOf(endpoints, LatencyMeter, () => new LatencyMeter(policy, now()));
      return new LatencyPicker(endpoints, weights, meters, now);
    }
    case 'least-bandwidth': {
      const meters = metersOf(endpoints, BandwidthMeter, () => new BandwidthMeter(policy.decay, now()));
      return new BandwidthPicker(endpoints, weights, meters, now);
    }
    case 'prequal': {
      const fallback = weighted
        ? new WeightedLeastRequestPicker(endpoints, weights, 2, 1)
        : new TwoChoicesPicker(endpoints);
      return new PrequalPicker(endpoints, weights, policy, fallback, around.probe, random, now);
    }
  }
}

function hashPicker(
  policy: RingHashPlan | MaglevPlan,
  endpoints: readonly LiveEndpoint[],
  weights: readonly number[],
  { active }: PickerSurroundings,
): Picker {
  const keys = endpoints.map((each) => hashKey(each, policy));
  const table =
    policy.kind === 'maglev' ? new Maglev(keys, weights, policy.tableSize) : new Ring(keys, weights, policy);
  if (policy.balanceFactor === 0) return new HashPicker(endpoints, table);
  return new BoundedHashPicker(endpoints, table, normalized(weights), policy.balanceFactor / 100, active);
}
