import type { Cell, Stats } from '../core/stats.ts';

/** What a worker counts about one listener (`listener.ADDRESS.*`), each field under Envoy's name for it. */
export class ListenerStats {
  readonly downstreamCxTotal: Cell;
  /** Closed before it was known what they are. */
  readonly downstreamPreCxTimeout: Cell;
  /** Whose TLS handshake took too long. */
  readonly downstreamCxTransportSocketConnectTimeout: Cell;
  readonly noFilterChainMatch: Cell;
  /** Whose first bytes are looked at now. */
  readonly downstreamPreCxActive: Cell;

  /** `address`: `ip:port` as the listener has them. */
  constructor(stats: Stats, address: string) {
    this.downstreamCxTotal = stats.counter('listener', address, 'downstream_cx_total');
    this.downstreamPreCxTimeout = stats.counter('listener', address, 'downstream_pre_cx_timeout');
    this.downstreamCxTransportSocketConnectTimeout = stats.counter(
      'listener',
      address,
      'downstream_cx_transport_socket_connect_timeout',
    );
    this.noFilterChainMatch = stats.counter('listener', address, 'no_filter_chain_match');
    this.downstreamPreCxActive = stats.gauge('listener', address, 'downstream_pre_cx_active');
  }
}
