import type { BalancerPlan, LocalityPlan, LocalityRulePlan, SlowStartPlan } from './balancer.ts';
import type { EndpointCheckPlan, HealthCheckPlan } from './health-check.ts';
import type { SubsetsPlan } from './subset.ts';
import type { ClientTlsPlan } from './tls.ts';

export interface ClusterPlan {
  readonly name: string;
  /** Name for statistics: alt_stat_name or name, ':' written as '_'. */
  readonly statName: string;
  /** Key of the EndpointsPlan. */
  readonly endpoints: string;
  /** Slot of the cluster's own limits; see slots.ts. */
  readonly slot: number;
  /** The same for requests of high priority. */
  readonly highSlot: number;
  readonly balancer: BalancerPlan;
  /** For every policy that goes by weight. */
  readonly slowStart: SlowStartPlan | null;
  readonly locality: LocalityRulePlan;
  /** Null = requests are balanced over all endpoints. */
  readonly subsets: SubsetsPlan | null;
  /** Healthy share below which all endpoints are used, 0..100. */
  readonly panicThreshold: number;
  readonly connectTimeout: number;
  readonly limits: LimitsPlan;
  /** For requests of high priority. */
  readonly highLimits: LimitsPlan;
  /** Requests under way at one endpoint, of both priorities; 0 = no limit. */
  readonly maxRequestsPerEndpoint: number;
  readonly breaker: ErrorRatePlan | null;
  readonly outlier: OutlierPlan | null;
  /** Done by main; workers see the flags. */
  readonly healthCheck: HealthCheckPlan | null;
  readonly idleTimeout: number;
  readonly maxRequestsPerConnection: number;
  /** Towards the endpoints; `downstream`: as the client came; `auto`: as TLS agrees on. */
  readonly protocol: 'http1' | 'http2' | 'downstream' | 'auto';
  /** How HTTP/2 is spoken to them; null = by our defaults. */
  readonly http2: Http2ClientPlan | null;
  /** Null = plain. */
  readonly tls: ClientTlsPlan | null;
  /** FaultAssignment that applies: SERVICE.NAMESPACE of `SERVICE.NAMESPACE:PORT`, or the name itself. */
  readonly service: string;
}

/** Times in ms, 0 = never; windows and tables in bytes. */
export interface Http2ClientPlan {
  /** Most streams on one connection, whatever more the server allows. */
  readonly maxConcurrentStreams: number;
  readonly streamWindow: number;
  readonly connectionWindow: number;
  /** Of each HPACK table, ours and the one that the server may use. */
  readonly tableBytes: number;
  /** A PING after so much silence, the time that its answer may take, and the silence after which a request sends one ahead. */
  readonly keepaliveInterval: number;
  readonly keepaliveTimeout: number;
  readonly keepaliveIdle: number;
}

export interface LimitsPlan {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
  /** Of all workers to one endpoint; a worker without any may always open one, as with `maxConnections`. */
  readonly maxConnectionsPerEndpoint: number;
  /** Gauges tell what is left of each limit. */
  readonly trackRemaining: boolean;
  /** Envoy's: percent of active + pending requests, and a floor of concurrent retries. */
  readonly envoyRetryBudget: { readonly percent: number; readonly minConcurrency: number } | null;
  /** Aya's (decision D11): percent of requests over `interval`, and a floor per second. */
  readonly retryBudget: { readonly percent: number; readonly minPerSecond: number; readonly interval: number } | null;
}

/**
 * Cuts off a service or single endpoints while too many attempts fail (decision D6): open for `openFor`, then up to `probes`
 * attempts are let through as a trial. All must succeed; if one does not, it is open for twice as long as before.
 */
export interface ErrorRatePlan {
  readonly per: 'service' | 'endpoint';
  /** At least so many percent of the attempts in `window` failed, and there were at least `minRequests`. */
  readonly threshold: number;
  readonly window: number;
  readonly minRequests: number;
  readonly openFor: number;
  readonly maxOpenFor: number;
  readonly probes: number;
}

/** Envoy's outlier_detection with its defaults; enforcing percentages 0..100. */
export interface OutlierPlan {
  readonly consecutive5xx: number;
  readonly enforcingConsecutive5xx: number;
  readonly consecutiveGatewayFailure: number;
  readonly enforcingConsecutiveGatewayFailure: number;
  readonly splitLocalOrigin: boolean;
  readonly consecutiveLocalOriginFailure: number;
  readonly enforcingConsecutiveLocalOriginFailure: number;
  readonly interval: number;
  readonly baseEjectionTime: number;
  readonly maxEjectionTime: number;
  readonly maxEjectionTimeJitter: number;
  readonly maxEjectionPercent: number;
  readonly alwaysEjectOne: boolean;
  readonly neverEjectAll: boolean;
  readonly successRate: SuccessRatePlan;
  readonly failurePercentage: FailurePercentagePlan;
  /** A passed active health check lets an ejected endpoint back in. */
  readonly passedCheckReturns: boolean;
}

/** Ejects endpoints whose success rate of an interval is below mean - stdev x factor. */
export interface SuccessRatePlan {
  /** Endpoints with enough requests that it takes. */
  readonly minimumHosts: number;
  /** Requests of an interval that it takes. */
  readonly requestVolume: number;
  /** Thousandths. */
  readonly stdevFactor: number;
  readonly enforcing: number;
  readonly enforcingLocalOrigin: number;
}

/** Ejects endpoints of whose requests in an interval at least `threshold` percent failed. */
export interface FailurePercentagePlan {
  readonly threshold: number;
  readonly minimumHosts: number;
  readonly requestVolume: number;
  readonly enforcing: number;
  readonly enforcingLocalOrigin: number;
}

/** Endpoints as columns: row i of each. Slots are allocated by main and keep their meaning over updates. */
export interface EndpointsPlan {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  readonly slots: readonly number[];
  readonly weights: readonly number[];
  readonly priorities: readonly number[];
  readonly hostnames: readonly string[];
  /** Index into `localities`. */
  readonly locality: readonly number[];
  /** A locality that has endpoints of several priorities is an entry per priority. */
  readonly localities: readonly LocalityPlan[];
  /** What load balancing sees of an endpoint's metadata: each value as JSON; null = nothing. Absent = nothing of any. */
  readonly metadata?: readonly (Readonly<Record<string, string>> | null)[];
  /** Where an endpoint is checked otherwise than it is called; absent when all are checked as they are called. */
  readonly checks?: readonly (EndpointCheckPlan | null)[];
}
