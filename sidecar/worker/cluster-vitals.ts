import type { ClusterPlan, LimitsPlan } from '../core/plan/cluster.ts';
import type { PlanDelta } from '../core/plan/delta.ts';
import { FLAG, ROW, SHARED, type Slot, type SlotTable } from '../core/slots.ts';
import { type Pieces, touched } from '../runtime/pieces.ts';
import type { StatsCollector } from '../telemetry/collect.ts';
import { ClusterHealthStats, type LimitGauges } from '../telemetry/health-stats.ts';

/** Flags of an endpoint that takes no requests. */
const OUT = FLAG.unhealthy | FLAG.ejected | FLAG.draining | FLAG.failedCheck | FLAG.broken;

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
    stats.default.clear();
    stats.high.clear();
  }

  #refresh(): void {
    for (const [name, plan] of this.#plan.cluster) {
      const stats = this.#statsOf(name, plan);
      const members = this.#plan.endpoints.get(plan.endpoints)?.slots ?? [];
      const healthy = members.filter((slot) => (this.#slots.slot(slot).shared(SHARED.flags) & OUT) === 0);
      stats.membershipTotal.set(members.length);
      stats.membershipHealthy.set(healthy.length);
      show(stats.default, plan.limits, this.#slots.slot(plan.slot));
      show(stats.high, plan.highLimits, this.#slots.slot(plan.highSlot));
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

function show(gauges: LimitGauges, limits: LimitsPlan, own: Slot): void {
  // A budget stands in place of max_retries.
  const retries = (limits.envoyRetryBudget ?? limits.retryBudget) ? Number.POSITIVE_INFINITY : limits.maxRetries;
  const left = {
    cx: limits.maxConnections - own.sum(ROW.connections),
    rq: limits.maxRequests - own.sum(ROW.active),
    pending: limits.maxPendingRequests - own.sum(ROW.pending),
    retries: retries - own.sum(ROW.retries),
  };
  gauges.cxOpen.set(left.cx <= 0 ? 1 : 0);
  gauges.rqOpen.set(left.rq <= 0 ? 1 : 0);
  gauges.rqPendingOpen.set(left.pending <= 0 ? 1 : 0);
  gauges.rqRetryOpen.set(left.retries <= 0 ? 1 : 0);
  if (!limits.trackRemaining) return;
  const { remaining } = gauges;
  remaining.cx.set(Math.max(0, left.cx));
  remaining.rq.set(Math.max(0, left.rq));
  remaining.pending.set(Math.max(0, left.pending));
  // Envoy tracks no budget either.
  if (retries !== Number.POSITIVE_INFINITY) remaining.retries.set(Math.max(0, left.retries));
}
