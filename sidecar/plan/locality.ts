import type { ClusterCommonLbConfig, LocalityLbConfig } from '../../shared/xds/messages.gen.ts';
import type { LocalityRulePlan } from '../core/plan/balancer.ts';
import type { Place } from './place.ts';

/** How localities share; from a cluster's common_lb_config, or from the locality_lb_config of a policy. */
export function locality(
  config: Pick<ClusterCommonLbConfig & LocalityLbConfig, 'locality_weighted_lb_config' | 'zone_aware_lb_config'> = {},
  place: Place,
): LocalityRulePlan {
  if (config.zone_aware_lb_config) place.at('zone_aware_lb_config').unsupported();
  return config.locality_weighted_lb_config ? { kind: 'weighted' } : { kind: 'none' };
}
