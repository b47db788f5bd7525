import { parseDuration } from '../../shared/struct/duration.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { OutlierDetection } from '../model/outlier-detection.ts';
import type { Message } from './message.ts';

type Detection = Message<'envoy.config.cluster.v3.OutlierDetection'>;

/** Without a policy only what surely is the endpoint's own fault counts: gateway errors, and no answer (decisions D33). */
const byDefault: OutlierDetection = {
  consecutive5xx: 0,
  consecutiveGatewayErrors: 5,
  interval: '10s',
  baseEjectionTime: '30s',
  maxEjectionTime: '5m',
  maxEjectionPercent: 50,
  splitLocalOriginErrors: true,
  consecutiveLocalOriginFailures: 5,
};

/**
 * Ejection of endpoints. Every field is written out: unset ones mean other things to other clients (grpc-js even dies when
 * the success rate fields are missing). A count of 0 switches a detector off by enforcing it never.
 */
export function outlierDetection(policy: OutlierDetection = byDefault): Detection {
  const [fiveXx, gateway, local] = [
    policy.consecutive5xx,
    policy.consecutiveGatewayErrors,
    policy.splitLocalOriginErrors ? policy.consecutiveLocalOriginFailures : 0,
  ];
  return {
    consecutive_5xx: { value: fiveXx || 5 },
    enforcing_consecutive_5xx: { value: fiveXx > 0 ? 100 : 0 },
    consecutive_gateway_failure: { value: gateway || 5 },
    enforcing_consecutive_gateway_failure: { value: gateway > 0 ? 100 : 0 },
    split_external_local_origin_errors: policy.splitLocalOriginErrors,
    consecutive_local_origin_failure: { value: local || 5 },
    enforcing_consecutive_local_origin_failure: { value: local > 0 ? 100 : 0 },
    interval: span(policy.interval),
    base_ejection_time: span(policy.baseEjectionTime),
    max_ejection_time: span(policy.maxEjectionTime),
    max_ejection_percent: { value: Math.round(policy.maxEjectionPercent) },
    always_eject_one_host: { value: true },
    ...(policy.maxEjectionTimeJitter !== undefined && {
      max_ejection_time_jitter: span(policy.maxEjectionTimeJitter),
    }),
    ...successRate(policy),
    ...failurePercentage(policy),
  };
}

function successRate({ splitLocalOriginErrors, successRate: block }: OutlierDetection): Detection {
  return {
    enforcing_success_rate: { value: block ? 100 : 0 },
    enforcing_local_origin_success_rate: { value: block && splitLocalOriginErrors ? 100 : 0 },
    success_rate_minimum_hosts: { value: block?.minimumHosts ?? 5 },
    success_rate_request_volume: { value: block?.requestVolume ?? 100 },
    success_rate_stdev_factor: { value: Math.round((block?.stdevFactor ?? 1.9) * 1000) },
  };
}

function failurePercentage({ failurePercentage: block, splitLocalOriginErrors }: OutlierDetection): Detection {
  return {
    enforcing_failure_percentage: { value: block ? 100 : 0 },
    enforcing_failure_percentage_local_origin: { value: block && splitLocalOriginErrors ? 100 : 0 },
    ...(block && {
      failure_percentage_threshold: { value: Math.round(block.threshold) },
      failure_percentage_minimum_hosts: { value: block.minimumHosts },
      failure_percentage_request_volume: { value: block.requestVolume },
    }),
  };
}

function span(text: string): { seconds: number; nanos: number } {
  return fromMs(parseDuration(text) ?? 0);
}
