import type { LimitsPlan } from '../core/plan/cluster.ts';
import { ROW, type Slot } from '../core/slots.ts';
import { RetryBudget } from './retry/budget.ts';

/**
 * The limits of one cluster, held over all workers of the sidecar by the rows of the cluster's slot (decision D3). It
 * lives as long as the cluster; only the numbers follow the plan. Each `begin...` that returned true is followed by
 * exactly one `end...`; the caller counts the overflow when it returned false.
 */
export class ClusterLimits {
  readonly slot: Slot;
  #plan: LimitsPlan;
  #budget: RetryBudget | null = null;

  constructor(slot: Slot, plan: LimitsPlan, now: number) {
    this.slot = slot;
    this.#plan = plan;
    this.adopt(plan, now);
  }

  get plan(): LimitsPlan {
    return this.#plan;
  }

  /** Takes new numbers; what is under way stays counted. A budget that stays as it was keeps its window. */
  adopt(plan: LimitsPlan, now: number): void {
    const budget = plan.retryBudget;
    const old = this.#budget ? this.#plan.retryBudget : null;
    const same =
      budget?.percent === old?.percent &&
      budget?.minPerSecond === old?.minPerSecond &&
      budget?.interval === old?.interval;
    if (!same) this.#budget = budget ? new RetryBudget(this.slot, budget, now) : null;
    this.#plan = plan;
  }

  /** max_requests. Once per exchange that goes to this cluster, whatever its attempts. */
  beginRequest(now: number): boolean {
    if (!this.slot.claim(ROW.active, this.#plan.maxRequests)) return false;
    this.slot.add(ROW.requests, 1);
    if (this.#budget) this.#budget.tick(now);
    return true;
  }

  endRequest(): void {
    this.slot.release(ROW.active);
  }

  /** max_pending_requests: a request that waits for a connection. */
  beginPending(): boolean {
    return this.slot.claim(ROW.pending, this.#plan.maxPendingRequests);
  }

  endPending(): void {
    this.slot.release(ROW.pending);
  }

  /**
   * max_connections. A pool that has no connection (`first`) may open one even above the limit, so that no worker starves
   * behind the idle connections of others (decision D4); at most limit + endpoints x workers.
   */
  beginConnection(first: boolean): boolean {
    return this.slot.claim(ROW.connections, first ? Number.POSITIVE_INFINITY : this.#plan.maxConnections);
  }

  /** per_host_thresholds: max_connections to one endpoint, by its slot. Two workers that ask at once may both be let. */
  mayConnectTo(endpoint: Slot): boolean {
    return endpoint.sum(ROW.connections) < this.#plan.maxConnectionsPerEndpoint;
  }

  endConnection(): void {
    this.slot.release(ROW.connections);
  }

  /**
   * One retry: by Aya's budget when there is one, else by Envoy's (a percentage of the requests active and pending, with
   * a floor, which replaces max_retries), else by max_retries. Ends when the retried attempt has its response head.
   */
  beginRetry(now: number): boolean {
    const budget = this.#plan.envoyRetryBudget;
    if (this.#budget) {
      if (!this.#budget.take(now)) return false;
      return this.slot.claim(ROW.retries, Number.POSITIVE_INFINITY);
    }
    if (!budget) return this.slot.claim(ROW.retries, this.#plan.maxRetries);
    const underWay = this.slot.sum(ROW.active) + this.slot.sum(ROW.pending);
    return this.slot.claim(ROW.retries, Math.max(Math.floor((budget.percent * underWay) / 100), budget.minConcurrency));
  }

  endRetry(): void {
    this.slot.release(ROW.retries);
  }
}
