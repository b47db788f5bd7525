/**
 * What main resolved from bootstrap and xDS, as plain data with defaults filled, one piece per resource. It crosses to the workers by structured clone, so it holds no functions and no class instances. Durations are
 * milliseconds (0 = none), percentages are 0..100 with decimals, sizes are bytes. Header names are lower case.
 */

/** Only changed pieces travel. `epoch` rises by one per delta; a worker shows it in its row once it is in force. */
export interface PlanDelta {
  readonly epoch: number;
  readonly put: readonly Piece[];
  readonly del: readonly PieceName[];
}

export type Piece =
  | { readonly kind: 'listener'; readonly name: string; readonly value: ListenerPlan }
  | { readonly kind: 'route'; readonly name: string; readonly value: RouteConfigPlan }
  | { readonly kind: 'vhost'; readonly name: string; readonly value: VirtualHostPlan }
  | { readonly kind: 'cluster'; readonly name: string; readonly value: ClusterPlan }
  | { readonly kind: 'endpoints'; readonly name: string; readonly value: EndpointsPlan }
  | { readonly kind: 'fault'; readonly name: string; readonly value: FaultAssignmentPlan };

export interface PieceName {
  readonly kind: Piece['kind'];
  readonly name: string;
}

export interface ListenerPlan {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly direction: 'inbound' | 'outbound' | 'unspecified';
  readonly http: HttpManagerPlan;
}

/** One HTTP connection manager. Source of names and defaults: Envoy's http_connection_manager.proto. */
export interface HttpManagerPlan {
  readonly statPrefix: string;
  /** Key of the RouteConfigPlan; an inline route_config is put under its own name. */
  readonly routeConfig: string;
  readonly filters: readonly HttpFilterPlan[];
  readonly accessLogs: readonly AccessLogPlan[];
  readonly useRemoteAddress: boolean;
  readonly xffTrustedHops: number;
  readonly generateRequestId: boolean;
  readonly preserveExternalRequestId: boolean;
  /** '' = no Via header. */
  readonly via: string;
  /** '' = leave the upstream's Server header; local replies then say `aya`. */
  readonly serverName: string;
  readonly stripPort: 'none' | 'any' | 'matching';
  readonly acceptHttp10: boolean;
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
  /** From the first byte of a head to its end. */
  readonly headersTimeout: number;
  /** From the head to the last byte of the request. */
  readonly requestTimeout: number;
  readonly streamIdleTimeout: number;
  /** Connection without any request. */
  readonly idleTimeout: number;
  readonly maxConnectionDuration: number;
  /** 0 = no limit. */
  readonly maxRequestsPerConnection: number;
  readonly drainTimeout: number;
}

export type HttpFilterPlan = { readonly kind: 'fault'; readonly name: string; readonly fault: HttpFaultPlan };

export interface AccessLogPlan {
  /** File path, or /dev/stdout, /dev/stderr. */
  readonly path: string;
  /** `json`: Aya's JSON lines through pino; `text`: an Envoy format string. */
  readonly format: { readonly kind: 'json' } | { readonly kind: 'text'; readonly text: string };
  /** `errors`: status >= 500 or any response flag. */
  readonly only: 'all' | 'errors';
}

export interface RouteConfigPlan {
  readonly name: string;
  readonly virtualHosts: readonly VirtualHostPlan[];
  /** Unknown hosts are asked for on demand (decision D16). */
  readonly vhds: boolean;
  readonly ignorePortInHost: boolean;
  readonly requestHeaders: HeaderMutations;
  readonly responseHeaders: HeaderMutations;
}

export interface VirtualHostPlan {
  readonly name: string;
  /** Exact, `*.suffix`, `prefix.*` or `*`, each with or without port, lower case. */
  readonly domains: readonly string[];
  readonly routes: readonly RoutePlan[];
  readonly requestHeaders: HeaderMutations;
  readonly responseHeaders: HeaderMutations;
  readonly includeAttemptCount: boolean;
  /** Per-filter overrides by filter name; a route's entry wins over its virtual host's. */
  readonly filterConfig: Readonly<Record<string, HttpFaultPlan>>;
}

export interface RoutePlan {
  /** '' when unnamed. */
  readonly name: string;
  readonly match: MatchPlan;
  readonly action: RouteActionPlan;
  readonly requestHeaders: HeaderMutations;
  readonly responseHeaders: HeaderMutations;
  readonly filterConfig: Readonly<Record<string, HttpFaultPlan>>;
}

export interface MatchPlan {
  readonly path:
    | { readonly kind: 'prefix' | 'exact' | 'segments'; readonly value: string }
    | { readonly kind: 'regex'; readonly value: string };
  readonly caseSensitive: boolean;
  readonly headers: readonly HeaderMatchPlan[];
  readonly query: readonly QueryMatchPlan[];
  readonly grpcOnly: boolean;
  /** Share of requests that may match, 0..100; the others go on to the next route. */
  readonly percent: number;
}

export type StringMatchPlan =
  | { readonly kind: 'exact' | 'prefix' | 'suffix' | 'contains'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'regex'; readonly value: string };

export interface HeaderMatchPlan {
  /** Lower case; `:method`, `:path`, `:authority` and `:scheme` mean the request line's parts. */
  readonly name: string;
  readonly test:
    | StringMatchPlan
    | { readonly kind: 'present'; readonly present: boolean }
    | { readonly kind: 'range'; readonly start: number; readonly end: number };
  readonly invert: boolean;
  readonly missingAsEmpty: boolean;
}

