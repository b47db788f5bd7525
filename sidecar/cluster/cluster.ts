import { isDeepStrictEqual } from 'node:util';
import type { Hash64 } from '../../shared/struct/hash64.ts';
import type { Random } from '../../shared/struct/random.ts';
import type { ClusterPlan, EndpointsPlan } from '../core/plan/cluster.ts';
import type { Pool } from '../core/pool.ts';
import { Preference } from '../core/preference.ts';
import { ROW, SHARED, type SlotTable } from '../core/slots.ts';
import { isHashing } from './balancer/hash-table.ts';
import { meterOf } from './balancer/meters.ts';
import { noteHealth } from './balancer/slow-start.ts';
import { BreakerGate, type ReportTrial } from './breaker/gate.ts';
import { type Draw, Guard } from './breaker/guard.ts';
import { EndpointSet } from './endpoint-set.ts';
import { ClusterLimits } from './limits.ts';
import { LiveEndpoint } from './live-endpoint.ts';
import { Detectors, type Report } from './outlier/detector.ts';
import type { Prober } from './prequal/prequal-picker.ts';
import { Selection } from './selection.ts';
import { Subsets } from './subsets.ts';

/** What a worker lends to its clusters. */
export interface ClusterSurroundings {
  readonly slots: SlotTable;
  /** Makes the pool of an endpoint, once per endpoint, and anew when the cluster's connection settings change. */
  readonly pool: (endpoint: LiveEndpoint, plan: ClusterPlan, limits: ClusterLimits) => Pool;
  readonly report: Report;
  /** Told how attempts of a breaker's trial end. Absent: there are no breakers. */
  readonly reportTrial?: ReportTrial;
  /** Told which endpoint (by slot) says itself that its health check fails. */
  readonly reportSick?: (slot: number) => void;
  readonly random: Random;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Asks an endpoint how loaded it is, for the policy that goes by that. Absent: nobody is asked. */
  readonly probe?: Prober;
}

/** What an update leaves behind. */
export interface ClusterUpdate {
  readonly cluster: Cluster;
  /** Pools without a place in the new view; to be drained once the view is in force. */
  readonly retired: readonly Pool[];
}

/**
 * One cluster as a configuration sees it. A view is immutable and an update makes another; endpoints, pools, limits and
 * detectors are living parts that pass from view to view.
 */
export class Cluster {
  readonly name: string;
  readonly plan: ClusterPlan;
  readonly set: EndpointSet;
  readonly limits: ClusterLimits;
  /** For requests of high priority. */
  readonly highLimits: ClusterLimits;
  /** Chooses instead of `pick` where a breaker or a limit per endpoint has a say; null where `pick` is enough. */
  readonly guard: Guard | null;
  readonly #detectors: Detectors;
  readonly #around: ClusterSurroundings;
  #selection: Selection;
  /** Null = requests are balanced over all endpoints. */
  #subsets: Subsets | null = null;
  #generation = 0;

  private constructor(
    plan: ClusterPlan,
    set: EndpointSet,
    limits: ClusterLimits,
    highLimits: ClusterLimits,
    detectors: Detectors,
    around: ClusterSurroundings,
  ) {
    this.name = plan.name;
    this.plan = plan;
    this.set = set;
    this.limits = limits;
    this.highLimits = highLimits;
    this.#detectors = detectors;
    this.#around = around;
    this.guard = this.#guardOf(plan);
    this.#selection = this.#select();
  }

  /** A new cluster, without endpoints yet. */
  static create(plan: ClusterPlan, around: ClusterSurroundings): Cluster {
    const limits = new ClusterLimits(around.slots.slot(plan.slot), plan.limits, around.now());
    const high = new ClusterLimits(around.slots.slot(plan.highSlot), plan.highLimits, around.now());
    return new Cluster(plan, EndpointSet.empty, limits, high, new Detectors(plan.outlier, around.report), around);
  }

