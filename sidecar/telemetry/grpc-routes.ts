import type { Exchange } from '../core/exchange.ts';
import { GRPC, GRPC_STATUSES } from '../core/grpc.ts';
import type { Cell, Stats } from '../core/stats.ts';

/**
 * gRPC calls by route and status: `aya_grpc_requests_total{virtual_host, route, grpc_status}`. Both names are '' for a call
 * that no route took.
 */
export class GrpcRoutes {
  readonly #stats: Stats;
  /** By virtual host, then by route: the cells by status. */
  readonly #hosts = new Map<string, Map<string, (Cell | null)[]>>();

  constructor(stats: Stats) {
    this.#stats = stats;
  }

  record({ grpcStatus, routeName, virtualHost }: Exchange): void {
    const status = grpcStatus < GRPC_STATUSES ? grpcStatus : GRPC.unknown;
    const cells = this.#hosts.get(virtualHost)?.get(routeName) ?? this.#route(virtualHost, routeName);
    (cells[status] ?? this.#first(cells, status, virtualHost, routeName)).inc();
  }

  #route(host: string, route: string): (Cell | null)[] {
    const cells = new Array<Cell | null>(GRPC_STATUSES).fill(null);
    let routes = this.#hosts.get(host);
    if (!routes) {
      routes = new Map();
      this.#hosts.set(host, routes);
    }
    routes.set(route, cells);
    return cells;
  }

  #first(cells: (Cell | null)[], status: number, host: string, route: string): Cell {
    const labels = { virtual_host: host, route, grpc_status: String(status) };
    const cell = this.#stats.labelled('aya_grpc_requests_total', labels);
    cells[status] = cell;
    return cell;
  }
}
