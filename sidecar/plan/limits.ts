import type {
  CircuitBreakers,
  CircuitBreakersThresholds,
  ClusterOptions,
  RoutingPriority,
} from '../../shared/xds/messages.gen.ts';
import type { LimitsPlan } from '../core/plan/cluster.ts';
import type { Place } from './place.ts';
import { numberOf, percentOf, positiveDurationOf, UNLIMITED } from './value.ts';

/** Envoy's circuit breakers of one priority with its defaults, and Aya's retry budget when the cluster carries one. */
export function limits(
  breakers: CircuitBreakers | undefined,
  priority: RoutingPriority,
  aya: ClusterOptions | undefined,
  place: Place,
): LimitsPlan {
  const [own, at] = chosen(breakers?.thresholds ?? [], priority, place, 'thresholds');
  const [perHost, hostAt] = chosen(breakers?.per_host_thresholds ?? [], priority, place, 'per_host_thresholds');
  // Envoy looks at nothing else there.
  hostAt.only(perHost, ['priority', 'max_connections']);
  const budget = own.retry_budget;
  return {
    maxConnections: numberOf(own.max_connections, 1_024),
    maxPendingRequests: numberOf(own.max_pending_requests, 1_024),
    maxRequests: numberOf(own.max_requests, 1_024),
    maxRetries: numberOf(own.max_retries, 3),
    maxConnectionsPerEndpoint: numberOf(perHost.max_connections, UNLIMITED),
    trackRemaining: own.track_remaining ?? false,
    envoyRetryBudget: budget
      ? {
          percent: percentOf(budget.budget_percent, 20, at.at('retry_budget').at('budget_percent')),
          minConcurrency: numberOf(budget.min_retry_concurrency, 3),
        }
      : null,
    retryBudget: ayaBudget(aya, place),
  };
}

/** The thresholds of a priority, and where they stand; the first set of several wins, and that is noted. */
function chosen(
  all: readonly CircuitBreakersThresholds[],
  priority: RoutingPriority,
  place: Place,
  field: string,
): [CircuitBreakersThresholds, Place] {
  const indexes = [...all.keys()].filter((index) => (all[index]?.priority ?? 'DEFAULT') === priority);
  const [first, second] = indexes;
  if (second !== undefined) place.index(field, second).wrong('only one set of thresholds per priority');
  return first === undefined ? [{}, place] : [all[first] ?? {}, place.index(field, first)];
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
