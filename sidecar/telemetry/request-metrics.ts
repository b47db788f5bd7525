import type { Exchange } from '../core/exchange.ts';
import { H } from '../core/headers.ts';
import { flagNames } from '../core/outcome.ts';
import type { Cell, Distribution, Stats } from '../core/stats.ts';

/** Who speaks, as far as this sidecar knows: Istio's label values, e.g. source_workload, destination_service_name. */
export interface MeshIdentity {
  readonly reporter: 'source' | 'destination';
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of the other side by cluster name; asked once per cluster. */
  peer(cluster: string): Readonly<Record<string, string>>;
}

/** Istio's standard metrics (istio_requests_total and its three distributions), one object per listener. */
export class RequestMetrics {
  readonly #stats: Stats;
  readonly #identity: MeshIdentity;
  readonly #clusters = new Map<string, ClusterMetrics>();

  constructor(stats: Stats, identity: MeshIdentity) {
    this.#stats = stats;
    this.#identity = identity;
  }

  /** The exchange is over. */
  record(x: Exchange): void {
    const cluster = this.#clusters.get(x.cluster) ?? this.#first(x.cluster);
    cluster.record(x);
  }

  #first(name: string): ClusterMetrics {
    const { reporter, labels } = this.#identity;
    const all = { reporter, ...labels, ...this.#identity.peer(name) };
    const cluster = new ClusterMetrics(this.#stats, all);
    this.#clusters.set(name, cluster);
    return cluster;
  }
}

/** Metrics towards one cluster: its label sets are found by numbers, so no label text is made per request. */
class ClusterMetrics {
  readonly #stats: Stats;
  readonly #base: Readonly<Record<string, string>>;
  /** Without any flag, plain HTTP: by status. */
  readonly #plain: (LabelSet | null)[] = new Array<LabelSet | null>(600).fill(null);
  /** All others, by flags, status and whether it is gRPC. */
  readonly #rare = new Map<number, LabelSet>();

  constructor(stats: Stats, base: Readonly<Record<string, string>>) {
    this.#stats = stats;
    this.#base = base;
  }

  record(x: Exchange): void {
    const { status, flags } = x;
    // gRPC is always POST; looking at the method first spares most requests the search for a header.
    const grpc = x.method === 'POST' && x.headers.getKnown(H['content-type'])?.startsWith('application/grpc') === true;
    let set: LabelSet | null | undefined;
    if (flags === 0 && !grpc && status > 0 && status < 600) {
      set = this.#plain[status];
      if (!set) {
        set = this.#make(status, 0, false);
        this.#plain[status] = set;
      }
    } else {
      // 18 bits of flags, 10 of status, 1 of protocol: a small integer.
      const key = (flags << 11) | ((status & 1023) << 1) | (grpc ? 1 : 0);
      set = this.#rare.get(key);
      if (!set) {
        set = this.#make(status, flags, grpc);
        this.#rare.set(key, set);
      }
    }
    set.requests.inc();
    set.duration.record(x.ended - x.started);
    set.requestBytes.record(x.bytesReceived);
    set.responseBytes.record(x.bytesSent);
  }

  #make(status: number, flags: number, grpc: boolean): LabelSet {
    const labels = {
      ...this.#base,
      request_protocol: grpc ? 'grpc' : 'http',
      response_code: String(status),
      response_flags: flagNames(flags),
    };
    return {
      requests: this.#stats.labelled('istio_requests_total', labels),
      duration: this.#stats.labelledHistogram('istio_request_duration_milliseconds', labels),
      requestBytes: this.#stats.labelledHistogram('istio_request_bytes', labels),
      responseBytes: this.#stats.labelledHistogram('istio_response_bytes', labels),
    };
  }
}

interface LabelSet {
  readonly requests: Cell;
  readonly duration: Distribution;
  readonly requestBytes: Distribution;
  readonly responseBytes: Distribution;
}
