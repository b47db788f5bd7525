import type { Random } from '../../shared/struct/random.ts';
import type { Clock } from '../../shared/time/clock.ts';
import type { Detection } from '../cluster/outlier/detection.ts';
import type { Detector } from '../cluster/outlier/detector.ts';
import type { ClusterPlan, EndpointsPlan } from '../core/plan/cluster.ts';
import type { SlotTable } from '../core/slots.ts';
import type { Stats } from '../core/stats.ts';
import { ClusterEjections, type EjectedEndpoint } from './cluster-ejections.ts';
import type { SweepResult } from './ejection-sweep.ts';

/** One thing that happened to one endpoint: for the log, the admin and the control plane. */
export interface EjectionEvent {
  /** Wall-clock ms. */
  readonly at: number;
  readonly cluster: string;
  /** `ip:port`. */
  readonly endpoint: string;
  /** For `uneject`: the detector that had ejected it. */
  readonly detector: Detection;
  readonly action: 'eject' | 'uneject';
  /** False: it was detected, but for `reason` it stays. */
  readonly enforced: boolean;
  /** A sentence. */
  readonly reason: string;
  /** Wall-clock ms of the earliest return; 0 when it is not out. */
  readonly until: number;
  /** How often this endpoint has been ejected so far. */
  readonly ejections: number;
}

export interface EjectorSurroundings {
  readonly slots: SlotTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly stats: Stats;
  readonly onEvent: (event: EjectionEvent) => void;
}

/**
 * Main's side of outlier detection (decision D5): workers report that a threshold is reached, main alone decides, writes
 * the endpoint's flag, and lets it back in when its time is over. Per cluster as each may have its own policy; the same
 * address in two clusters is two endpoints.
 */
export class Ejector {
  readonly #around: EjectorSurroundings;
  readonly #clusters = new Map<string, ClusterEjections>();
  readonly #clusterBySlot = new Map<number, ClusterEjections>();

  constructor(around: EjectorSurroundings) {
    this.#around = around;
  }

  /** Puts a cluster's policy and endpoints in force; endpoints that stay keep their history, what is ejected stays out. */
  put(plan: ClusterPlan, endpoints: EndpointsPlan | null): void {
    let cluster = this.#clusters.get(plan.name);
    if (cluster && cluster.slot !== plan.slot) {
      // It left and came back within one change: another cluster of the same name.
      this.remove(plan.name);
      cluster = undefined;
    }
    if (!cluster) {
      cluster = new ClusterEjections(plan, this.#around);
      this.#clusters.set(plan.name, cluster);
    }
    this.#forgetSlots(cluster);
    cluster.update(plan, endpoints);
    for (const slot of cluster.slots()) this.#clusterBySlot.set(slot, cluster);
  }

  /** The cluster is gone: its timer ends and its endpoints are forgotten. */
  remove(name: string): void {
    const cluster = this.#clusters.get(name);
    if (!cluster) return;
    this.#forgetSlots(cluster);
    cluster.close();
    this.#clusters.delete(name);
  }

  /** A worker's report. Of an endpoint that left meanwhile it is ignored. */
  reported(slot: number, detector: Detector): void {
    this.#clusterBySlot.get(slot)?.reported(slot, detector);
  }

  /** An endpoint passed its active health check. */
  passedCheck(slot: number): void {
    this.#clusterBySlot.get(slot)?.passedCheck(slot);
  }

  /** Success rates of the last interval of a cluster, and of one of its endpoints: percent, -1 = too few requests. */
  ratesOf(cluster: string): SweepResult {
    return this.#clusters.get(cluster)?.rates ?? { average: -1, threshold: -1 };
  }

  rateOf(slot: number): number {
    return this.#clusterBySlot.get(slot)?.rateOf(slot) ?? -1;
  }

  /** What is out now, for the admin. */
  ejected(): readonly EjectedEndpoint[] {
    return [...this.#clusters.values()].flatMap((each) => each.ejected());
  }

  close(): void {
    for (const name of [...this.#clusters.keys()]) this.remove(name);
  }

  #forgetSlots(cluster: ClusterEjections): void {
    for (const slot of cluster.slots()) {
      if (this.#clusterBySlot.get(slot) === cluster) this.#clusterBySlot.delete(slot);
    }
  }
}
