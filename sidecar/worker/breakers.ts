import type { EventEmitter } from 'node:events';
import type { Cancel, Clock } from '../../shared/time/clock.ts';
import type { Circuit, CircuitListener } from '../cluster/breaker/circuit.ts';
import type { TrialOutcome } from '../cluster/breaker/gate.ts';
import type { ClusterPlan, EndpointsPlan, ErrorRatePlan } from '../core/plan/cluster.ts';
import type { SlotTable } from '../core/slots.ts';
import type { Stats } from '../core/stats.ts';
import { type BreakerView, ClusterBreaker } from './cluster-breaker.ts';

/** How often circuits are told what happened, ms. */
const TICK = 100;

/** A breaker changed its state: for the log, the admin and the control plane. */
export interface BreakerEvent {
  /** Wall-clock ms. */
  readonly at: number;
  readonly cluster: string;
  /** `ip:port`; '' = the service as a whole. */
  readonly endpoint: string;
  readonly state: 'closed' | 'open' | 'half-open';
  /** A sentence. */
  readonly reason: string;
}

/** What makes circuits; loaded when the first is needed. */
export interface CircuitKit {
  circuit(plan: ErrorRatePlan, rotation: EventEmitter, listener: CircuitListener): Circuit;
  /** Emits 'rotate' when the clock says that a bucket of a window of so many ms is over. */
  rotation(window: number, clock: Clock): { readonly emitter: EventEmitter; readonly stop: Cancel };
}

export interface BreakerSurroundings {
  readonly slots: SlotTable;
  readonly clock: Clock;
  readonly stats: Stats;
  readonly load: () => Promise<CircuitKit>;
  readonly onEvent: (event: BreakerEvent) => void;
}

/**
 * Main's error-rate breakers (decision D6): tells the circuits ten times a second what the rows counted, and writes their
 * states to the shared cells, where workers look before each attempt.
 */
export class Breakers {
  readonly #around: BreakerSurroundings;
  readonly #clusters = new Map<string, ClusterBreaker>();
  readonly #bySlot = new Map<number, ClusterBreaker>();
  readonly #rotations = new Map<number, ReturnType<CircuitKit['rotation']>>();
  /** Put before the library was there. */
  readonly #early = new Map<string, { plan: ClusterPlan; endpoints: EndpointsPlan | null }>();
  #kit: CircuitKit | null = null;
  #loading = false;
  #stop: Cancel | null = null;

  constructor(around: BreakerSurroundings) {
    this.#around = around;
  }

  /** Puts a cluster's policy and endpoints in force. What stays as it was keeps its state. */
  put(plan: ClusterPlan, endpoints: EndpointsPlan | null): void {
    if (!plan.breaker) return this.remove(plan.name);
    if (!this.#kit) {
      this.#early.set(plan.name, { plan, endpoints });
      this.#load();
      return;
    }
    let cluster = this.#clusters.get(plan.name);
    if (cluster && !cluster.fits(plan)) {
      this.remove(plan.name);
      cluster = undefined;
    }
    if (cluster) this.#forget(cluster);
    else {
      const { emitter } = this.#rotation(this.#kit, plan.breaker.window);
      cluster = new ClusterBreaker(plan, plan.breaker, this.#kit, emitter, this.#around);
      this.#clusters.set(plan.name, cluster);
    }
    cluster.update(endpoints);
    for (const slot of cluster.targets()) this.#bySlot.set(slot, cluster);
    this.#stop ??= this.#around.clock.every(TICK, () => this.#tick());
  }

  remove(name: string): void {
    this.#early.delete(name);
    const cluster = this.#clusters.get(name);
    if (!cluster) return;
    this.#forget(cluster);
    cluster.close();
    this.#clusters.delete(name);
    if (this.#clusters.size > 0) return;
    this.#stop?.();
    this.#stop = null;
    for (const each of this.#rotations.values()) each.stop();
    this.#rotations.clear();
  }

  /** A worker tells how an attempt of a trial ended. */
  ended(slot: number, trial: number, outcome: TrialOutcome): void {
    this.#bySlot.get(slot)?.ended(slot, trial, outcome);
  }

  /** A worker died, and perhaps with it attempts of a trial: trials under way begin anew. */
  workerDied(): void {
    for (const each of this.#clusters.values()) each.restartTrials();
  }

  /** Breakers that are not closed. */
  open(): readonly BreakerView[] {
    return [...this.#clusters.values()].flatMap((each) => each.open());
  }

  close(): void {
    for (const name of [...this.#clusters.keys()]) this.remove(name);
  }

  #tick(): void {
    for (const each of this.#clusters.values()) each.tick();
  }

  #load(): void {
    if (this.#loading) return;
    this.#loading = true;
    void this.#around.load().then((kit) => {
      this.#kit = kit;
      for (const { plan, endpoints } of [...this.#early.values()]) this.put(plan, endpoints);
      this.#early.clear();
    });
  }

  #rotation(kit: CircuitKit, window: number): ReturnType<CircuitKit['rotation']> {
    let rotation = this.#rotations.get(window);
    if (!rotation) {
      rotation = kit.rotation(window, this.#around.clock);
      this.#rotations.set(window, rotation);
    }
    return rotation;
  }

  #forget(cluster: ClusterBreaker): void {
    for (const slot of cluster.targets()) if (this.#bySlot.get(slot) === cluster) this.#bySlot.delete(slot);
  }
}
