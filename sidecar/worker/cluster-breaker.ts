import type { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { TrialOutcome } from '../cluster/breaker/gate.ts';
import { endpointName } from '../cluster/live-endpoint.ts';
import { IntervalCounts } from '../cluster/outlier/interval-counts.ts';
import type { ClusterPlan, EndpointsPlan, ErrorRatePlan } from '../core/plan/cluster.ts';
import type { Slot } from '../core/slots.ts';
import { BreakerStats } from '../telemetry/breaker-stats.ts';
import { BreakerTarget } from './breaker-target.ts';
import type { BreakerEvent, BreakerSurroundings, CircuitKit } from './breakers.ts';

/** A breaker that is not closed. */
export type BreakerView = Pick<BreakerEvent, 'cluster' | 'endpoint' | 'reason'> & {
  readonly state: 'open' | 'half-open';
};

/** The breakers of one cluster: one for the service as a whole, or one per endpoint. */
export class ClusterBreaker {
  readonly #name: string;
  readonly #slot: number;
  readonly #plan: ErrorRatePlan;
  readonly #kit: CircuitKit;
  readonly #rotation: EventEmitter;
  readonly #around: BreakerSurroundings;
  readonly #ownSlot: Slot;
  readonly #stats: BreakerStats;
  /** What endpoints counted, by slot. */
  readonly #counts = new Map<number, IntervalCounts>();
  /** By the slot that carries the state: the cluster's, or an endpoint's. */
  readonly #targets = new Map<number, BreakerTarget>();

  constructor(
    cluster: ClusterPlan,
    plan: ErrorRatePlan,
    kit: CircuitKit,
    rotation: EventEmitter,
    around: BreakerSurroundings,
  ) {
    this.#name = cluster.name;
    this.#slot = cluster.slot;
    this.#plan = plan;
    this.#kit = kit;
    this.#rotation = rotation;
    this.#around = around;
    this.#ownSlot = around.slots.slot(cluster.slot);
    this.#stats = new BreakerStats(around.stats, cluster.statName);
    if (plan.per === 'service') this.#add(cluster.slot, '');
  }

  /** Whether it can go on under `plan`, with all that it knows. */
  fits(plan: ClusterPlan): boolean {
    return plan.slot === this.#slot && isDeepStrictEqual(plan.breaker, this.#plan);
  }

  targets(): Iterable<number> {
    return this.#targets.keys();
  }

  update(endpoints: EndpointsPlan | null): void {
    const named = new Set(endpoints?.slots);
    for (const slot of this.#counts.keys()) {
      if (named.has(slot)) continue;
      this.#counts.delete(slot);
      this.#targets.get(slot)?.close();
      this.#targets.delete(slot);
    }
    endpoints?.slots.forEach((slot, row) => {
      if (this.#counts.has(slot)) return;
      this.#counts.set(slot, new IntervalCounts(this.#around.slots.slot(slot)));
      if (this.#plan.per === 'service') return;
      this.#add(slot, endpointName(endpoints.addresses[row] ?? '', endpoints.ports[row] ?? 0));
    });
  }

  /** Tells the circuits what the rows counted since the last time. */
  tick(): void {
    let [successes, failures] = [0, 0];
    for (const [slot, counts] of this.#counts) {
      const { external } = counts.next(this.#around.slots.slot(slot), false);
      if (this.#plan.per === 'endpoint') {
        this.#targets.get(slot)?.tick(external.successes, external.total - external.successes);
      }
      successes += external.successes;
      failures += external.total - external.successes;
    }
    if (this.#plan.per === 'service') this.#targets.get(this.#slot)?.tick(successes, failures);
  }

  ended(slot: number, trial: number, outcome: TrialOutcome): void {
    this.#targets.get(slot)?.ended(trial, outcome);
  }

  restartTrials(): void {
    for (const each of this.#targets.values()) each.restartTrial();
  }

  open(): BreakerView[] {
    return [...this.#targets.values()].flatMap(({ endpoint, reason, state }) =>
      state === 'closed' ? [] : [{ cluster: this.#name, endpoint, state, reason }],
    );
  }

  close(): void {
    for (const each of this.#targets.values()) each.close();
    this.#targets.clear();
    this.#counts.clear();
  }

  #add(index: number, endpoint: string): void {
    const slots = { own: this.#around.slots.slot(index), cluster: this.#ownSlot };
    const target = new BreakerTarget(this.#plan, endpoint, slots, this.#around.clock, this.#stats, (state, reason) => {
      this.#around.onEvent({ at: this.#around.clock.wall(), cluster: this.#name, endpoint, state, reason });
    });
    target.circuit = this.#kit.circuit(this.#plan, this.#rotation, (state) => target.became(state));
    this.#targets.set(index, target);
  }
}
