import type { Exchange } from '../core/exchange.ts';
import type { Cell, Distribution, Stats } from '../core/stats.ts';
import { ResponseCounters } from './response-counters.ts';

/**
 * What a worker counts about one HTTP connection manager (`http.PREFIX.*`), each field under Envoy's name for it. Listeners
 * with one prefix share their cells.
 */
export class HttpStats {
  readonly downstreamRqTotal: Cell;
  readonly downstreamRqHttp1Total: Cell;
  readonly downstreamRqHttp2Total: Cell;
  readonly downstreamRqCompleted: Cell;
  readonly downstreamRqRxReset: Cell;
  readonly downstreamRqTxReset: Cell;
  readonly downstreamRqTimeout: Cell;
  readonly downstreamRqIdleTimeout: Cell;
  readonly downstreamRqHeaderTimeout: Cell;
  readonly downstreamRqTooLarge: Cell;
  readonly downstreamCxTotal: Cell;
  readonly downstreamCxHttp1Total: Cell;
  readonly downstreamCxHttp2Total: Cell;
  readonly downstreamCxSslTotal: Cell;
  readonly downstreamCxDestroy: Cell;
  readonly downstreamCxDestroyLocal: Cell;
  readonly downstreamCxDestroyRemote: Cell;
  readonly downstreamCxDestroyActiveRq: Cell;
  readonly downstreamCxDestroyLocalActiveRq: Cell;
  readonly downstreamCxDestroyRemoteActiveRq: Cell;
  readonly downstreamCxDrainClose: Cell;
  readonly downstreamCxProtocolError: Cell;
  readonly downstreamCxUpgradesTotal: Cell;
  readonly downstreamCxUpgradesActive: Cell;
  readonly downstreamCxRxBytesTotal: Cell;
  readonly downstreamCxTxBytesTotal: Cell;
  readonly noRoute: Cell;
  readonly noCluster: Cell;
  readonly rqTotal: Cell;
  /** Direct responses and, as in Envoy, redirects. */
  readonly rqDirectResponse: Cell;
  readonly rqResetAfterDownstreamResponseStarted: Cell;
  readonly downstreamRqActive: Cell;
  readonly downstreamCxActive: Cell;
  readonly downstreamCxHttp1Active: Cell;
  readonly downstreamCxHttp2Active: Cell;
  readonly downstreamCxSslActive: Cell;
  readonly downstreamRqTime: Distribution;
  readonly downstreamCxLengthMs: Distribution;
  readonly #responses: ResponseCounters;

  /** `prefix` is HttpManagerPlan.statPrefix. */
  constructor(stats: Stats, prefix: string) {
    const counter = (name: string): Cell => stats.counter('http', prefix, name);
    const gauge = (name: string): Cell => stats.gauge('http', prefix, name);
    const histogram = (name: string): Distribution => stats.histogram('http', prefix, name);
    this.downstreamRqTotal = counter('downstream_rq_total');
    this.downstreamRqHttp1Total = counter('downstream_rq_http1_total');
    this.downstreamRqHttp2Total = counter('downstream_rq_http2_total');
    this.downstreamRqCompleted = counter('downstream_rq_completed');
    this.downstreamRqRxReset = counter('downstream_rq_rx_reset');
    this.downstreamRqTxReset = counter('downstream_rq_tx_reset');
    this.downstreamRqTimeout = counter('downstream_rq_timeout');
    this.downstreamRqIdleTimeout = counter('downstream_rq_idle_timeout');
    this.downstreamRqHeaderTimeout = counter('downstream_rq_header_timeout');
    this.downstreamRqTooLarge = counter('downstream_rq_too_large');
    this.downstreamCxTotal = counter('downstream_cx_total');
    this.downstreamCxHttp1Total = counter('downstream_cx_http1_total');
    this.downstreamCxHttp2Total = counter('downstream_cx_http2_total');
    this.downstreamCxSslTotal = counter('downstream_cx_ssl_total');
    this.downstreamCxDestroy = counter('downstream_cx_destroy');
    this.downstreamCxDestroyLocal = counter('downstream_cx_destroy_local');
    this.downstreamCxDestroyRemote = counter('downstream_cx_destroy_remote');
    this.downstreamCxDestroyActiveRq = counter('downstream_cx_destroy_active_rq');
    this.downstreamCxDestroyLocalActiveRq = counter('downstream_cx_destroy_local_active_rq');
    this.downstreamCxDestroyRemoteActiveRq = counter('downstream_cx_destroy_remote_active_rq');
    this.downstreamCxDrainClose = counter('downstream_cx_drain_close');
    this.downstreamCxProtocolError = counter('downstream_cx_protocol_error');
    this.downstreamCxUpgradesTotal = counter('downstream_cx_upgrades_total');
    this.downstreamCxUpgradesActive = gauge('downstream_cx_upgrades_active');
    this.downstreamCxRxBytesTotal = counter('downstream_cx_rx_bytes_total');
    this.downstreamCxTxBytesTotal = counter('downstream_cx_tx_bytes_total');
    this.noRoute = counter('no_route');
    this.noCluster = counter('no_cluster');
    this.rqTotal = counter('rq_total');
    this.rqDirectResponse = counter('rq_direct_response');
    this.rqResetAfterDownstreamResponseStarted = counter('rq_reset_after_downstream_response_started');
    this.downstreamRqActive = gauge('downstream_rq_active');
    this.downstreamCxActive = gauge('downstream_cx_active');
    this.downstreamCxHttp1Active = gauge('downstream_cx_http1_active');
    this.downstreamCxHttp2Active = gauge('downstream_cx_http2_active');
    this.downstreamCxSslActive = gauge('downstream_cx_ssl_active');
    this.downstreamRqTime = histogram('downstream_rq_time');
    this.downstreamCxLengthMs = histogram('downstream_cx_length_ms');
    this.#responses = new ResponseCounters(stats, 'http', prefix, 'downstream_rq_', false);
  }

  /** The head of a request is there; `version` as in Exchange. */
  beginRequest(version: number): void {
    this.downstreamRqTotal.inc();
    (version === 20 ? this.downstreamRqHttp2Total : this.downstreamRqHttp1Total).inc();
    this.downstreamRqActive.inc();
  }

  /** An exchange has got its connection for another protocol, or for a tunnel. */
  switched(): void {
    this.downstreamCxUpgradesTotal.inc();
    this.downstreamCxUpgradesActive.inc();
  }

  /** The exchange is over: `x.ended` is set, and `x.status` unless nothing was answered. */
  recordRequest(x: Exchange): void {
    this.downstreamRqActive.add(-1);
    if (x.status === 0) return;
    this.downstreamRqCompleted.inc();
    if (x.status === 101 || (x.method === 'CONNECT' && x.status < 300)) this.downstreamCxUpgradesActive.add(-1);
    this.#responses.record(x.status);
    this.downstreamRqTime.record(x.ended - x.started);
  }
}
