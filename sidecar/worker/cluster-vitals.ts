import type { ClusterPlan } from '../core/plan/cluster.ts';
import type { PlanDelta } from '../core/plan/delta.ts';
import { FLAG, ROW, SHARED, type SlotTable } from '../core/slots.ts';
import { type Pieces, touched } from '../runtime/pieces.ts';
import type { StatsCollector } from '../telemetry/collect.ts';
import { ClusterHealthStats } from '../telemetry/health-stats.ts';

/** Flags of an endpoint that takes no requests. */
const OUT = FLAG.unhealthy | FLAG.ejected | FLAG.draining | FLAG.failedCheck;

/**
 * Main's statistics of each cluster that no request counts: its members, and which limits are reached now. The gauges are
 * computed from the shared slots when somebody looks.
 */
export class ClusterVitals {
  readonly #collector: StatsCollector;
  readonly #slots: SlotTable;
  readonly #plan: Pieces;
  readonly #clusters = new Map<string, ClusterHealthStats>();
  /** Slots of the members as last seen, by cluster. */
  readonly #members = new Map<string, ReadonlySet<number>>();

  constructor(collector: StatsCollector, slots: SlotTable, plan: Pieces) {
    this.#collector = collector;
    this.#slots = slots;
    this.#plan = plan;
    collector.beforeScrape(() => this.#refresh());
  }

  /** Counts what a delta, already in the plan, says about members. */
  applied(delta: PlanDelta): void {
    const clusters = touched(delta, 'cluster');
    const endpoints = touched(delta, 'endpoints');
    for (const name of clusters) if (!this.#plan.cluster.has(name)) this.#gone(name);
    if (endpoints.size === 0) return;
    for (const [name, cluster] of this.#plan.cluster)
      if (endpoints.has(cluster.endpoints)) this.#updated(name, cluster);
  }

  #updated(name: string, plan: ClusterPlan): void {
    const stats = this.#statsOf(name, plan);
    const before = this.#members.get(name);
    const after = new Set(this.#plan.endpoints.get(plan.endpoints)?.slots);
    stats.updateSuccess.inc();
    if (after.size === 0) stats.updateEmpty.inc();
    if (!before || before.size !== after.size || ![...after].every((slot) => before.has(slot)))
      stats.membershipChange.inc();
    this.#members.set(name, after);
  }

  #gone(name: string): void {
    const stats = this.#clusters.get(name);
    this.#clusters.delete(name);
    this.#members.delete(name);
    if (!stats) return;
    for (const gauge of [stats.membershipTotal, stats.membershipHealthy]) gauge.set(0);
    for (const gauge of [stats.cxOpen, stats.rqOpen, stats.rqPendingOpen, stats.rqRetryOpen]) gauge.set(0);
  }

  #refresh(): void {
    for (const [name, plan] of this.#plan.cluster) {
      const stats = this.#statsOf(name, plan);
      const members = this.#plan.endpoints.get(plan.endpoints)?.slots ?? [];
      const healthy = members.filter((slot) => (this.#slots.slot(slot).shared(SHARED.flags) & OUT) === 0);
      stats.membershipTotal.set(members.length);
      stats.membershipHealthy.set(healthy.length);
      const own = this.#slots.slot(plan.slot);
      const { limits } = plan;
      const reached = (cell: number, limit: number): number => (own.sum(cell) >= limit ? 1 : 0);
      stats.cxOpen.set(reached(ROW.connections, limits.maxConnections));
      stats.rqOpen.set(reached(ROW.active, limits.maxRequests));
      stats.rqPendingOpen.set(reached(ROW.pending, limits.maxPendingRequests));
      // A budget stands in place of max_retries.
      const budget = limits.envoyRetryBudget ?? limits.retryBudget;
      stats.rqRetryOpen.set(budget ? 0 : reached(ROW.retries, limits.maxRetries));
    }
  }

  #statsOf(name: string, plan: ClusterPlan): ClusterHealthStats {
    let stats = this.#clusters.get(name);
    if (!stats) {
      stats = new ClusterHealthStats(this.#collector.own, plan.statName);
      this.#clusters.set(name, stats);
    }
    return stats;
  }
}
