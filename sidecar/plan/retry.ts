import type { HedgePolicy, RetryPolicy, RouteOptions } from '../../shared/xds/messages.gen.ts';
import type { RetryPlan } from '../core/plan/route.ts';
import { extensionOf } from './extension.ts';
import { headerMatch } from './match.ts';
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
  'retriable-headers',
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
export function retryPolicy(
  policy: RetryPolicy,
  options: RouteOptions | undefined,
  place: Place,
  hedge: HedgePolicy | undefined = undefined,
): RetryPlan | null {
  place.only(policy, [
    'retry_on',
    'num_retries',
    'per_try_timeout',
    'retry_host_predicate',
    'host_selection_retry_max_attempts',
    'retriable_status_codes',
    'retry_back_off',
    'per_try_idle_timeout',
    'rate_limited_retry_back_off',
    'retriable_headers',
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
  const perTryTimeout = durationOf(policy.per_try_timeout, 0, place.at('per_try_timeout'));
  const hedgeDelay = positiveDurationOf(options?.hedge?.delay, 0, place.at('hedge').at('delay'));
  const plan: RetryPlan = {
    attempts: numberOf(policy.num_retries, 1),
    on,
    statusCodes: policy.retriable_status_codes,
    perTryTimeout,
    perTryIdleTimeout: durationOf(policy.per_try_idle_timeout, 0, place.at('per_try_idle_timeout')),
    hedgeAfter: hedgeDelay || (hedge?.hedge_on_per_try_timeout ? perTryTimeout : 0),
    headers: policy.retriable_headers.map((each, index) => headerMatch(each, place.index('retriable_headers', index))),
    rateLimited: rateLimited(policy.rate_limited_retry_back_off, place.at('rate_limited_retry_back_off')),
    backoffBase: base,
    backoffMax: max,
    avoidTried: avoidsTried(policy, place),
    hostSelectionAttempts: policy.host_selection_retry_max_attempts || 1,
    classes: options?.retry !== undefined,
    nonIdempotent: options?.retry?.non_idempotent ?? false,
  };
  const limited = plan.perTryTimeout > 0 || (plan.perTryIdleTimeout ?? 0) > 0 || (plan.hedgeAfter ?? 0) > 0;
  return on.length === 0 && !limited ? null : plan;
}

function rateLimited(message: RetryPolicy['rate_limited_retry_back_off'], place: Place): RetryPlan['rateLimited'] {
  if (!message) return null;
  if (message.reset_headers.length === 0) place.at('reset_headers').wrong('must not be empty');
  return {
    headers: message.reset_headers.map(({ format, name }) => ({
      name: (name ?? '').toLowerCase(),
      unixTime: format === 'UNIX_TIMESTAMP',
    })),
    max: positiveDurationOf(message.max_interval, 300_000, place.at('max_interval')),
  };
}

function avoidsTried(policy: RetryPolicy, place: Place): boolean {
  policy.retry_host_predicate.forEach((predicate, index) => {
    extensionOf(previousHosts, predicate.typed_config, place.index('retry_host_predicate', index).at('typed_config'));
  });
  return policy.retry_host_predicate.length > 0;
}
