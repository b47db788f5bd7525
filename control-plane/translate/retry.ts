import { parseDuration } from '../../shared/struct/duration.ts';
import { pack } from '../../shared/xds/codec.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { HttpRouteRule } from '../model/http-route.ts';
import type { RetryPolicy, TrafficPolicy } from '../model/traffic-policy.ts';
import { extension, type Message, ownMetadata } from './message.ts';

type Retry = Message<'envoy.config.route.v3.RetryPolicy'>;

/** Without a policy: once, what never reached an endpoint, and idempotent requests that got no answer (decisions D33). */
const byDefault: RetryPolicy = {
  attempts: 1,
  on: ['connect-failure', 'refused-stream', 'reset'],
  nonIdempotent: false,
  statusCodes: [],
  budget: { percent: 20, minPerSecond: 10 },
};

/** RFC 9110 9.2.2, as a regular expression over `:method`. */
export const idempotentMethods = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];

/** What a policy says about retries. */
export function retryOf(policy: TrafficPolicy | undefined): RetryPolicy {
  return policy?.spec.retry ?? byDefault;
}

/**
 * What holds for one rule of a route: its own retry wins over the policy's. GEP-1731: whoever asks for retries by status
 * gets those of failed connections too.
 */
export function retryOfRule(policy: TrafficPolicy | undefined, rule: HttpRouteRule | undefined): RetryPolicy {
  const base = retryOf(policy);
  const timeout = rule?.timeouts?.backendRequest;
  const perTry = timeout !== undefined && parseDuration(timeout) !== 0 ? { perTryTimeout: timeout } : {};
  if (!rule?.retry) return { ...base, ...perTry };
  const { codes, attempts, backoff } = rule.retry;
  return {
    ...base,
    attempts: attempts ?? 1,
    on: byDefault.on,
    statusCodes: codes,
    ...(backoff !== undefined && { backoff: { base: backoff } }),
    ...perTry,
  };
}

/** The policy as xDS says it. Undefined when nothing is to be retried and no attempt is limited. */
export function retryPolicy(retry: RetryPolicy, on: readonly string[] = conditions(retry)): Retry | undefined {
  const { backoff, perTryIdleTimeout, perTryTimeout, retryAfter } = retry;
  if (retry.attempts === 0 && perTryTimeout === undefined && perTryIdleTimeout === undefined) return undefined;
  return {
    retry_on: on.join(','),
    num_retries: { value: retry.attempts },
    ...(perTryTimeout !== undefined && { per_try_timeout: span(perTryTimeout) }),
    ...(perTryIdleTimeout !== undefined && { per_try_idle_timeout: span(perTryIdleTimeout) }),
    ...(retryAfter && { rate_limited_retry_back_off: { reset_headers: resets, max_interval: span(retryAfter.max) } }),
    ...(on.includes(byStatus) && { retriable_status_codes: retry.statusCodes }),
    ...(backoff && {
      retry_back_off: { base_interval: span(backoff.base), ...(backoff.max && { max_interval: span(backoff.max) }) },
    }),
    retry_host_predicate: [
      extension(
        'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
        {},
        'envoy.retry_host_predicates.previous_hosts',
      ),
    ],
    host_selection_retry_max_attempts: 3,
  };
}

/** What makes Aya's sidecar tell methods apart, and what was never sent from what had no answer (decisions D11). */
export function byClasses(
  nonIdempotent: boolean,
  hedge?: RetryPolicy['hedge'],
  more: Message<'aya.v1.RouteOptions'> = {},
): Message<'envoy.config.route.v3.Route'> {
  return ownOptions({
    retry: { non_idempotent: nonIdempotent },
    ...(hedge && { hedge: { delay: span(hedge.delay) } }),
    ...more,
  });
}

/** A route's options for our own sidecars; nothing when there are none. */
export function ownOptions(options: Message<'aya.v1.RouteOptions'>): Message<'envoy.config.route.v3.Route'> {
  if (Object.keys(options).length === 0) return {};
  return { metadata: { typed_filter_metadata: { [ownMetadata]: pack('aya.v1.RouteOptions', options) } } };
}

/** Where a response says when to come back. */
const resets: NonNullable<Retry['rate_limited_retry_back_off']>['reset_headers'] = [
  { name: 'retry-after', format: 'SECONDS' },
  { name: 'x-ratelimit-reset', format: 'UNIX_TIMESTAMP' },
];

const byStatus = 'retriable-status-codes';

/** What `retry_on` lists. */
export function conditions(retry: RetryPolicy): string[] {
  return retry.statusCodes.length > 0 ? [...retry.on, byStatus] : [...retry.on];
}

/** Of these only what surely never reached an endpoint: safe for every method, and all that Envoy can tell apart. */
export function neverSent(retry: RetryPolicy): string[] {
  const any = (...names: string[]): boolean => retry.on.some((each) => each === '5xx' || names.includes(each));
  return [
    ...(any('connect-failure') ? ['connect-failure'] : []),
    ...(any('refused-stream') ? ['refused-stream'] : []),
    ...(any('reset', 'reset-before-request') ? ['reset-before-request'] : []),
  ];
}

function span(text: string): { seconds: number; nanos: number } {
  return fromMs(parseDuration(text) ?? 0);
}
