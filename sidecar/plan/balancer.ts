import { typeOf } from '../../shared/xds/codec.ts';
import type { Any, Cluster, LoadBalancingPolicy } from '../../shared/xds/messages.gen.ts';
import type { BalancerPlan } from '../core/plan/balancer.ts';
import { type Balancing, readers } from './balancing-policies.ts';
import { messageOf } from './extension.ts';
import { maglev, ringHash } from './hashing.ts';
import { leastRequest } from './least-request.ts';
import { locality } from './locality.ts';
import type { Place } from './place.ts';
import { slowStart } from './slow-start.ts';

const WRR_LOCALITY = 'envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality';

/** Everybody alike, which also stands for what could not be read. */
const roundRobin: Balancing = { balancer: { kind: 'round-robin' }, slowStart: null, locality: { kind: 'none' } };

/** The balancing policy: the first of `load_balancing_policy` that we have, else `lb_policy`. As in Envoy and gRPC. */
export function balancing(cluster: Cluster, place: Place): Balancing {
  if (cluster.load_balancing_policy) {
    const rule = locality(cluster.common_lb_config, place.at('common_lb_config'));
    if (rule.kind !== 'none') place.at('common_lb_config').unsupported('localities beside load_balancing_policy');
    return firstKnown(cluster.load_balancing_policy, place.at('load_balancing_policy'));
  }
  return byEnum(cluster, place);
}

function byEnum(cluster: Cluster, place: Place): Balancing {
  const rule = locality(cluster.common_lb_config, place.at('common_lb_config'));
  const policy = cluster.lb_policy ?? 'ROUND_ROBIN';
  if (policy === 'RANDOM') return { ...roundRobin, balancer: { kind: 'random' }, locality: rule };
  if (policy === 'LEAST_REQUEST') {
    const at = place.at('least_request_lb_config');
    const config = cluster.least_request_lb_config ?? {};
    at.only(config, ['choice_count', 'active_request_bias', 'slow_start_config']);
    return {
      balancer: leastRequest(config, at),
      slowStart: slowStart(config.slow_start_config, at.at('slow_start_config')),
      locality: rule,
    };
  }
  if (policy === 'RING_HASH' || policy === 'MAGLEV') {
    return { ...roundRobin, balancer: hashingByEnum(policy, cluster, place), locality: rule };
  }
  if (policy !== 'ROUND_ROBIN') place.at('lb_policy').unsupported(policy);
  const config = cluster.round_robin_lb_config ?? {};
  const at = place.at('round_robin_lb_config');
  return { ...roundRobin, slowStart: slowStart(config.slow_start_config, at.at('slow_start_config')), locality: rule };
}

function hashingByEnum(policy: 'RING_HASH' | 'MAGLEV', cluster: Cluster, place: Place): BalancerPlan {
  const common = cluster.common_lb_config?.consistent_hashing_lb_config;
  const at = place.at('common_lb_config').at('consistent_hashing_lb_config');
  if (policy === 'MAGLEV') return maglev(cluster.maglev_lb_config ?? {}, common, place.at('maglev_lb_config'), at);
  return ringHash(cluster.ring_hash_lb_config ?? {}, common, place.at('ring_hash_lb_config'), at);
}

/** The first policy of a list that we have. */
function firstKnown({ policies }: LoadBalancingPolicy, place: Place): Balancing {
  const seen: string[] = [];
  for (const [index, { typed_extension_config: extension }] of policies.entries()) {
    const config = extension?.typed_config;
    const at = place.index('policies', index).at('typed_extension_config').at('typed_config');
    const type = config ? typeOf(config) : '';
    if (config && type === WRR_LOCALITY) return wrrLocality(config, at);
    const read = readers[type];
    if (config && read) return read(config, at) ?? roundRobin;
    seen.push(type);
  }
  if (policies.length === 0) place.at('policies').wrong('at least one is required');
  else place.at('policies').unsupported(`none of ${seen.join(', ')}`);
  return roundRobin;
}

/** A locality by weight, then an endpoint by the policy inside. */
function wrrLocality(config: Any, place: Place): Balancing {
  const inner = messageOf(WRR_LOCALITY, config, place)?.endpoint_picking_policy ?? { policies: [] };
  return { ...firstKnown(inner, place.at('endpoint_picking_policy')), locality: { kind: 'weighted' } };
}
