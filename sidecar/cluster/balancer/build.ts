import type { Random } from '../../../shared/struct/random.ts';
import type { ClusterPlan } from '../../core/plan/cluster.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import { FullScanPicker, WeightedFullScanPicker } from './full-scan.ts';
import { ChoicesPicker, TwoChoicesPicker } from './least-request.ts';
import type { Picker } from './picker.ts';
import { RandomPicker, WeightedRandomPicker } from './random.ts';
import { RoundRobinPicker } from './round-robin.ts';
import { SinglePicker } from './single.ts';
import { WeightedLeastRequestPicker } from './weighted-least-request.ts';
import { WeightedRoundRobinPicker } from './weighted-round-robin.ts';

/** The picker of a policy over these endpoints; null when there are none. Equal weights take the plain variant. */
export function buildPicker(
  policy: ClusterPlan['balancer'],
  endpoints: readonly LiveEndpoint[],
  random: Random,
): Picker | null {
  const [first] = endpoints;
  if (!first) return null;
  if (endpoints.length === 1) return new SinglePicker(first);
  const weights = endpoints.map((each) => each.weight);
  const weighted = weights.some((each) => each !== weights[0]);
  switch (policy.kind) {
    case 'round-robin':
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
  }
}
