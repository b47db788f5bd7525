import type { LeastResponseTime, PeakEwma } from '../../shared/xds/messages.gen.ts';
import type { LatencyPlan } from '../core/plan/balancer.ts';
import type { Place } from './place.ts';
import { positiveDurationOf } from './value.ts';

/** Peak EWMA and least response time, with the defaults of aya/v1/balancing.proto. */
export function byLatency(kind: LatencyPlan['kind'], config: PeakEwma | LeastResponseTime, place: Place): LatencyPlan {
  return {
    kind,
    decay: positiveDurationOf(config.decay, 10_000, place.at('decay')),
    initial: positiveDurationOf(config.default_latency, 30, place.at('default_latency')),
    failure: positiveDurationOf(config.failure_latency, 5_000, place.at('failure_latency')),
  };
}
