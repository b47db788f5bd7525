import { GRPC, GRPC_STATUSES } from '../core/grpc.ts';
import type { Cell, Stats } from '../core/stats.ts';

/** gRPC calls of a cluster under the names of Envoy's gRPC statistics filter: `grpc.success`, `grpc.14`, ... */
export class GrpcCounters {
  readonly #stats: Stats;
  readonly #owner: string;
  readonly #success: Cell;
  readonly #failure: Cell;
  readonly #total: Cell;
  /** Made when a status is first seen. */
  readonly #statuses: (Cell | null)[] = new Array<Cell | null>(GRPC_STATUSES).fill(null);

  constructor(stats: Stats, owner: string) {
    this.#stats = stats;
    this.#owner = owner;
    this.#success = stats.counter('cluster', owner, 'grpc.success');
    this.#failure = stats.counter('cluster', owner, 'grpc.failure');
    this.#total = stats.counter('cluster', owner, 'grpc.total');
  }

  /** A status that gRPC does not know counts as a failure only. */
  record(status: number): void {
    this.#total.inc();
    (status === GRPC.ok ? this.#success : this.#failure).inc();
    if (status < GRPC_STATUSES) (this.#statuses[status] ?? this.#first(status)).inc();
  }

  #first(status: number): Cell {
    const cell = this.#stats.counter('cluster', this.#owner, `grpc.${status}`);
    this.#statuses[status] = cell;
    return cell;
  }
}
