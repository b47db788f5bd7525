import { flagNames } from '../core/outcome.ts';
import type { Cell, Stats } from '../core/stats.ts';
import type { MeshIdentity } from './request-metrics.ts';

/** Istio's standard TCP metrics (istio_tcp_connections_opened_total and so on), one object per filter chain. */
export class TcpMetrics {
  readonly #stats: Stats;
  readonly #identity: MeshIdentity;
  readonly #clusters = new Map<string, ClusterTcpMetrics>();

  constructor(stats: Stats, identity: MeshIdentity) {
    this.#stats = stats;
    this.#identity = identity;
  }

  /** Metrics of connections to one cluster. */
  of(cluster: string): ClusterTcpMetrics {
    let metrics = this.#clusters.get(cluster);
    if (!metrics) {
      const { reporter, labels } = this.#identity;
      metrics = new ClusterTcpMetrics(this.#stats, { reporter, ...labels, ...this.#identity.peer(cluster) });
      this.#clusters.set(cluster, metrics);
    }
    return metrics;
  }
}

/** Bytes count as they move, from the side of the upstream: received from the client, sent to it. */
export class ClusterTcpMetrics {
  readonly opened: Cell;
  readonly received: Cell;
  readonly sent: Cell;
  readonly #stats: Stats;
  readonly #base: Readonly<Record<string, string>>;
  /** By flags. */
  readonly #closed = new Map<number, Cell>();

  constructor(stats: Stats, base: Readonly<Record<string, string>>) {
    this.#stats = stats;
    this.#base = { ...base, request_protocol: 'tcp' };
    const labels = { ...this.#base, response_flags: '-' };
    this.opened = stats.labelled('istio_tcp_connections_opened_total', labels);
    this.received = stats.labelled('istio_tcp_received_bytes_total', labels);
    this.sent = stats.labelled('istio_tcp_sent_bytes_total', labels);
  }

  closed(flags: number): void {
    let cell = this.#closed.get(flags);
    if (!cell) {
      cell = this.#stats.labelled('istio_tcp_connections_closed_total', {
        ...this.#base,
        response_flags: flagNames(flags),
      });
      this.#closed.set(flags, cell);
    }
    cell.inc();
  }
}
