import { Cluster, type ClusterSurroundings } from '../cluster/cluster.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import type { PlanDelta } from '../core/plan/delta.ts';
import type { FaultAssignmentPlan } from '../core/plan/fault.ts';
import type { Pool } from '../core/pool.ts';
import type { Stats } from '../core/stats.ts';
import type { AssignedFaults } from '../filter/fault-assignment.ts';
import type { Upstream } from '../http/context.ts';
import { RouteTable } from '../route/table.ts';
import { ClusterStats } from '../telemetry/cluster-stats.ts';
import { Pieces, touched } from './pieces.ts';
import { Runtime } from './runtime.ts';

export interface CompileSurroundings extends ClusterSurroundings {
  readonly stats: Stats;
  readonly assignedFaults: (plan: FaultAssignmentPlan) => AssignedFaults;
}

export interface Compiled {
  readonly runtime: Runtime;
  /** Pools without a place any more; to be drained now that the runtime is in force. */
  readonly retired: readonly Pool[];
  /** Faults that are no longer assigned. */
  readonly lifted: readonly AssignedFaults[];
}

/**
 * Turns deltas of the plan into runtimes. What did not change is reused as it is; what lives (endpoints with their
 * pools, counts and ejections, limits) passes from runtime to runtime.
 */
export class Compiler {
  readonly pieces = new Pieces();
  readonly #around: CompileSurroundings;
  readonly #assigned = new Map<string, AssignedFaults>();
  #runtime = Runtime.empty;

  constructor(around: CompileSurroundings) {
    this.#around = around;
  }

  apply(delta: PlanDelta): Compiled {
    this.pieces.apply(delta);
    const retired: Pool[] = [];
    const lifted = this.#lift(touched(delta, 'fault'));
    const upstreams = this.#upstreams(delta, retired);
    const routes = this.#routes(delta);
    this.#runtime = new Runtime(delta.epoch, routes, upstreams);
    return { runtime: this.#runtime, retired, lifted };
  }

  #upstreams(delta: PlanDelta, retired: Pool[]): ReadonlyMap<string, Upstream> {
    const clusters = touched(delta, 'cluster');
    const endpoints = touched(delta, 'endpoints');
    const faults = touched(delta, 'fault');
    if (clusters.size + endpoints.size + faults.size === 0) return this.#runtime.upstreams;
    const upstreams = new Map(this.#runtime.upstreams);
    for (const name of clusters) {
      const plan = this.pieces.cluster.get(name);
      const old = upstreams.get(name);
      if (old && plan?.slot !== old.cluster.plan.slot) {
        retired.push(...old.cluster.pools());
        upstreams.delete(name);
      }
      if (plan) upstreams.set(name, this.#withPlan(upstreams.get(name), plan, retired));
    }
    for (const [name, upstream] of upstreams) {
      const { plan } = upstream.cluster;
      if (endpoints.has(plan.endpoints) || clusters.has(name)) {
        const rows = this.pieces.endpoints.get(plan.endpoints);
        if (rows) upstreams.set(name, this.#withEndpoints(upstream, rows, retired));
      }
      if (faults.has(plan.service)) {
        const current = upstreams.get(name) ?? upstream;
        upstreams.set(name, { ...current, faults: this.#faults(plan.service) });
      }
    }
    return upstreams;
  }

  #withPlan(old: Upstream | undefined, plan: ClusterPlan, retired: Pool[]): Upstream {
    if (!old) {
      const stats = new ClusterStats(this.#around.stats, plan.statName);
      return { cluster: Cluster.create(plan, this.#around), stats, faults: this.#faults(plan.service) };
    }
    const update = old.cluster.withPlan(plan);
    retired.push(...update.retired);
    return { ...old, cluster: update.cluster, faults: this.#faults(plan.service) };
  }

  #withEndpoints(upstream: Upstream, rows: Parameters<Cluster['withEndpoints']>[0], retired: Pool[]): Upstream {
    const update = upstream.cluster.withEndpoints(rows);
    retired.push(...update.retired);
    return { ...upstream, cluster: update.cluster };
  }

  /** One for all clusters of a service, as long as the assignment stays: its limits hold over all of them. */
  #faults(service: string): AssignedFaults | null {
    const plan = this.pieces.fault.get(service);
    if (!plan) return null;
    let faults = this.#assigned.get(service);
    if (!faults) {
      faults = this.#around.assignedFaults(plan);
      this.#assigned.set(service, faults);
    }
    return faults;
  }

  #lift(services: ReadonlySet<string>): AssignedFaults[] {
    const lifted: AssignedFaults[] = [];
    for (const service of services) {
      const faults = this.#assigned.get(service);
      if (!faults) continue;
      this.#assigned.delete(service);
      lifted.push(faults);
    }
    return lifted;
  }

  #routes(delta: PlanDelta): ReadonlyMap<string, RouteTable> {
    const changed = touched(delta, 'route');
    const hosts = touched(delta, 'vhost');
    if (changed.size + hosts.size === 0) return this.#runtime.routes;
    const routes = new Map(this.#runtime.routes);
    for (const [name, plan] of this.pieces.route) {
      if (changed.has(name) || (plan.vhds && hosts.size > 0)) {
        routes.set(name, RouteTable.of(plan, this.pieces.vhost, this.#runtime.routes.get(name)));
      }
    }
    for (const name of changed) if (!this.pieces.route.has(name)) routes.delete(name);
    return routes;
  }
}
