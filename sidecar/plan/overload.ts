import type {
  AdaptiveConcurrency,
  AdmissionControl,
  RuntimeFeatureFlag,
  RuntimePercent,
} from '../../shared/xds/messages.gen.ts';
import { enumOf } from '../../shared/xds/schema.ts';
import type { AdaptiveConcurrencyPlan, AdmissionControlPlan } from '../core/plan/overload.ts';
import type { Place } from './place.ts';
import { booleanOf, numberOf, percentOf, positiveDurationOf } from './value.ts';

/** Envoy's adaptive concurrency with its defaults; null when it is switched off. */
export function adaptiveConcurrency(message: AdaptiveConcurrency, place: Place): AdaptiveConcurrencyPlan | null {
  const at = place.at('gradient_controller_config');
  const config = message.gradient_controller_config;
  const limit = config?.concurrency_limit_params;
  const rtt = config?.min_rtt_calc_params;
  if (!config) at.wrong('is required');
  if (config && !limit?.concurrency_update_interval) {
    at.at('concurrency_limit_params').at('concurrency_update_interval').wrong('is required');
  }
  const inner = at.at('min_rtt_calc_params');
  if (config && !rtt?.interval) inner.at('interval').wrong('is required');
  const { code = 'ServiceUnavailable' } = message.concurrency_limit_exceeded_status ?? {};
  const status = enumOf('envoy.type.v3.StatusCode').byName.get(code) ?? 503;
  if (!isOn(message.enabled, place)) return null;
  return {
    percentile: percentOf(config?.sample_aggregate_percentile, 50, at.at('sample_aggregate_percentile')),
    maxConcurrency: numberOf(limit?.max_concurrency_limit, 1_000),
    updateInterval: positiveDurationOf(
      limit?.concurrency_update_interval,
      100,
      at.at('concurrency_limit_params').at('concurrency_update_interval'),
    ),
    minRttInterval: positiveDurationOf(rtt?.interval, 60_000, inner.at('interval')),
    requestCount: Math.max(1, numberOf(rtt?.request_count, 50)),
    jitter: percentOf(rtt?.jitter, 15, inner.at('jitter')),
    minConcurrency: Math.max(1, numberOf(rtt?.min_concurrency, 3)),
    buffer: percentOf(rtt?.buffer, 25, inner.at('buffer')),
    // As in Envoy: what is no error would not be understood as a refusal.
    status: status < 400 ? 503 : status,
  };
}

/** Envoy's default: all but those that tell of a server in trouble (DEADLINE_EXCEEDED, UNAVAILABLE, INTERNAL and the like). */
const grpcSuccess: readonly number[] = [0, 1, 2, 3, 5, 6, 7, 9, 11, 12, 16];

/** Envoy's admission control with its defaults; null when it is switched off. */
export function admissionControl(message: AdmissionControl, place: Place): AdmissionControlPlan | null {
  const criteria = message.success_criteria;
  const at = place.at('success_criteria');
  if (!criteria) at.wrong('is required');
  const http = criteria?.http_criteria?.http_success_status ?? [];
  http.forEach(({ end = 0, start = 0 }, index) => {
    if (start >= 100 && end <= 600 && start < end) return;
    at.at('http_criteria')
      .index('http_success_status', index)
      .wrong(`${start} to ${end}: must be a half-open range from 100 to 600`);
  });
  const threshold = runtimePercent(message.sr_threshold, 95, place.at('sr_threshold'));
  if (threshold < 1) place.at('sr_threshold').wrong(`must be at least 1, is ${threshold}`);
  if (!isOn(message.enabled, place)) return null;
  const grpc = criteria?.grpc_criteria?.grpc_success_status ?? [];
  return {
    window: positiveDurationOf(message.sampling_window, 30_000, place.at('sampling_window')),
    aggression: message.aggression?.default_value ?? 1,
    threshold,
    rps: message.rps_threshold?.default_value ?? 0,
    maxRejection: runtimePercent(message.max_rejection_probability, 80, place.at('max_rejection_probability')),
    httpSuccess: http.length > 0 ? http.map(({ end = 0, start = 0 }) => ({ start, end })) : [{ start: 100, end: 500 }],
    grpcSuccess: grpc.length > 0 ? grpc : grpcSuccess,
  };
}

/** A switch that is not there is on. A key of the runtime changes nothing, as there is no runtime. */
function isOn(flag: RuntimeFeatureFlag | undefined, place: Place): boolean {
  if (flag && !flag.default_value) place.at('enabled').at('default_value').wrong('is required');
  return !flag || booleanOf(flag.default_value, true);
}

function runtimePercent(percent: RuntimePercent | undefined, fallback: number, place: Place): number {
  return percent ? percentOf(percent.default_value, fallback, place.at('default_value')) : fallback;
}
