/** One number in memory that only this thread writes: a counter or a gauge. Main reads it without a message. */
export class Cell {
  readonly #cells: Float64Array;
  readonly #at: number;

  constructor(cells: Float64Array, at: number) {
    this.#cells = cells;
    this.#at = at;
  }

  inc(): void {
    this.#cells[this.#at] = (this.#cells[this.#at] as number) + 1;
  }

  add(by: number): void {
    this.#cells[this.#at] = (this.#cells[this.#at] as number) + by;
  }

  /** For gauges that one thread alone owns (main: membership and the like). */
  set(value: number): void {
    this.#cells[this.#at] = value;
  }

  get value(): number {
    return this.#cells[this.#at] as number;
  }
}

/** A log-linear histogram (4 sub-buckets per power of two) of milliseconds or bytes. */
export interface Distribution {
  record(value: number): void;
}

/**
 * Where a thread finds its series (decision D14). Asking twice for one name gives the same cell. `scope` and `name`
 * follow Envoy: counter('cluster', 'cart', 'upstream_rq_total') is `cluster.cart.upstream_rq_total`, and for Prometheus
 * `envoy_cluster_upstream_rq_total{envoy_cluster_name="cart"}`. Never called per request for a series already held.
 */
export interface Stats {
  counter(scope: StatScope, owner: string, name: string): Cell;
  gauge(scope: StatScope, owner: string, name: string): Cell;
  histogram(scope: StatScope, owner: string, name: string): Distribution;
  /** A counter or histogram known by labels (Istio's standard metrics). */
  labelled(name: string, labels: Readonly<Record<string, string>>): Cell;
  labelledHistogram(name: string, labels: Readonly<Record<string, string>>): Distribution;
}

export type StatScope = 'cluster' | 'http' | 'tcp' | 'listener' | 'listener_manager' | 'server' | 'control_plane';
