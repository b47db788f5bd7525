import type { Cell, Distribution, Stats } from '../core/stats.ts';
import { GrpcCounters } from './grpc-counters.ts';
import { ResponseCounters } from './response-counters.ts';

/**
 * What a worker counts about one cluster, each field under Envoy's name for it. Two objects for one cluster share their
 * cells, so counters survive a change of configuration. Made when configuration arrives, never per request.
 */
export class ClusterStats {
  readonly upstreamRqTotal: Cell;
  readonly upstreamRqCompleted: Cell;
  readonly upstreamRqPendingTotal: Cell;
  readonly upstreamRqPendingOverflow: Cell;
  readonly upstreamRqActiveOverflow: Cell;
  readonly upstreamRqBreakerOverflow: Cell;
  readonly upstreamRqTimeout: Cell;
  readonly upstreamRqPerTryTimeout: Cell;
  readonly upstreamRqRetry: Cell;
  readonly upstreamRqRetrySuccess: Cell;
  readonly upstreamRqRetryOverflow: Cell;
  readonly upstreamRqRetryLimitExceeded: Cell;
  readonly upstreamRqRetryBackoffExponential: Cell;
  readonly upstreamRqRetryBackoffRatelimited: Cell;
  readonly upstreamRqCancelled: Cell;
  readonly upstreamRqRxReset: Cell;
  readonly upstreamRqTxReset: Cell;
  readonly retryOrShadowAbandoned: Cell;
  readonly upstreamCxTotal: Cell;
  readonly upstreamCxHttp1Total: Cell;
  readonly upstreamCxHttp2Total: Cell;
  readonly upstreamCxConnectFail: Cell;
  readonly upstreamCxConnectTimeout: Cell;
  readonly upstreamCxConnectAttemptsExceeded: Cell;
  readonly upstreamCxOverflow: Cell;
  readonly upstreamCxDestroy: Cell;
  readonly upstreamCxDestroyLocal: Cell;
  readonly upstreamCxDestroyRemote: Cell;
  readonly upstreamCxDestroyWithActiveRq: Cell;
  readonly upstreamCxDestroyLocalWithActiveRq: Cell;
  readonly upstreamCxDestroyRemoteWithActiveRq: Cell;
  readonly upstreamCxIdleTimeout: Cell;
  readonly upstreamCxMaxRequests: Cell;
  readonly upstreamCxProtocolError: Cell;
  readonly http2KeepaliveTimeout: Cell;
  readonly upstreamCxNoneHealthy: Cell;
  readonly upstreamCxRxBytesTotal: Cell;
  readonly upstreamCxTxBytesTotal: Cell;
  readonly lbHealthyPanic: Cell;
  readonly upstreamRqActive: Cell;
  readonly upstreamRqPendingActive: Cell;
  readonly upstreamCxActive: Cell;
  readonly upstreamRqTime: Distribution;
  readonly upstreamCxConnectMs: Distribution;
  readonly upstreamCxLengthMs: Distribution;
  readonly #stats: Stats;
  readonly #owner: string;
  readonly #responses: ResponseCounters;
  /** Made with the first retry on a status. */
  #retried: ResponseCounters | null = null;
  /** Made with the first gRPC call. */
  #grpc: GrpcCounters | null = null;

