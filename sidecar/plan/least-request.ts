import type { ClusterLeastRequestLbConfig, LeastRequest } from '../../shared/xds/messages.gen.ts';
import type { BalancerPlan } from '../core/plan/balancer.ts';
import type { Place } from './place.ts';
import { numberOf } from './value.ts';

/** Least request, from either of its two messages. */
export function leastRequest(config: LeastRequest & ClusterLeastRequestLbConfig, place: Place): BalancerPlan {
  const choices = numberOf(config.choice_count, 2);
  if (choices < 2) place.at('choice_count').wrong(`must be at least 2, is ${choices}`);
  // There is no runtime layer, so the default value is the value.
  const bias = config.active_request_bias ? (config.active_request_bias.default_value ?? 0) : 1;
  if (bias < 0) place.at('active_request_bias').wrong(`must not be negative, is ${bias}`);
  return { kind: 'least-request', choices, bias, fullScan: config.selection_method === 'FULL_SCAN' };
}
