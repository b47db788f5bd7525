import type { FilterOverrides } from './filter-override.ts';
import type { HeaderMatchPlan, MatchPlan } from './match.ts';
import type { SubsetKey } from './subset.ts';

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
  readonly filterConfig: FilterOverrides;
}

export interface RoutePlan {
  /** '' when unnamed. */
  readonly name: string;
  readonly match: MatchPlan;
  readonly action: RouteActionPlan;
  readonly requestHeaders: HeaderMutations;
  readonly responseHeaders: HeaderMutations;
  readonly filterConfig: FilterOverrides;
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
  /** CONNECT ends here, and its bytes go to an endpoint as they are (Envoy's connect_config). */
  readonly connect: boolean;
  /** Whether requests may switch to a protocol (lower case); those not named are as the connection manager says. */
  readonly upgrades: Readonly<Record<string, boolean>>;
  /** 0 = none. Includes retries, from the end of the request. */
  readonly timeout: number;
  /** Idle stream; 0 = never, -1 = as the connection manager says. */
  readonly idleTimeout: number;
  readonly retry: RetryPlan | null;
  /** Ms from the beginning to the end of the response; absent or 0 = no limit. */
  readonly maxStreamDuration?: number;
  /** grpc-timeout is honoured up to so many ms, 0 = whatever it says; absent or null = it is only passed on. */
  readonly grpcTimeoutMax?: number | null;
  readonly prefixRewrite: string | null;
  readonly regexRewrite: { readonly pattern: string; readonly substitution: string } | null;
  readonly hostRewrite: string;
  readonly hostRewriteHeader: string;
  /** Copies of the request body kept for retries, bytes (decision D10). */
  readonly bufferLimit: number;
  /** What a request is hashed by, for clusters whose policy goes by a hash. */
  readonly hash: readonly HashSourcePlan[];
  /** Null = clients are kept at no endpoint by a cookie. */
  readonly session: SessionPlan | null;
  /** Seconds that a client stays at its endpoint, by its address; 0 = it need not. */
  readonly stickToSource: number;
  /** Of a cluster that a header names; otherwise see `clusters`. */
  readonly subset: SubsetKey;
  readonly priority: 'default' | 'high';
}

/** Sources are combined in order; a `terminal` one ends the list when it or one before it gave a hash. */
export type HashSourcePlan = { readonly terminal: boolean } & (
  | { readonly kind: 'header' | 'query'; readonly name: string }
  | { readonly kind: 'source-ip' }
  /** `ttl`: seconds of a cookie that is made when the request has none, 0 = for the session, null = none is made. */
  | { readonly kind: 'cookie'; readonly name: string; readonly ttl: number | null; readonly path: string }
);

/** A cookie that names the endpoint of a client's session. */
export interface SessionPlan {
  readonly name: string;
  /** Seconds, 0 = for the client's session. */
  readonly ttl: number;
  readonly path: string;
  readonly strict: boolean;
}

export interface WeightedClusterPlan {
  readonly name: string;
  readonly weight: number;
  /** Empty = the cluster's fall-back, if it has subsets. */
  readonly subset: SubsetKey;
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
  /** Ms from one piece of a response to the next; absent or 0 = no limit. */
  readonly perTryIdleTimeout?: number;
  /** Ms after which another attempt begins beside the first; absent or 0 = never. */
  readonly hedgeAfter?: number;
  /** For the word retriable-headers: responses with any of these. */
  readonly headers?: readonly HeaderMatchPlan[];
  /** Response headers that say when to come back, and the longest wait that is believed, ms. */
  readonly rateLimited?:
    | {
        readonly headers: readonly { readonly name: string; readonly unixTime: boolean }[];
        readonly max: number;
      }
    | null
    | undefined;
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
