import { parseDuration } from '../../shared/struct/duration.ts';
import { type CircuitBreaker, circuitBreaker } from './circuit-breaker.ts';
import { type HealthCheck, healthCheck } from './health-check.ts';
import { type LoadBalancing, loadBalancing } from './load-balancing.ts';
import type { Condition, Resource } from './object.ts';
import { conditionsSchema } from './object.ts';
import { type OutlierDetection, outlierDetection } from './outlier-detection.ts';
import {
  boolean,
  duration,
  integer,
  list,
  number,
  object,
  oneOf,
  optional,
  percent,
  preset,
  required,
  type Schema,
} from './schema.ts';
import { type TargetRef, targetRefs } from './target.ts';

/**
 * How callers treat a Service: the balancing, limits, ejection, retries and timeouts of their sidecars.
 * A block that is absent leaves the mesh's defaults; a block that is there is stored with its own defaults filled in.
 */
export interface TrafficPolicy extends Resource {
  apiVersion: 'aya.dev/v1alpha1';
  kind: 'TrafficPolicy';
  spec: TrafficPolicySpec;
  status?: TrafficPolicyStatus;
}

export interface TrafficPolicySpec {
  targetRefs: TargetRef[];
  loadBalancing?: LoadBalancing;
  outlierDetection?: OutlierDetection;
  circuitBreaker?: CircuitBreaker;
  connectionPool?: ConnectionPool;
  retry?: RetryPolicy;
  timeouts?: Timeouts;
  healthCheck?: HealthCheck;
}

export interface ConnectionPool {
  idleTimeout?: string;
  /** 0: no limit. */
  maxRequestsPerConnection?: number;
  /** Of HTTP/2: at the same time, whatever more the endpoint allows; further ones get a connection more. */
  maxStreamsPerConnection?: number;
  /** Of HTTP/2: a PING after `interval` of silence, and a connection that does not answer it within `timeout` is given up. */
  keepalive?: { interval: string; timeout: string };
}

export type RetryCondition = (typeof retryConditions)[number];

export interface RetryPolicy {
  /** Retries beyond the first attempt; 0 switches them off. */
  attempts: number;
  on: RetryCondition[];
  perTryTimeout?: string;
  /** Between two pieces of a response. */
  perTryIdleTimeout?: string;
  /** Another attempt beside one that has no response after so long; of what may be repeated. Counts as a retry. */
  hedge?: { delay: string };
  /** Repeat methods that are not idempotent even when a response may have been on its way. */
  nonIdempotent: boolean;
  backoff?: { base: string; max?: string };
  /** Wait as long as a response's Retry-After or X-RateLimit-Reset says, up to `max`. */
  retryAfter?: { max: string };
  /** Statuses that are retried besides what `on` says. */
  statusCodes: number[];
  /** Retries as a share of requests over the last 10 s, but at least so many per second. */
  budget: { percent: number; minPerSecond: number };
}

/** `request: 0s` means none. */
export interface Timeouts {
  request?: string;
  idle?: string;
  connect?: string;
}

export interface TrafficPolicyStatus {
  conditions?: Condition[];
}

const day = 24 * 3_600_000;
const span = duration(1, day);
const retryConditions = [
  'connect-failure',
  'refused-stream',
  'reset',
  'reset-before-request',
  '5xx',
  'gateway-error',
  'retriable-4xx',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
] as const;

const connectionPool = object<ConnectionPool>({
  idleTimeout: optional(span),
  maxRequestsPerConnection: optional(integer(0, 1_000_000_000)),
  maxStreamsPerConnection: optional(integer(1, 1_000_000_000)),
  keepalive: optional(
    // gRPC servers take more PING than one in some seconds for an attack.
    object<NonNullable<ConnectionPool['keepalive']>>({
      interval: required(duration(1_000, day)),
      timeout: preset(duration(100, 3_600_000), '10s'),
    }),
  ),
});

const retry = object<RetryPolicy>({
  attempts: preset(integer(0, 10), 1),
  on: preset(list(oneOf(retryConditions), { max: 16, unique: { by: (each) => each, path: '' } }), [
    'connect-failure',
    'refused-stream',
    'reset',
  ]),
  perTryTimeout: optional(span),
  perTryIdleTimeout: optional(span),
  hedge: optional(object<{ delay: string }>({ delay: required(span) })),
  retryAfter: optional(object<{ max: string }>({ max: required(duration(1000, 3_600_000)) })),
  nonIdempotent: preset(boolean, false),
  backoff: optional(
    object<{ base: string; max?: string }>(
      { base: required(duration(1, 60_000)), max: optional(duration(1, 3_600_000)) },
      {
        also: ({ base, max }, path, problems) => {
          if (max !== undefined && ms(max) < ms(base))
            problems.add(`${path}.max`, `must be at least base (${base}); got ${max}`);
        },
      },
    ),
  ),
  statusCodes: preset(list(integer(400, 599), { max: 64, unique: { by: String, path: '' } }), []),
  budget: preset(
    object<{ percent: number; minPerSecond: number }>({
      percent: preset(percent, 20),
      minPerSecond: preset(number(0, 1_000_000), 10),
    }),
    { percent: 20, minPerSecond: 10 },
  ),
});

const timeouts = object<Timeouts>({
  request: optional(duration(0, day)),
  idle: optional(duration(0, day)),
  connect: optional(duration(1, 3_600_000)),
});

const spec = object<TrafficPolicySpec>(
  {
    targetRefs: required(targetRefs),
    loadBalancing: optional(loadBalancing),
    outlierDetection: optional(outlierDetection),
    circuitBreaker: optional(circuitBreaker),
    connectionPool: optional(connectionPool),
    retry: optional(retry),
    timeouts: optional(timeouts),
    healthCheck: optional(healthCheck),
  },
  { later: ['rateLimit', 'tls'] },
);

export const trafficPolicyBody: Schema<Pick<TrafficPolicy, 'spec'>> = object<Pick<TrafficPolicy, 'spec'>>({
  spec: required(spec),
});

export const trafficPolicyStatus: Schema<TrafficPolicyStatus> = object<TrafficPolicyStatus>({
  conditions: optional(conditionsSchema),
});

function ms(text: string): number {
  return parseDuration(text) ?? 0;
}
