import type { Cell, Stats } from '../core/stats.ts';

/** What a worker counts about one TCP proxy (`tcp.PREFIX.*`), each field under Envoy's name for it. */
export class TcpStats {
  readonly downstreamCxTotal: Cell;
  readonly downstreamCxNoRoute: Cell;
  readonly downstreamCxRxBytesTotal: Cell;
  readonly downstreamCxTxBytesTotal: Cell;
  readonly downstreamFlowControlPausedReadingTotal: Cell;
  readonly downstreamFlowControlResumedReadingTotal: Cell;
  readonly idleTimeout: Cell;
  /** Not Envoy's, which shows it for the listener. */
  readonly downstreamCxActive: Cell;

  /** `prefix` is TcpProxyPlan.statPrefix. */
  constructor(stats: Stats, prefix: string) {
    const counter = (name: string): Cell => stats.counter('tcp', prefix, name);
    this.downstreamCxTotal = counter('downstream_cx_total');
    this.downstreamCxNoRoute = counter('downstream_cx_no_route');
    this.downstreamCxRxBytesTotal = counter('downstream_cx_rx_bytes_total');
    this.downstreamCxTxBytesTotal = counter('downstream_cx_tx_bytes_total');
    this.downstreamFlowControlPausedReadingTotal = counter('downstream_flow_control_paused_reading_total');
    this.downstreamFlowControlResumedReadingTotal = counter('downstream_flow_control_resumed_reading_total');
    this.idleTimeout = counter('idle_timeout');
    this.downstreamCxActive = stats.gauge('tcp', prefix, 'downstream_cx_active');
  }
}
