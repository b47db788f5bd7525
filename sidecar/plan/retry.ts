import type { RetryPolicy, RouteOptions } from '../../shared/xds/messages.gen.ts';
import type { RetryPlan } from '../core/plan/route.ts';
import { extensionOf } from './extension.ts';
import type { Place } from './place.ts';
import { durationOf, numberOf, positiveDurationOf } from './value.ts';

/** Envoy's conditions of `retry_on`, HTTP's and gRPC's. Source: Envoy, router filter, x-envoy-retry-on and -grpc-on. */
const conditions = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'refused-stream',
  'retriable-4xx',
  'retriable-status-codes',
  'envoy-ratelimited',
  // Never true without HTTP/3.
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
]);

const previousHosts = 'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate';

/**
 * RetryPolicy with Envoy's defaults: one retry, 25 ms back-off. It keeps Envoy's meaning unless the route carries
 * aya.v1.RouteOptions with `retry` (decision D11). Null = nothing is ever tried again, and no attempt is limited.
 */
export function retryPolicy(policy: RetryPolicy, options: RouteOptions | undefined, place: Place): RetryPlan | null {
  place.only(policy, [
    'retry_on',
    'num_retries',
    'per_try_timeout',
    'retry_host_predicate',
    'host_selection_retry_max_attempts',
    'retriable_status_codes',
    'retry_back_off',
  ]);
  const on = (policy.retry_on ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  for (const word of on) if (!conditions.has(word)) place.at('retry_on').unsupported(`condition "${word}"`);
  const backOff = policy.retry_back_off;
  const at = place.at('retry_back_off');
  const base = positiveDurationOf(backOff?.base_interval, 25, at.at('base_interval'));
  const max = positiveDurationOf(backOff?.max_interval, base * 10, at.at('max_interval'));
  if (max < base) at.at('max_interval').wrong('must not be less than base_interval');
  const plan: RetryPlan = {
    attempts: numberOf(policy.num_retries, 1),
    on,
    statusCodes: policy.retriable_status_codes,
    perTryTimeout: durationOf(policy.per_try_timeout, 0, place.at('per_try_timeout')),
    backoffBase: base,
    backoffMax: max,
    avoidTried: avoidsTried(policy, place),
    hostSelectionAttempts: policy.host_selection_retry_max_attempts || 1,
    classes: options?.retry !== undefined,
    nonIdempotent: options?.retry?.non_idempotent ?? false,
  };
  return on.length === 0 && plan.perTryTimeout === 0 ? null : plan;
}

function avoidsTried(policy: RetryPolicy, place: Place): boolean {
  policy.retry_host_predicate.forEach((predicate, index) => {
    extensionOf(previousHosts, predicate.typed_config, place.index('retry_host_predicate', index).at('typed_config'));
  });
  return policy.retry_host_predicate.length > 0;
}
