import type { LeastResponseTime, PeakEwma, Prequal } from '../../shared/xds/messages.gen.ts';
import type { LatencyPlan, PrequalPlan } from '../core/plan/balancer.ts';
import type { Place } from './place.ts';
import { numberOf, positiveDurationOf } from './value.ts';

/** Peak EWMA and least response time, with the defaults of aya/v1/balancing.proto. */
export function byLatency(kind: LatencyPlan['kind'], config: PeakEwma | LeastResponseTime, place: Place): LatencyPlan {
  return {
    kind,
    decay: positiveDurationOf(config.decay, 10_000, place.at('decay')),
    initial: positiveDurationOf(config.default_latency, 30, place.at('default_latency')),
    failure: positiveDurationOf(config.failure_latency, 5_000, place.at('failure_latency')),
  };
}

/** Prequal; what can not be set is as in the paper. */
export function prequal(config: Prequal, place: Place): PrequalPlan {
  const probesPerRequest = numberOf(config.probes_per_request, 3);
  if (!(probesPerRequest > 0 && probesPerRequest <= 16)) {
    place.at('probes_per_request').wrong(`must be more than 0 and at most 16, is ${probesPerRequest}`);
  }
  const poolSize = numberOf(config.pool_size, 16);
  if (poolSize < 2 || poolSize > 256) place.at('pool_size').wrong(`must be from 2 to 256, is ${poolSize}`);
  const hotQuantile = numberOf(config.hot_quantile, 0.84);
  if (!(hotQuantile >= 0 && hotQuantile <= 1)) place.at('hot_quantile').wrong(`must be from 0 to 1, is ${hotQuantile}`);
  const maxAge = positiveDurationOf(config.max_age, 1_000, place.at('max_age'));
  return { kind: 'prequal', probesPerRequest, poolSize, maxAge, hotQuantile, removalsPerRequest: 1, reuseExcess: 1 };
}
