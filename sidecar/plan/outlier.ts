import type { OutlierDetection } from '../../shared/xds/messages.gen.ts';
import type { OutlierPlan } from '../core/plan/cluster.ts';
import type { Place } from './place.ts';
import { booleanOf, durationOf, numberOf, positiveDurationOf, wholePercentOf } from './value.ts';

type Field = keyof OutlierDetection & string;

const consecutive: readonly Field[] = [
  'consecutive_5xx',
  'enforcing_consecutive_5xx',
  'consecutive_gateway_failure',
  'enforcing_consecutive_gateway_failure',
  'split_external_local_origin_errors',
  'consecutive_local_origin_failure',
  'enforcing_consecutive_local_origin_failure',
  'interval',
  'base_ejection_time',
  'max_ejection_time',
  'max_ejection_time_jitter',
  'max_ejection_percent',
  'always_eject_one_host',
  // Without active health checks it asks for nothing.
  'successful_active_health_check_uneject_host',
];

/** What tunes the statistical detectors; without effect where they are not enforced. */
const statistics: readonly Field[] = [
  'success_rate_minimum_hosts',
  'success_rate_request_volume',
  'success_rate_stdev_factor',
  'failure_percentage_threshold',
  'failure_percentage_minimum_hosts',
  'failure_percentage_request_volume',
];
const enforcement: readonly Field[] = [
  'enforcing_success_rate',
  'enforcing_local_origin_success_rate',
  'enforcing_failure_percentage',
  'enforcing_failure_percentage_local_origin',
];

/**
 * Outlier detection with Envoy's defaults. There are the consecutive detectors only: a cluster that asks for a
 * statistical one in so many words is refused. `aya` = the cluster carries aya.v1.ClusterOptions and so wants Aya's
 * rule that never all endpoints are ejected.
 */
export function outlierDetection(message: OutlierDetection, aya: boolean, place: Place): OutlierPlan {
  place.only(message, [...consecutive, ...statistics, ...enforcement]);
  for (const name of enforcement) {
    if (numberOf(message[name] as { value?: number } | undefined, 0) > 0) {
      place.at(name).unsupported('set it to 0; only consecutive failures are detected');
    }
  }
  const percent = (name: Field, fallback: number): number =>
    wholePercentOf(message[name] as { value?: number } | undefined, fallback, place.at(name));
  const base = positiveDurationOf(message.base_ejection_time, 30_000, place.at('base_ejection_time'));
  return {
    consecutive5xx: numberOf(message.consecutive_5xx, 5),
    enforcingConsecutive5xx: percent('enforcing_consecutive_5xx', 100),
    consecutiveGatewayFailure: numberOf(message.consecutive_gateway_failure, 5),
    enforcingConsecutiveGatewayFailure: percent('enforcing_consecutive_gateway_failure', 0),
    splitLocalOrigin: message.split_external_local_origin_errors ?? false,
    consecutiveLocalOriginFailure: numberOf(message.consecutive_local_origin_failure, 5),
    enforcingConsecutiveLocalOriginFailure: percent('enforcing_consecutive_local_origin_failure', 100),
    interval: positiveDurationOf(message.interval, 10_000, place.at('interval')),
    baseEjectionTime: base,
    maxEjectionTime: positiveDurationOf(
      message.max_ejection_time,
      Math.max(300_000, base),
      place.at('max_ejection_time'),
    ),
    maxEjectionTimeJitter: durationOf(message.max_ejection_time_jitter, 0, place.at('max_ejection_time_jitter')),
    maxEjectionPercent: percent('max_ejection_percent', 10),
    alwaysEjectOne: booleanOf(message.always_eject_one_host, false),
    neverEjectAll: aya,
  };
}
