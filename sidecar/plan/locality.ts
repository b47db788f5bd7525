import type { ClusterCommonLbConfig, LocalityLbConfig } from '../../shared/xds/messages.gen.ts';
import type { LocalityRulePlan } from '../core/plan/balancer.ts';
import type { Place } from './place.ts';
import { numberOf, percentOf } from './value.ts';

/** How localities share; from a cluster's common_lb_config, or from the locality_lb_config of a policy. */
export function locality(
  config: Pick<ClusterCommonLbConfig & LocalityLbConfig, 'locality_weighted_lb_config' | 'zone_aware_lb_config'> = {},
  place: Place,
): LocalityRulePlan {
  const zones = config.zone_aware_lb_config;
  if (zones) {
    const at = place.at('zone_aware_lb_config');
    return {
      kind: 'zone-aware',
      routing: percentOf(zones.routing_enabled, 100, at.at('routing_enabled')),
      minSize: numberOf(zones.min_cluster_size, 6),
      failOnPanic: zones.fail_traffic_on_panic ?? false,
      here: null,
    };
  }
  return config.locality_weighted_lb_config ? { kind: 'weighted' } : { kind: 'none' };
}