export interface QueryMatchPlan {
  readonly name: string;
  readonly test: StringMatchPlan | { readonly kind: 'present'; readonly present: boolean };
}

export interface HeaderMutations {
  readonly remove: readonly string[];
  readonly add: readonly HeaderAddPlan[];
}

export interface HeaderAddPlan {
  readonly name: string;
  readonly value: string;
  readonly action: 'append' | 'add-if-absent' | 'overwrite' | 'overwrite-if-exists';
}

export type RouteActionPlan =
  | ForwardPlan
  | {
      readonly kind: 'redirect';
      readonly status: 301 | 302 | 303 | 307 | 308;
      readonly scheme: string;
      readonly host: string;
      readonly port: number;
      /** Whole new path, or '' when `prefix` or nothing is rewritten. */
      readonly path: string;
      readonly prefix: string | null;
      readonly stripQuery: boolean;
    }
  | { readonly kind: 'direct'; readonly status: number; readonly body: string };

export interface ForwardPlan {
  readonly kind: 'forward';
  /** One entry of weight 1 for a plain `cluster`. */
  readonly clusters: readonly WeightedClusterPlan[];
  /** '' unless the cluster's name comes from a request header. */
  readonly clusterHeader: string;
  readonly clusterNotFoundStatus: 404 | 500 | 503;
  /** 0 = none. Includes retries, from the end of the request. */
  readonly timeout: number;
  /** Idle stream; 0 = never, -1 = as the connection manager says. */
  readonly idleTimeout: number;
  readonly retry: RetryPlan | null;
  readonly prefixRewrite: string | null;
  readonly regexRewrite: { readonly pattern: string; readonly substitution: string } | null;
  readonly hostRewrite: string;
  readonly hostRewriteHeader: string;
  /** Copies of the request body kept for retries, bytes (decision D10). */
  readonly bufferLimit: number;
  readonly priority: 'default' | 'high';
}

export interface WeightedClusterPlan {
  readonly name: string;
  readonly weight: number;
  readonly requestHeaders: HeaderMutations;
  readonly responseHeaders: HeaderMutations;
}

export interface RetryPlan {
  /** Retries beyond the first attempt. */
  readonly attempts: number;
  /** Envoy's retry_on words: 5xx, gateway-error, reset, reset-before-request, connect-failure, retriable-4xx, ... */
  readonly on: readonly string[];
  readonly statusCodes: readonly number[];
  readonly perTryTimeout: number;
  readonly backoffBase: number;
  readonly backoffMax: number;
  /** Avoid endpoints already tried (predicate previous_hosts); tries per selection. */
  readonly avoidTried: boolean;
  readonly hostSelectionAttempts: number;
  /** Aya's method-aware classes (decision D11) instead of Envoy's meaning. */
  readonly classes: boolean;
  /** With `classes`: also repeat non-idempotent methods once sent. */
  readonly nonIdempotent: boolean;
}

export interface ClusterPlan {
  readonly name: string;
  /** Name for statistics: alt_stat_name or name, ':' written as '_'. */
  readonly statName: string;
  /** Key of the EndpointsPlan. */
  readonly endpoints: string;
  /** Slot of the cluster's own limits; see slots.ts. */
  readonly slot: number;
  readonly balancer:
    | { readonly kind: 'round-robin' | 'random' }
    | { readonly kind: 'least-request'; readonly choices: number; readonly bias: number; readonly fullScan: boolean };
  /** Healthy share below which all endpoints are used, 0..100. */
  readonly panicThreshold: number;
  readonly connectTimeout: number;
  readonly limits: LimitsPlan;
  readonly outlier: OutlierPlan | null;
  readonly idleTimeout: number;
  readonly maxRequestsPerConnection: number;
  /** FaultAssignment that applies: SERVICE.NAMESPACE of `SERVICE.NAMESPACE:PORT`, or the name itself. */
  readonly service: string;
}

export interface LimitsPlan {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
  /** Envoy's: percent of active + pending requests, and a floor of concurrent retries. */
  readonly envoyRetryBudget: { readonly percent: number; readonly minConcurrency: number } | null;
  /** Aya's (decision D11): percent of requests over `interval`, and a floor per second. */
  readonly retryBudget: { readonly percent: number; readonly minPerSecond: number; readonly interval: number } | null;
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
}

/** Envoy's HTTP fault filter. Percentages 0..100; null = that fault is not configured. */
export interface HttpFaultPlan {
  readonly delay: { readonly percent: number; readonly fixed: number } | null;
  readonly abort: { readonly percent: number; readonly status: number; readonly grpcStatus: number | null } | null;
  readonly headers: readonly HeaderMatchPlan[];
  /** Only requests routed to this cluster; '' = any. */
  readonly upstreamCluster: string;
  readonly maxActive: number;
}

/** aya.v1.FaultAssignment: faults towards one service, until its lease ends (decision D21). */
export interface FaultAssignmentPlan {
  readonly service: string;
  readonly rules: readonly FaultRulePlan[];
}

export interface FaultRulePlan {
  /** namespace/name of the FaultPolicy. */
  readonly policy: string;
  /** Any of these; empty = every request. */
  readonly match: readonly MatchPlan[];
  readonly delay: { readonly percent: number; readonly fixed: number } | null;
  readonly abort: { readonly percent: number; readonly status: number; readonly grpcStatus: number | null } | null;
  readonly at: 'attempt' | 'request';
  readonly maxActive: number;
}
