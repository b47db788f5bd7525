import { parseDuration } from '../../shared/struct/duration.ts';
import { duration, integer, number, object, oneOf, optional, preset, type Schema } from './schema.ts';

/** Limits of one sidecar towards the service. `maxRetries` absent: the retry budget is the limit. */
export interface CircuitBreaker {
  maxConnections: number;
  maxPendingRequests: number;
  maxRequests: number;
  maxRetries?: number;
  /** The same towards one endpoint; absent: no limit. */
  maxConnectionsPerEndpoint?: number;
  maxRequestsPerEndpoint?: number;
  errorRate?: ErrorRate;
}

/** Lets nothing through for `openFor` once too many attempts failed; then `probes` attempts decide whether it closes. */
export interface ErrorRate {
  /** What is cut off. */
  per: 'Service' | 'Endpoint';
  /** At least so many percent of the attempts within `window`, of which there must be `minRequests`. */
  threshold: number;
  window: string;
  minRequests: number;
  /** Twice as long after each trial that fails, up to `maxOpenFor`; default 10 x `openFor`. */
  openFor: string;
  maxOpenFor?: string;
  probes: number;
}

const limit = integer(1, 1_000_000);

const errorRate = object<ErrorRate>(
  {
    per: preset(oneOf(['Service', 'Endpoint']), 'Service'),
    threshold: preset(number(0.1, 100), 50),
    window: preset(duration(100, 3_600_000), '10s'),
    minRequests: preset(limit, 20),
    openFor: preset(duration(100, 3_600_000), '5s'),
    maxOpenFor: optional(duration(100, 24 * 3_600_000)),
    probes: preset(integer(1, 1_000), 1),
  },
  {
    also: ({ maxOpenFor, openFor }, path, problems) => {
      if (maxOpenFor !== undefined && (parseDuration(maxOpenFor) ?? 0) < (parseDuration(openFor) ?? 0)) {
        problems.add(`${path}.maxOpenFor`, `must be at least openFor (${openFor}); got ${maxOpenFor}`);
      }
    },
  },
);

export const circuitBreaker: Schema<CircuitBreaker> = object<CircuitBreaker>({
  maxConnections: preset(limit, 1024),
  maxPendingRequests: preset(limit, 1024),
  maxRequests: preset(limit, 1024),
  maxRetries: optional(integer(0, 1_000_000)),
  maxConnectionsPerEndpoint: optional(limit),
  maxRequestsPerEndpoint: optional(limit),
  errorRate: optional(errorRate),
});
