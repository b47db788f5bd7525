import { seededRandom } from '../../shared/struct/random.ts';
import { VirtualClock } from '../../shared/time/virtual-clock.ts';
import { Cluster } from '../../sidecar/cluster/cluster.ts';
import type { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import type { Detector } from '../../sidecar/cluster/outlier/detector.ts';
import { observationOfFailure, observationOfStatus } from '../../sidecar/cluster/outlier/observation.ts';
import { RetryPolicy } from '../../sidecar/cluster/retry/policy.ts';
import { Exchange, type ServerStream } from '../../sidecar/core/exchange.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { FAILURE } from '../../sidecar/core/outcome.ts';
import type { ClusterPlan } from '../../sidecar/core/plan/cluster.ts';
import type { RetryPlan } from '../../sidecar/core/plan/route.ts';
import { pageBytes, SlotTable } from '../../sidecar/core/slots.ts';
import { Cell, type Stats } from '../../sidecar/core/stats.ts';
import { type EjectionEvent, Ejector } from '../../sidecar/worker/ejector.ts';
import { endpointsPlan, IdlePool } from '../support/cluster.ts';

export interface Scenario {
  readonly cluster: ClusterPlan;
  readonly retry: RetryPlan;
  readonly endpoints: number;
  /** What endpoint `index` does with a request at `now` ms: a status, or 0 = refuses the connection. */
  readonly answer: (index: number, now: number) => number;
  readonly method: string;
  /** Requests a second, over all workers. */
  readonly rate: number;
  readonly seconds: number;
  readonly workers: number;
  readonly seed: number;
}

export interface Report {
  readonly requests: number;
  readonly attempts: number;
  /** Requests that ended with 5xx or without an answer. */
  readonly failed: number;
  /** Of these, those that found nobody to ask. */
  readonly noHost: number;
  readonly events: readonly EjectionEvent[];
}

const stats: Stats = {
  counter: () => new Cell(new Float64Array(1), 0),
  gauge: () => new Cell(new Float64Array(1), 0),
  histogram: () => ({ record() {} }),
  labelled: () => new Cell(new Float64Array(1), 0),
  labelledHistogram: () => ({ record() {} }),
};

/** How long a worker's report takes to main, ms. */
const REPORT_DELAY = 1;

/** Workers and main of one sidecar in virtual time: requests take no time, back-offs and ejections do. */
export class FailingService {
  readonly #scenario: Scenario;
  readonly #clock = new VirtualClock();
  readonly #random;
  readonly #events: EjectionEvent[] = [];
  readonly #ejector: Ejector;
  readonly #clusters: readonly Cluster[];
  readonly #retry: RetryPolicy;
  #attempts = 0;
  #failed = 0;
  #noHost = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#random = seededRandom(scenario.seed);
    this.#retry = new RetryPolicy(scenario.retry);
    const { cluster, endpoints, workers } = scenario;
    const page = new SharedArrayBuffer(pageBytes(workers));
    const tableOf = (me: number): SlotTable => {
      const table = new SlotTable(workers, me);
      table.addPage(page);
      return table;
    };
    const [clock, random] = [this.#clock, this.#random];
    const onEvent = (event: EjectionEvent): number => this.#events.push(event);
    this.#ejector = new Ejector({ slots: tableOf(-1), clock, random, stats, onEvent });
    const plan = endpointsPlan(new Array<number>(endpoints).fill(1));
    this.#ejector.put(cluster, plan);
    const report = (slot: number, detector: Detector): void => {
      clock.after(REPORT_DELAY, () => this.#ejector.reported(slot, detector));
    };
    this.#clusters = Array.from({ length: workers }, (_, me) => {
      const around = { slots: tableOf(me), pool: () => new IdlePool(), report, random, now: () => clock.now() };
      return Cluster.create(cluster, around).withEndpoints(plan).cluster;
    });
  }

  run(): Report {
    const { rate, seconds, method } = this.#scenario;
    const requests = rate * seconds;
    for (let request = 0; request < requests; request += 1) {
      const cluster = this.#clusters[request % this.#clusters.length];
      if (cluster) this.#begin(cluster, method);
      this.#clock.advance(1000 / rate);
    }
    this.#clock.advance(1000);
    this.#ejector.close();
    const { length } = this.#clusters.filter((each) => each.limits.slot.sum(0) !== 0);
    if (length > 0) throw new Error('a request is still counted');
    return {
      requests,
      attempts: this.#attempts,
      failed: this.#failed,
      noHost: this.#noHost,
      events: this.#events,
    };
  }

  #begin(cluster: Cluster, method: string): void {
    if (!cluster.limits.beginRequest(this.#clock.now())) throw new Error('no limit is expected to be reached');
    const headers = HeaderList.of();
    this.#try(cluster, new Exchange({} as ServerStream, 11, method, 'http', '', '/', headers, 0, 0), 0, []);
  }

  #try(cluster: Cluster, x: Exchange, retries: number, tried: LiveEndpoint[]): void {
    const endpoint = cluster.pick(tried.length > 0 ? tried : null, this.#retry.hostSelectionAttempts);
    if (!endpoint) {
      this.#noHost += 1;
      return this.#end(cluster, false);
    }
    this.#attempts += 1;
    endpoint.begin();
    const status = this.#scenario.answer(cluster.set.endpoints.indexOf(endpoint), this.#clock.now());
    endpoint.observed(status === 0 ? observationOfFailure(FAILURE.connect) : observationOfStatus(status), 5);
    endpoint.end();
    const again =
      status === 0
        ? this.#retry.retryFailure(x, FAILURE.connect, false)
        : this.#retry.retryStatus(x, status, HeaderList.of());
    const { limits } = cluster;
    if (!again || retries >= this.#retry.attempts || !limits.beginRetry(this.#clock.now())) {
      return this.#end(cluster, status > 0 && status < 500);
    }
    this.#clock.after(this.#retry.backoff(retries + 1, this.#random), () => {
      limits.endRetry();
      this.#try(cluster, x, retries + 1, this.#retry.avoidTried ? [...tried, endpoint] : []);
    });
  }

  #end(cluster: Cluster, success: boolean): void {
    cluster.limits.endRequest();
    if (!success) this.#failed += 1;
  }
}
