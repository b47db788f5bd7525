/** Filters that keep too many requests from the upstream, with Envoy's defaults filled in. */

/** Envoy's adaptive concurrency, gradient controller. */
export interface AdaptiveConcurrencyPlan {
  /** Of the latencies of one window, 0..100. */
  readonly percentile: number;
  readonly maxConcurrency: number;
  readonly updateInterval: number;
  readonly minRttInterval: number;
  /** Latencies that one measurement of the minimum takes. */
  readonly requestCount: number;
  /** Percent of `minRttInterval` that it may be longer. */
  readonly jitter: number;
  readonly minConcurrency: number;
  /** Percent of the minimum that latency may be above it. */
  readonly buffer: number;
  /** Of a request that is refused. */
  readonly status: number;
}

/** Envoy's admission control. */
export interface AdmissionControlPlan {
  readonly window: number;
  readonly aggression: number;
  /** Success rate below which requests are refused, percent. */
  readonly threshold: number;
  /** Requests per second below which none is. */
  readonly rps: number;
  /** Percent. */
  readonly maxRejection: number;
  /** Half-open ranges. */
  readonly httpSuccess: readonly { readonly start: number; readonly end: number }[];
  readonly grpcSuccess: readonly number[];
}
