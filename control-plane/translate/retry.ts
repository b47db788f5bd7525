import { parseDuration } from '../../shared/struct/duration.ts';
import { pack } from '../../shared/xds/codec.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { GrpcRetryCode } from '../model/grpc-route.ts';
import type { RetryCondition, RetryPolicy, TrafficPolicy } from '../model/traffic-policy.ts';
import { extension, type Message, ownMetadata } from './message.ts';
import type { RouteRule } from './rules.ts';

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
export function retryOfRule(policy: TrafficPolicy | undefined, rule: RouteRule | undefined): RetryPolicy {
  const base = retryOf(policy);
  const timeout = rule?.timeouts?.backendRequest;
  const perTry = timeout !== undefined && parseDuration(timeout) !== 0 ? { perTryTimeout: timeout } : {};
  if (!rule?.retry) return { ...base, ...perTry };
  const { codes, attempts, backoff } = rule.retry;
  return {
    ...base,
    attempts: attempts ?? 1,
    ...byCodes(codes),
    ...(backoff !== undefined && { backoff: { base: backoff } }),
    ...perTry,
  };
}

type Codes = NonNullable<RouteRule['retry']>['codes'];

/**
 * By gRPC status whole calls are repeated: whoever lists a status says that they may be. To gRPC a call without an answer is
 * UNAVAILABLE, so what broke off is repeated only where that is listed.
 */
function byCodes(codes: Codes): Pick<RetryPolicy, 'on' | 'statusCodes'> & Partial<RetryPolicy> {
  if (!isGrpc(codes)) return { on: byDefault.on, statusCodes: codes };
  const on = codes.map((code) => conditionOf[code]);
  const failed = byDefault.on.filter((each) => each !== 'reset' || codes.includes('UNAVAILABLE'));
  return { on: [...failed, ...on], statusCodes: [], nonIdempotent: true };
}

const isGrpc = (codes: Codes): codes is GrpcRetryCode[] => typeof codes[0] === 'string';

const conditionOf = {
  CANCELLED: 'cancelled',
  DEADLINE_EXCEEDED: 'deadline-exceeded',
  INTERNAL: 'internal',
  RESOURCE_EXHAUSTED: 'resource-exhausted',
  UNAVAILABLE: 'unavailable',
} as const satisfies Record<GrpcRetryCode, RetryCondition>;

/** For gRPC clients: retries by status are all that they know (gRFC A44). Undefined when there are none. */
export function grpcRetryPolicy({ attempts, backoff, on }: RetryPolicy): Retry | undefined {
  const known: readonly string[] = Object.values(conditionOf);
  const words = on.filter((each) => known.includes(each));
  if (words.length === 0 || attempts === 0) return undefined;
  return {
    retry_on: words.join(','),
    num_retries: { value: attempts },
    ...(backoff && {
      retry_back_off: { base_interval: span(backoff.base), ...(backoff.max && { max_interval: span(backoff.max) }) },
    }),
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
