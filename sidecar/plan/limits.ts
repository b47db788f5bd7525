import type { CircuitBreakers, CircuitBreakersThresholds, ClusterOptions } from '../../shared/xds/messages.gen.ts';
import type { LimitsPlan } from '../core/plan/cluster.ts';
import type { Place } from './place.ts';
import { numberOf, percentOf, positiveDurationOf } from './value.ts';

/** Envoy's circuit breakers with its defaults, and Aya's retry budget when the cluster carries one. */
export function limits(
  breakers: CircuitBreakers | undefined,
  aya: ClusterOptions | undefined,
  place: Place,
): LimitsPlan {
  let chosen: CircuitBreakersThresholds = {};
  let at = place;
  for (const [index, each] of (breakers?.thresholds ?? []).entries()) {
    const here = place.index('thresholds', index);
    if (each.priority === 'HIGH') {
      here.at('priority').unsupported('HIGH');
      continue;
    }
    here.only(each, [
      'priority',
      'max_connections',
      'max_pending_requests',
      'max_requests',
      'max_retries',
      'retry_budget',
    ]);
    if (at !== place) here.wrong('only one set of thresholds per priority');
    chosen = each;
    at = here;
  }
  breakers?.per_host_thresholds.forEach((_, index) => {
    place.index('per_host_thresholds', index).unsupported();
  });
  const budget = chosen.retry_budget;
  return {
    maxConnections: numberOf(chosen.max_connections, 1_024),
    maxPendingRequests: numberOf(chosen.max_pending_requests, 1_024),
    maxRequests: numberOf(chosen.max_requests, 1_024),
    maxRetries: numberOf(chosen.max_retries, 3),
    envoyRetryBudget: budget
      ? {
          percent: percentOf(budget.budget_percent, 20, at.at('retry_budget').at('budget_percent')),
          minConcurrency: numberOf(budget.min_retry_concurrency, 3),
        }
      : null,
    retryBudget: ayaBudget(aya, place),
  };
}

function ayaBudget(aya: ClusterOptions | undefined, place: Place): LimitsPlan['retryBudget'] {
  const budget = aya?.retry_budget;
  if (!budget) return null;
  const at = place.at('aya.v1.ClusterOptions').at('retry_budget');
  const percent = budget.percent ?? 0;
  if (percent < 0 || percent > 100) at.at('percent').wrong(`must be between 0 and 100, is ${percent}`);
  return {
    percent,
    minPerSecond: budget.min_per_second ?? 0,
    interval: positiveDurationOf(budget.interval, 10_000, at.at('interval')),
  };
}