  /** `owner` is ClusterPlan.statName. */
  constructor(stats: Stats, owner: string) {
    const counter = (name: string): Cell => stats.counter('cluster', owner, name);
    const gauge = (name: string): Cell => stats.gauge('cluster', owner, name);
    const histogram = (name: string): Distribution => stats.histogram('cluster', owner, name);
    this.#stats = stats;
    this.#owner = owner;
    this.upstreamRqTotal = counter('upstream_rq_total');
    this.upstreamRqCompleted = counter('upstream_rq_completed');
    this.upstreamRqPendingTotal = counter('upstream_rq_pending_total');
    this.upstreamRqPendingOverflow = counter('upstream_rq_pending_overflow');
    this.upstreamRqActiveOverflow = counter('upstream_rq_active_overflow');
    this.upstreamRqBreakerOverflow = counter('upstream_rq_breaker_overflow');
    this.upstreamRqTimeout = counter('upstream_rq_timeout');
    this.upstreamRqPerTryTimeout = counter('upstream_rq_per_try_timeout');
    this.upstreamRqRetry = counter('upstream_rq_retry');
    this.upstreamRqRetrySuccess = counter('upstream_rq_retry_success');
    this.upstreamRqRetryOverflow = counter('upstream_rq_retry_overflow');
    this.upstreamRqRetryLimitExceeded = counter('upstream_rq_retry_limit_exceeded');
    this.upstreamRqRetryBackoffExponential = counter('upstream_rq_retry_backoff_exponential');
    this.upstreamRqRetryBackoffRatelimited = counter('upstream_rq_retry_backoff_ratelimited');
    this.upstreamRqCancelled = counter('upstream_rq_cancelled');
    this.upstreamRqRxReset = counter('upstream_rq_rx_reset');
    this.upstreamRqTxReset = counter('upstream_rq_tx_reset');
    this.retryOrShadowAbandoned = counter('retry_or_shadow_abandoned');
    this.upstreamCxTotal = counter('upstream_cx_total');
    this.upstreamCxHttp1Total = counter('upstream_cx_http1_total');
    this.upstreamCxHttp2Total = counter('upstream_cx_http2_total');
    this.upstreamCxConnectFail = counter('upstream_cx_connect_fail');
    this.upstreamCxConnectTimeout = counter('upstream_cx_connect_timeout');
    this.upstreamCxConnectAttemptsExceeded = counter('upstream_cx_connect_attempts_exceeded');
    this.upstreamCxOverflow = counter('upstream_cx_overflow');
    this.upstreamCxDestroy = counter('upstream_cx_destroy');
    this.upstreamCxDestroyLocal = counter('upstream_cx_destroy_local');
    this.upstreamCxDestroyRemote = counter('upstream_cx_destroy_remote');
    this.upstreamCxDestroyWithActiveRq = counter('upstream_cx_destroy_with_active_rq');
    this.upstreamCxDestroyLocalWithActiveRq = counter('upstream_cx_destroy_local_with_active_rq');
    this.upstreamCxDestroyRemoteWithActiveRq = counter('upstream_cx_destroy_remote_with_active_rq');
    this.upstreamCxIdleTimeout = counter('upstream_cx_idle_timeout');
    this.upstreamCxMaxRequests = counter('upstream_cx_max_requests');
    this.http2KeepaliveTimeout = counter('http2.keepalive_timeout');
    this.upstreamCxProtocolError = counter('upstream_cx_protocol_error');
    this.upstreamCxNoneHealthy = counter('upstream_cx_none_healthy');
    this.upstreamCxRxBytesTotal = counter('upstream_cx_rx_bytes_total');
    this.upstreamCxTxBytesTotal = counter('upstream_cx_tx_bytes_total');
    this.lbHealthyPanic = counter('lb_healthy_panic');
    this.upstreamRqActive = gauge('upstream_rq_active');
    this.upstreamRqPendingActive = gauge('upstream_rq_pending_active');
    this.upstreamCxActive = gauge('upstream_cx_active');
    this.upstreamRqTime = histogram('upstream_rq_time');
    this.upstreamCxConnectMs = histogram('upstream_cx_connect_ms');
    this.upstreamCxLengthMs = histogram('upstream_cx_length_ms');
    this.#responses = new ResponseCounters(stats, 'cluster', owner, 'upstream_rq_', true);
  }

  /** The answer to a request: the upstream's, or our own in its place when it failed. */
  recordResponse(status: number): void {
    this.upstreamRqCompleted.inc();
    this.#responses.record(status);
  }

  /** A gRPC call is over, by whomever its status was said. */
  recordGrpc(status: number): void {
    this.#grpc ??= new GrpcCounters(this.#stats, this.#owner);
    this.#grpc.record(status);
  }

  /** A response that was not passed on because another attempt follows (`retry.upstream_rq_...`). */
  recordRetried(status: number): void {
    this.#retried ??= new ResponseCounters(this.#stats, 'cluster', this.#owner, 'retry.upstream_rq_', true);
    this.#retried.record(status);
  }
}
