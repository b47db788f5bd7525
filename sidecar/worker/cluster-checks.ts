import { isDeepStrictEqual } from 'node:util';
import type { ClusterPlan, EndpointsPlan } from '../core/plan/cluster.ts';
import type { HealthCheckPlan } from '../core/plan/health-check.ts';
import { FLAG, ROW, SHARED, type Slot } from '../core/slots.ts';
import { CheckStats } from '../telemetry/check-stats.ts';
import { setFlag } from './availability.ts';
import { CheckedEndpoint, type CheckListener } from './checked-endpoint.ts';
import type { CheckEventRecord, CheckSurroundings } from './health-checker.ts';
import type { ProbeQueue } from './probe-queue.ts';

const none: ReadonlySet<number> = new Set();

/** The active health checks of one cluster: one CheckedEndpoint per endpoint, and the flags that follow from them. */
export class ClusterChecks {
  /** Index of the cluster's own slot. */
  readonly slot: number;
  readonly #name: string;
  readonly #around: CheckSurroundings;
  readonly #queue: ProbeQueue;
  readonly #ownSlot: Slot;
  readonly #stats: CheckStats;
  readonly #endpoints = new Map<number, CheckedEndpoint>();
  #plan: HealthCheckPlan;

  constructor(cluster: ClusterPlan, plan: HealthCheckPlan, around: CheckSurroundings, queue: ProbeQueue) {
    this.slot = cluster.slot;
    this.#name = cluster.name;
    this.#plan = plan;
    this.#around = around;
    this.#queue = queue;
    this.#ownSlot = around.slots.slot(cluster.slot);
    this.#stats = new CheckStats(around.stats, cluster.statName);
  }

  get pending(): number {
    let pending = 0;
    for (const each of this.#endpoints.values()) if (each.check.pending) pending += 1;
    return pending;
  }

  /** `inUse`: slots of endpoints that took requests before the cluster was checked. */
  update(plan: HealthCheckPlan, endpoints: EndpointsPlan | null, inUse: ReadonlySet<number> = none): void {
    const changed = !isDeepStrictEqual(plan, this.#plan);
    this.#plan = plan;
    const wanted = new Map<number, number>();
    endpoints?.slots.forEach((slot, row) => {
      if (!endpoints.checks?.[row]?.disabled) wanted.set(slot, row);
    });
    for (const [slot, endpoint] of this.#endpoints) {
      const row = wanted.get(slot);
      if (row === undefined || !endpoints) this.#remove(slot, endpoint);
      else endpoint.adopt(plan, this.#target(endpoints, row), changed);
    }
    for (const [slot, row] of wanted) {
      if (!this.#endpoints.has(slot) && endpoints) this.#add(slot, endpoints, row, inUse.has(slot));
    }
  }

  /** False: it is none of these. */
  sick(slot: number): boolean {
    const endpoint = this.#endpoints.get(slot);
    if (!endpoint) return false;
    this.#stats.passiveFailure.inc();
    endpoint.sick();
    return true;
  }

  failing(): CheckEventRecord[] {
    const failing = [...this.#endpoints.values()].filter((each) => !each.check.healthy && !each.check.pending);
    return failing.map((each) => this.#record(each.name, false, true, each.reason));
  }

  close(): void {
    for (const [slot, endpoint] of this.#endpoints) this.#remove(slot, endpoint);
  }

  #target(endpoints: EndpointsPlan, row: number): CheckedEndpoint['target'] {
    const check = endpoints.checks?.[row];
    return {
      address: endpoints.addresses[row] ?? '',
      port: check?.port || (endpoints.ports[row] ?? 0),
      hostname: check?.hostname || endpoints.hostnames[row] || this.#name,
    };
  }

  #add(index: number, endpoints: EndpointsPlan, row: number, presumed: boolean): void {
    const slot = this.#around.slots.slot(index);
    const port = endpoints.ports[row] ?? 0;
    const listener: CheckListener = {
      traffic: () => this.#ownSlot.total(ROW.requests) > 0,
      attempted: () => this.#stats.attempt.inc(),
      found: (result, now) => {
        (result.passed ? this.#stats.success : this.#stats.failure).inc();
        if (!result.passed && result.network) this.#stats.networkFailure.inc();
        this.#degrade(endpoint, slot, result.passed && result.degraded);
        if (result.passed && now) this.#around.onPassed(index);
        if (result.passed ? this.#plan.logSuccesses : this.#plan.logFailures) {
          const reason = result.passed ? 'its health check passed' : result.reason;
          this.#around.onEvent(this.#record(endpoint.name, result.passed, false, reason));
        }
      },
      changed: (healthy, first, reason) => {
        setFlag(slot, this.#ownSlot, 'failedCheck', !healthy);
        if (healthy) this.#stats.healthy.add(1);
        else if (!first) this.#stats.healthy.add(-1);
        this.#around.onEvent(this.#record(endpoint.name, healthy, true, reason));
      },
    };
    const target = this.#target(endpoints, row);
    const endpoint = new CheckedEndpoint(this.#plan, target, port, this.#around, this.#queue, listener, presumed);
    this.#endpoints.set(index, endpoint);
    // It is not used before it has passed once, unless it was in use before there were checks.
    if (!presumed) setFlag(slot, this.#ownSlot, 'failedCheck', true);
    endpoint.start();
  }

  /** An endpoint may call itself degraded in the answer to its check (Envoy's x-envoy-degraded). */
  #degrade(endpoint: CheckedEndpoint, slot: Slot, degraded: boolean): void {
    if (endpoint.degraded === degraded) return;
    endpoint.degraded = degraded;
    this.#stats.degraded.add(degraded ? 1 : -1);
    setFlag(slot, this.#ownSlot, 'degraded', degraded);
  }

  #remove(index: number, endpoint: CheckedEndpoint): void {
    this.#endpoints.delete(index);
    endpoint.close();
    const slot = this.#around.slots.slot(index);
    this.#degrade(endpoint, slot, false);
    if (endpoint.check.healthy && !endpoint.check.pending) this.#stats.healthy.add(-1);
    if ((slot.shared(SHARED.flags) & FLAG.failedCheck) !== 0) setFlag(slot, this.#ownSlot, 'failedCheck', false);
  }

  #record(endpoint: string, healthy: boolean, changed: boolean, reason: string): CheckEventRecord {
    return { at: this.#around.clock.wall(), cluster: this.#name, endpoint, healthy, changed, reason };
  }
}
