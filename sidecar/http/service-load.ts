import { LoadEstimate } from '../cluster/prequal/load-estimate.ts';
import type { Current } from '../core/current.ts';
import type { Exchange, RequestSink } from '../core/exchange.ts';
import { ROW, type Slot } from '../core/slots.ts';
import type { RuntimeView } from './context.ts';
import { sendReply } from './rescue.ts';

/** Where the sidecar of a service answers what load it has. Requests for it never reach the program. */
export const LOAD_PATH = '/.well-known/aya-load';
/** Headers of the answer: requests in flight, and the ms that one takes at that level, 0 when that is not known. */
export const IN_FLIGHT_HEADER = 'aya-in-flight';
export const LATENCY_HEADER = 'aya-latency';

/**
 * The load of the service behind an inbound listener, for callers that balance by it (Prequal). Requests in flight are those
 * of all workers to all clusters that the listener routes to, latencies are what this worker saw.
 */
export class ServiceLoad {
  readonly #estimate = new LoadEstimate();
  readonly #routeConfig: string;
  readonly #current: Current<RuntimeView>;
  /** As of `#view`. */
  #slots: readonly Slot[] = [];
  #view: RuntimeView | null = null;

  constructor(routeConfig: string, current: Current<RuntimeView>) {
    this.#routeConfig = routeConfig;
    this.#current = current;
  }

  /** A request was counted by its cluster. Notes how many others are in flight. */
  arrived(x: Exchange): void {
    x.inFlight = Math.max(0, this.#inFlight() - 1);
  }

  /** The end of every request. */
  ended(x: Exchange): void {
    if (x.inFlight >= 0) this.#estimate.record(x.inFlight, x.ended - x.started, x.status >= 500, x.ended);
  }

  /** Answers a probe. `date` is the text of a Date header. */
  answer(x: Exchange, now: number, date: string): RequestSink {
    const inFlight = this.#inFlight();
    const latency = this.#estimate.at(inFlight, now);
    const headers = [IN_FLIGHT_HEADER, String(inFlight), LATENCY_HEADER, latency.toFixed(3)];
    sendReply(x, { status: 200, flags: 0, detail: 'load', body: '', headers }, null, date);
    return IGNORES;
  }

  #inFlight(): number {
    const view = this.#current.runtime();
    if (view !== this.#view) this.#look(view);
    let sum = 0;
    for (const slot of this.#slots) sum += slot.sum(ROW.active);
    return sum;
  }

  /** Finds the clusters of a new configuration. */
  #look(view: RuntimeView): void {
    this.#view = view;
    const hosts = view.routes.get(this.#routeConfig)?.plan.virtualHosts ?? [];
    const names = hosts.flatMap(({ routes }) =>
      routes.flatMap(({ action }) => (action.kind === 'forward' ? action.clusters.map((each) => each.name) : [])),
    );
    this.#slots = [...new Set(names)].flatMap((name) => view.upstreams.get(name)?.cluster.limits.slot ?? []);
  }
}

/** What is left of a probe's request. */
const IGNORES: RequestSink = {
  onData: () => true,
  onEnd() {},
  onAbort() {},
  onDrain() {},
};
