import type { Exchange } from '../core/exchange.ts';
import { GRPC_STATUSES } from '../core/grpc.ts';
import { flagNames } from '../core/outcome.ts';
import type { Cell, Distribution, Stats } from '../core/stats.ts';
import { GrpcRoutes } from './grpc-routes.ts';

/** In place of a gRPC status. */
const NOT_GRPC = -1;

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
  readonly #grpcRoutes: GrpcRoutes;

  constructor(stats: Stats, identity: MeshIdentity) {
    this.#grpcRoutes = new GrpcRoutes(stats);
    this.#stats = stats;
    this.#identity = identity;
  }

  /** The exchange is over. */
  record(x: Exchange): void {
    const cluster = this.#clusters.get(x.cluster) ?? this.#first(x.cluster);
    cluster.record(x);
  }

  /** The same of a gRPC call, by its route. */
  recordGrpc(x: Exchange): void {
    this.#grpcRoutes.record(x);
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
  /** gRPC with an HTTP status of 200, without any flag: by gRPC status. */
  readonly #grpc: (LabelSet | null)[] = new Array<LabelSet | null>(GRPC_STATUSES + 1).fill(null);
  /** All others, by flags, status and gRPC status. */
  readonly #rare = new Map<number, LabelSet>();

  constructor(stats: Stats, base: Readonly<Record<string, string>>) {
    this.#stats = stats;
    this.#base = base;
  }

  record(x: Exchange): void {
    const { status, flags } = x;
    const grpc = x.grpc ? Math.min(x.grpcStatus, GRPC_STATUSES) : NOT_GRPC;
    let set: LabelSet | null | undefined;
    if (flags === 0 && status > 0 && status < 600 && (grpc === NOT_GRPC || status === 200)) {
      const usual = grpc === NOT_GRPC ? this.#plain : this.#grpc;
      const at = grpc === NOT_GRPC ? status : grpc;
      set = usual[at];
      if (!set) {
        set = this.#make(status, 0, grpc);
        usual[at] = set;
      }
    } else {
      const key = (flags * 1024 + (status & 1023)) * 32 + grpc + 1;
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

  #make(status: number, flags: number, grpc: number): LabelSet {
    const labels = {
      ...this.#base,
      request_protocol: grpc === NOT_GRPC ? 'http' : 'grpc',
      response_code: String(status),
      ...(grpc !== NOT_GRPC && { grpc_response_status: grpc < GRPC_STATUSES ? String(grpc) : 'other' }),
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
