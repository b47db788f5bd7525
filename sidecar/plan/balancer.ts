import { typeOf } from '../../shared/xds/codec.ts';
import type {
  Cluster,
  ClusterLeastRequestLbConfig,
  LeastRequest,
  LoadBalancingPolicy,
} from '../../shared/xds/messages.gen.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import { messageOf } from './extension.ts';
import type { Place } from './place.ts';
import { numberOf } from './value.ts';

type Balancer = ClusterPlan['balancer'];

const policies = 'envoy.extensions.load_balancing_policies';

/** The balancing policy: the first of `load_balancing_policy` that we have, else `lb_policy`. As in Envoy and gRPC. */
export function balancer(cluster: Cluster, place: Place): Balancer {
  if (cluster.load_balancing_policy) {
    return firstKnown(cluster.load_balancing_policy, place.at('load_balancing_policy'));
  }
  const policy = cluster.lb_policy ?? 'ROUND_ROBIN';
  if (policy === 'RANDOM') return { kind: 'random' };
  if (policy === 'LEAST_REQUEST') {
    return leastRequest(cluster.least_request_lb_config ?? {}, place.at('least_request_lb_config'));
  }
  if (policy !== 'ROUND_ROBIN') place.at('lb_policy').unsupported(policy);
  if (cluster.round_robin_lb_config) place.at('round_robin_lb_config').only(cluster.round_robin_lb_config, []);
  return { kind: 'round-robin' };
}

function firstKnown({ policies: list }: LoadBalancingPolicy, place: Place): Balancer {
  const seen: string[] = [];
  for (const [index, { typed_extension_config: extension }] of list.entries()) {
    const at = place.index('policies', index).at('typed_extension_config').at('typed_config');
    const config = extension?.typed_config;
    const type = config ? typeOf(config) : '';
    seen.push(type);
    if (config && type === `${policies}.least_request.v3.LeastRequest`) {
      return leastRequest(messageOf(type, config, at) ?? {}, at);
    }
    if (config && type === `${policies}.round_robin.v3.RoundRobin`) {
      at.only(messageOf(type, config, at) ?? {}, []);
      return { kind: 'round-robin' };
    }
    if (config && type === `${policies}.random.v3.Random`) {
      at.only(messageOf(type, config, at) ?? {}, []);
      return { kind: 'random' };
    }
  }
  if (list.length === 0) place.at('policies').wrong('at least one is required');
  else place.at('policies').unsupported(`none of ${seen.join(', ')}`);
  return { kind: 'round-robin' };
}

function leastRequest(config: LeastRequest & ClusterLeastRequestLbConfig, place: Place): Balancer {
  place.only(config as LeastRequest, ['choice_count', 'active_request_bias', 'selection_method']);
  const choices = numberOf(config.choice_count, 2);
  if (choices < 2) place.at('choice_count').wrong(`must be at least 2, is ${choices}`);
  // There is no runtime layer, so the default value is the value.
  const bias = config.active_request_bias ? (config.active_request_bias.default_value ?? 0) : 1;
  if (bias < 0) place.at('active_request_bias').wrong(`must not be negative, is ${bias}`);
  return { kind: 'least-request', choices, bias, fullScan: config.selection_method === 'FULL_SCAN' };
}