  /** The same cluster with the endpoints of `plan`; endpoints that stay live on. */
  withEndpoints(plan: EndpointsPlan): ClusterUpdate {
    const { set, removed } = this.set.update(plan, (from, row) => this.#makeEndpoint(from, row));
    const cluster = new Cluster(this.plan, set, this.limits, this.highLimits, this.#detectors, this.#around);
    return { cluster, retired: removed.flatMap(poolsOf) };
  }

  /**
   * The same cluster under a changed policy. Limits and thresholds change at once also for older views; pools are made
   * anew only when what they were made with changed. The slot of a cluster never changes while it lives.
   */
  withPlan(plan: ClusterPlan): ClusterUpdate {
    this.limits.adopt(plan.limits, this.#around.now());
    this.highLimits.adopt(plan.highLimits, this.#around.now());
    this.#detectors.adopt(plan.outlier);
    if (!isDeepStrictEqual(this.plan.balancer, plan.balancer)) {
      for (const endpoint of this.set.endpoints) {
        endpoint.meter = meterOf(plan.balancer, endpoint.slot, this.#around.now());
      }
    }
    const retired: Pool[] = [];
    for (const endpoint of this.set.endpoints) {
      this.#protect(endpoint, plan);
      if (samePool(this.plan, plan)) continue;
      retired.push(...poolsOf(endpoint));
      endpoint.pool = this.#around.pool(endpoint, plan, this.limits);
      endpoint.highPool = null;
    }
    const { set, limits, highLimits } = this;
    return { cluster: new Cluster(plan, set, limits, highLimits, this.#detectors, this.#around), retired };
  }

  /**
   * Chooses an endpoint; null when there is none to choose (UH). `hash` is what the request is to stick to its endpoint by,
   * for policies that go by it; a Preference goes before any policy. `tried` are the endpoints of earlier attempts that are
   * to be avoided, or null: up to `attempts` new draws, then any untried one that is available; when all were tried, the
   * last draw.
   */
  pick(tried: readonly LiveEndpoint[] | null, attempts: number, hash: Hash64 | null = null): LiveEndpoint | null {
    if (this.limits.slot.shared(SHARED.generation) !== this.#generation) this.#selection = this.#select();
    else if (this.#selection.due !== Number.POSITIVE_INFINITY) this.#reweigh();
    const { random } = this.#around;
    let { set } = this;
    let selection = this.#selection;
    if (this.#subsets !== null) {
      const scope = this.#subsets.scope(hash instanceof Preference ? hash.subset : '');
      if (scope === null) return null;
      ({ set, selection } = scope);
    }
    if (hash instanceof Preference) {
      const own = set.named(hash.take());
      if (own !== undefined && (own.available() || own.degraded()) && tried?.includes(own) !== true) return own;
      if (hash.strict && hash.endpoint !== '') return null;
    }
    let endpoint = selection.pick(random, hash, 0);
    if (tried === null || endpoint === null) return endpoint;
    for (let attempt = 1; attempt <= attempts && tried.includes(endpoint); attempt += 1) {
      endpoint = selection.pick(random, hash, attempt) ?? endpoint;
    }
    return tried.includes(endpoint) ? (this.#untried(tried, set) ?? endpoint) : endpoint;
  }

  /** The connections to an endpoint for requests of a priority; each has its own. */
  poolOf(endpoint: LiveEndpoint, high: boolean): Pool {
    if (!high) return endpoint.pool;
    endpoint.highPool ??= this.#around.pool(endpoint, this.plan, this.highLimits);
    return endpoint.highPool;
  }

  /** Whether requests are to bring a hash. */
  get hashes(): boolean {
    return isHashing(this.plan.balancer);
  }

  /** Endpoints that no flag keeps out, as of the last pick. */
  get available(): number {
    return this.#selection.available;
  }

  /** Too few endpoints are available, so picks do not look at that any more; as of the last pick. */
  get panic(): boolean {
    return this.#selection.panic;
  }

  /** The pools of all endpoints, for the end of the cluster. */
  pools(): Pool[] {
    return this.set.endpoints.flatMap(poolsOf);
  }

  /** From a random start, in the plan's order of priorities. */
  #untried(tried: readonly LiveEndpoint[], { levels }: EndpointSet): LiveEndpoint | null {
    for (const { endpoints } of levels) {
      const start = Math.floor(this.#around.random() * endpoints.length);
      for (let step = 0; step < endpoints.length; step += 1) {
        const endpoint = endpoints[(start + step) % endpoints.length] as LiveEndpoint;
        if (!tried.includes(endpoint) && (endpoint.available() || endpoint.degraded())) return endpoint;
      }
    }
    return null;
  }

  #select(): Selection {
    // Read before the flags: a change meanwhile makes the next pick look again.
    this.#generation = this.limits.slot.shared(SHARED.generation);
    if (this.plan.slowStart !== null) noteHealth(this.set.endpoints, this.#around.now());
    const { random, now, probe = nobody } = this.#around;
    const active = (): number => this.limits.slot.sum(ROW.active) + this.highLimits.slot.sum(ROW.active);
    const around = { random, now, active, probe };
    const { subsets } = this.plan;
    this.#subsets = subsets === null ? null : new Subsets(this.set, this.plan, subsets, around);
    return new Selection(this.set, this.plan, around);
  }

  /** Weights move in slow start, and when that is over the plain policies take over. */
  #reweigh(): void {
    const now = this.#around.now();
    if (now >= this.#selection.due && !this.#selection.reweigh(now)) this.#selection = this.#select();
  }

  #makeEndpoint(plan: EndpointsPlan, row: number): LiveEndpoint {
    const slotIndex = plan.slots[row];
    const [address, port] = [plan.addresses[row], plan.ports[row]];
    if (slotIndex === undefined || address === undefined || port === undefined) {
      throw new RangeError(`endpoints of ${plan.name}: row ${row} is not complete`);
    }
    const slot = this.#around.slots.slot(slotIndex);
    const endpoint = new LiveEndpoint(address, port, slot, slotIndex, this.#detectors);
    endpoint.since = this.#around.now();
    endpoint.meter = meterOf(this.plan.balancer, slot, endpoint.since);
    endpoint.pool = this.#around.pool(endpoint, this.plan, this.limits);
    this.#protect(endpoint, this.plan);
    return endpoint;
  }

  #protect(endpoint: LiveEndpoint, plan: ClusterPlan): void {
    endpoint.maxRequests = plan.maxRequestsPerEndpoint || Number.POSITIVE_INFINITY;
    const { reportTrial = untold } = this.#around;
    // By Envoy's rules a status behind messages is not looked at; by ours it is (decision D7).
    endpoint.awaitsTrailers = plan.breaker !== null || plan.outlier?.neverEjectAll === true;
    endpoint.reportSick = plan.healthCheck === null ? null : (this.#around.reportSick ?? null);
    const guarded = plan.breaker?.per === 'endpoint';
    endpoint.gate = guarded ? new BreakerGate(endpoint.slot, endpoint.slotIndex, reportTrial) : null;
  }

  #guardOf({ breaker, maxRequestsPerEndpoint, slot }: ClusterPlan): Guard | null {
    if (!breaker && maxRequestsPerEndpoint === 0) return null;
    const { random, reportTrial = untold } = this.#around;
    const gate = breaker?.per === 'service' ? new BreakerGate(this.limits.slot, slot, reportTrial) : null;
    const draw: Draw = (tried, attempts, hash) => this.pick(tried, attempts, hash);
    return new Guard(gate, this.set.endpoints, draw, random);
  }
}

function poolsOf({ highPool, pool }: LiveEndpoint): Pool[] {
  return highPool ? [pool, highPool] : [pool];
}

const nobody: Prober = () => {};
const untold: ReportTrial = () => {};

/** Whether pools made under one plan serve the other. */
function samePool(left: ClusterPlan, right: ClusterPlan): boolean {
  return (
    left.connectTimeout === right.connectTimeout &&
    left.idleTimeout === right.idleTimeout &&
    left.maxRequestsPerConnection === right.maxRequestsPerConnection &&
    left.protocol === right.protocol &&
    left.tls?.id === right.tls?.id &&
    isDeepStrictEqual(left.http2, right.http2)
  );
}
