import type { Random } from '../../shared/struct/random.ts';
import type { Clock } from '../../shared/time/clock.ts';
import type { Prober, ProbeTarget } from '../cluster/health/probe.ts';
import type { ClusterPlan, EndpointsPlan } from '../core/plan/cluster.ts';
import type { HealthCheckPlan } from '../core/plan/health-check.ts';
import type { SlotTable } from '../core/slots.ts';
import type { Stats } from '../core/stats.ts';
import { ClusterChecks } from './cluster-checks.ts';
import { ProbeQueue } from './probe-queue.ts';

/** Probes under way at the same time, whatever the number of endpoints (decision D39). */
const PROBES = 64;

/** Something that a health check found: for the log, the admin and the control plane. */
export interface CheckEventRecord {
  /** Wall-clock ms. */
  readonly at: number;
  readonly cluster: string;
  /** `ip:port`. */
  readonly endpoint: string;
  readonly healthy: boolean;
  /** False: one result that changes nothing. */
  readonly changed: boolean;
  /** A sentence. */
  readonly reason: string;
}

export interface CheckSurroundings {
  readonly slots: SlotTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly stats: Stats;
  readonly prober: (plan: HealthCheckPlan, target: ProbeTarget) => Promise<Prober>;
  readonly onEvent: (event: CheckEventRecord) => void;
  /** Each passed check of an endpoint that counts as healthy, by its slot. */
  readonly onPassed: (slot: number) => void;
}

/** Main's active health checks of all clusters that ask for them. */
export class HealthChecker {
  readonly #around: CheckSurroundings;
  readonly #queue = new ProbeQueue(PROBES);
  readonly #clusters = new Map<string, ClusterChecks>();
  /** Endpoints of clusters that are not checked. */
  readonly #unchecked = new Map<string, EndpointsPlan | null>();

  constructor(around: CheckSurroundings) {
    this.#around = around;
  }

  /** Puts a cluster's policy and endpoints in force; of endpoints that stay what is known stays. */
  put(plan: ClusterPlan, endpoints: EndpointsPlan | null): void {
    let cluster = this.#clusters.get(plan.name);
    if (cluster && (cluster.slot !== plan.slot || !plan.healthCheck)) {
      cluster.close();
      this.#clusters.delete(plan.name);
      cluster = undefined;
    }
    if (!plan.healthCheck) {
      this.#unchecked.set(plan.name, endpoints);
      return;
    }
    const before = this.#unchecked.get(plan.name);
    this.#unchecked.delete(plan.name);
    if (!cluster) {
      cluster = new ClusterChecks(plan, plan.healthCheck, this.#around, this.#queue);
      this.#clusters.set(plan.name, cluster);
    }
    cluster.update(plan.healthCheck, endpoints, new Set(before?.slots));
  }

  remove(name: string): void {
    this.#clusters.get(name)?.close();
    this.#clusters.delete(name);
    this.#unchecked.delete(name);
  }

  /** An endpoint says in an answer that its check fails from now on. */
  sick(slot: number): void {
    for (const each of this.#clusters.values()) if (each.sick(slot)) return;
  }

  /** Endpoints of which nothing is known yet. */
  get pending(): number {
    let pending = 0;
    for (const each of this.#clusters.values()) pending += each.pending;
    return pending;
  }

  /** Endpoints that fail, with the reason: for the control plane. */
  failing(): readonly CheckEventRecord[] {
    return [...this.#clusters.values()].flatMap((each) => each.failing());
  }

  close(): void {
    for (const name of [...this.#clusters.keys()]) this.remove(name);
  }
}
