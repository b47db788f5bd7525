import type { OutlierDetection } from '../../shared/xds/messages.gen.ts';
import type { OutlierPlan } from '../core/plan/cluster.ts';
import type { Place } from './place.ts';
import { booleanOf, durationOf, numberOf, positiveDurationOf, wholePercentOf } from './value.ts';

type Field = keyof OutlierDetection & string;

/**
 * Outlier detection with Envoy's defaults. `aya` = the cluster carries aya.v1.ClusterOptions and so wants Aya's rule that
 * never all endpoints are ejected.
 */
export function outlierDetection(message: OutlierDetection, aya: boolean, place: Place): OutlierPlan {
  const count = (name: Field, fallback: number): number => numberOf(wrapper(message, name), fallback);
  const percent = (name: Field, fallback: number): number =>
    wholePercentOf(wrapper(message, name), fallback, place.at(name));
  const base = positiveDurationOf(message.base_ejection_time, 30_000, place.at('base_ejection_time'));
  const max = positiveDurationOf(message.max_ejection_time, Math.max(300_000, base), place.at('max_ejection_time'));
  if (max < base) place.at('max_ejection_time').wrong(`must be at least base_ejection_time (${base} ms), is ${max} ms`);
  return {
    consecutive5xx: count('consecutive_5xx', 5),
    enforcingConsecutive5xx: percent('enforcing_consecutive_5xx', 100),
    consecutiveGatewayFailure: count('consecutive_gateway_failure', 5),
    enforcingConsecutiveGatewayFailure: percent('enforcing_consecutive_gateway_failure', 0),
    splitLocalOrigin: message.split_external_local_origin_errors ?? false,
    consecutiveLocalOriginFailure: count('consecutive_local_origin_failure', 5),
    enforcingConsecutiveLocalOriginFailure: percent('enforcing_consecutive_local_origin_failure', 100),
    interval: positiveDurationOf(message.interval, 10_000, place.at('interval')),
    baseEjectionTime: base,
    maxEjectionTime: max,
    maxEjectionTimeJitter: durationOf(message.max_ejection_time_jitter, 0, place.at('max_ejection_time_jitter')),
    maxEjectionPercent: percent('max_ejection_percent', 10),
    alwaysEjectOne: booleanOf(message.always_eject_one_host, false),
    neverEjectAll: aya,
    successRate: {
      minimumHosts: count('success_rate_minimum_hosts', 5),
      requestVolume: count('success_rate_request_volume', 100),
      stdevFactor: count('success_rate_stdev_factor', 1_900),
      enforcing: percent('enforcing_success_rate', 100),
      enforcingLocalOrigin: percent('enforcing_local_origin_success_rate', 100),
    },
    failurePercentage: {
      threshold: percent('failure_percentage_threshold', 85),
      minimumHosts: count('failure_percentage_minimum_hosts', 5),
      requestVolume: count('failure_percentage_request_volume', 50),
      enforcing: percent('enforcing_failure_percentage', 0),
      enforcingLocalOrigin: percent('enforcing_failure_percentage_local_origin', 0),
    },
    passedCheckReturns: booleanOf(message.successful_active_health_check_uneject_host, true),
  };
}

const wrapper = (message: OutlierDetection, name: Field): { value?: number } | undefined =>
  message[name] as { value?: number } | undefined;
