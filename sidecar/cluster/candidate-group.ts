import type { SlowStartPlan } from '../core/plan/balancer.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import { buildPicker, type PickerSurroundings } from './balancer/build.ts';
import type { Picker, WeightedPicker } from './balancer/picker.ts';
import { isMoving, slowStartFactor } from './balancer/slow-start.ts';
import type { LiveEndpoint } from './live-endpoint.ts';

/** Endpoints among which the policy itself chooses: one locality's, or a whole level's. */
export class CandidateGroup {
  readonly picker: Picker;
  /** Weights move as time goes: `reweigh` from time to time. */
  readonly moving: boolean;
  readonly #endpoints: readonly LiveEndpoint[];
  /** Weights without slow start. */
  readonly #base: readonly number[];
  readonly #slowStart: SlowStartPlan | null;

  /** At least one endpoint. */
  constructor(
    endpoints: readonly LiveEndpoint[],
    base: readonly number[],
    plan: ClusterPlan,
    around: PickerSurroundings,
    now: number,
  ) {
    this.#endpoints = endpoints;
    this.#base = base;
    this.#slowStart = plan.slowStart;
    const moving = plan.slowStart !== null && isMoving(plan.slowStart, endpoints, now);
    const weights = moving ? this.#weights(now) : base;
    this.picker = buildPicker(plan.balancer, { endpoints, weights, moving }, around);
    this.moving = moving && 'reweigh' in this.picker;
  }

  /** Puts the weights of this moment in force; false when they do not move any more. */
  reweigh(now: number): boolean {
    if (!this.moving || this.#slowStart === null) return false;
    (this.picker as WeightedPicker).reweigh(this.#weights(now));
    return isMoving(this.#slowStart, this.#endpoints, now);
  }

  #weights(now: number): number[] {
    const plan = this.#slowStart;
    if (plan === null) return [...this.#base];
    return this.#endpoints.map(({ since }, index) => (this.#base[index] ?? 1) * slowStartFactor(plan, now - since));
  }
}
