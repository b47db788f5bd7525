import { type Random, seededRandom } from '../../shared/struct/random.ts';
import { Cluster } from '../../sidecar/cluster/cluster.ts';
import type { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import type { ProbeAnswer } from '../../sidecar/cluster/prequal/prequal-picker.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import type { BalancerPlan, SlowStartPlan } from '../../sidecar/core/plan/balancer.ts';
import { clusterPlan, endpointsPlan, slotTable, surroundings } from '../support/cluster.ts';
import { Events } from './events.ts';
import type { Replica } from './replica.ts';

export interface Policy {
  readonly balancer: BalancerPlan;
  readonly slowStart?: SlowStartPlan;
}

/** A service and its callers in virtual time. */
export interface Scenario {
  readonly name: string;
  readonly sidecars: number;
  /** The endpoints at the start; index i answers for address i. */
  readonly replicas: (events: Events, random: Random) => Replica[];
  /** Requests per ms, all sidecars together. */
  readonly rate: number;
  /** Mean work of a request, ms on a processor of speed 1; it is exponential. */
  readonly work: number;
  readonly duration: number;
  /** What happens on the way. */
  readonly story?: (mesh: Mesh, random: Random) => void;
}

export interface Result {
  /** Ms. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** Share of requests that were answered 503. */
  readonly errors: number;
  readonly requests: number;
}

/** One way, ms. */
const NETWORK = 0.25;
/** Requests in this first part of the time are not measured. */
const WARM_UP = 0.2;

/** Every sidecar knows only what it has sent itself, as in life; all balance by the same policy. */
export class Mesh {
  readonly events = new Events();
  readonly replicas: Replica[];
  /** Processors that a replica's load is measured against: what it is sure to have. */
  allocation = 1;
  readonly #scenario: Scenario;
  readonly #policy: Policy;
  readonly #random: Random;
  readonly #latencies: number[] = [];
  #clusters: Cluster[];
  #errors = 0;

  constructor(scenario: Scenario, policy: Policy, seed: number) {
    this.#scenario = scenario;
    this.#policy = policy;
    this.#random = seededRandom(seed);
    this.replicas = scenario.replicas(this.events, seededRandom(seed + 1_000));
    const { balancer, slowStart = null } = policy;
    this.#clusters = Array.from({ length: scenario.sidecars }, (_, sidecar) => {
      const around = surroundings({
        // Room for those that join later.
        slots: slotTable(this.replicas.length + 64),
        random: seededRandom(seed * 7_919 + sidecar),
        now: () => this.events.now,
        probe: (endpoint, done) => this.#probe(endpoint, done),
      });
      return Cluster.create(clusterPlan({ balancer, slowStart }), around);
    });
    this.#announce();
  }

  /** One more endpoint, which all sidecars hear of at once. */
  join(replica: Replica): void {
    this.replicas.push(replica);
    this.#announce();
  }

  run(): Result {
    const { duration, story } = this.#scenario;
    story?.(this, seededRandom(17));
    this.#arrive();
    this.events.run(duration);
    const sorted = Float64Array.from(this.#latencies).sort();
    const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return {
      p50: quantile(0.5),
      p99: quantile(0.99),
      p999: quantile(0.999),
      errors: this.#errors / Math.max(1, sorted.length + this.#errors),
      requests: sorted.length,
    };
  }

  #announce(): void {
    const plan = endpointsPlan(this.replicas.map(() => 1));
    this.#clusters = this.#clusters.map((each) => each.withEndpoints(plan).cluster);
  }

  #arrive(): void {
    const random = this.#random;
    this.events.after(-Math.log(1 - random()) / this.#scenario.rate, () => {
      this.#request(Math.floor(random() * this.#clusters.length), -Math.log(1 - random()) * this.#scenario.work);
      this.#arrive();
    });
  }

  #request(sidecar: number, work: number): void {
    const { events } = this;
    const began = events.now;
    const endpoint = (this.#clusters[sidecar] as Cluster).pick(null, 0) as LiveEndpoint;
    const replica = this.#replicaOf(endpoint);
    endpoint.begin();
    events.after(NETWORK, () =>
      replica.serve(work, (status) => {
        const report = this.#report(replica);
        events.after(NETWORK, () => {
          endpoint.meter?.head(status, report, events.now - began, events.now);
          endpoint.end();
          if (began < WARM_UP * this.#scenario.duration) return;
          if (status === 200) this.#latencies.push(events.now - began);
          else this.#errors += 1;
        });
      }),
    );
  }

  #probe(endpoint: LiveEndpoint, done: (answer: ProbeAnswer) => void): void {
    const replica = this.#replicaOf(endpoint);
    this.events.after(NETWORK, () => {
      const { inFlight } = replica;
      const answer = { inFlight, latency: replica.estimate.at(inFlight, this.events.now) };
      this.events.after(NETWORK, () => done(answer));
    });
  }

  /** The load report of a response, where the policy reads it. */
  #report(replica: Replica): HeaderList {
    if (this.#policy.balancer.kind !== 'client-side-weights') return NONE;
    const { processors, rate } = replica.load();
    const utilization = (processors / this.allocation).toFixed(3);
    return HeaderList.of(
      'endpoint-load-metrics',
      `TEXT cpu_utilization=${utilization},rps_fractional=${rate.toFixed(3)}`,
    );
  }

  #replicaOf(endpoint: LiveEndpoint): Replica {
    // Slot 0 is the cluster's.
    return this.replicas[endpoint.slotIndex - 1] as Replica;
  }
}

const NONE = HeaderList.of();
