import type { ClusterPlan } from '../core/plan/cluster.ts';
import { buildPicker, type PickerSurroundings } from './balancer/build.ts';
import { LoadReportMeter, reportedWeights } from './balancer/load-report-meter.ts';
import { metersOf } from './balancer/meters.ts';
import type { Picker, WeightedPicker } from './balancer/picker.ts';
import { isMoving, slowStartFactor, slowStartStep } from './balancer/slow-start.ts';
import type { LiveEndpoint } from './live-endpoint.ts';

/** Endpoints among which the policy itself chooses: one locality's, or a whole level's. */
export class CandidateGroup {
  readonly picker: Picker;
  /** Ms after which weights are to be computed anew, since they move; Infinity = they stay. */
  step: number;
  readonly #endpoints: readonly LiveEndpoint[];
  /** Weights as configured. */
  readonly #base: readonly number[];
  readonly #plan: ClusterPlan;
  /** Null unless endpoints report their weights. */
  readonly #reports: readonly LoadReportMeter[] | null;

  /** At least one endpoint. */
  constructor(
    endpoints: readonly LiveEndpoint[],
    base: readonly number[],
    plan: ClusterPlan,
    around: PickerSurroundings,
    now: number,
  ) {
    const { balancer } = plan;
    this.#endpoints = endpoints;
    this.#base = base;
    this.#plan = plan;
    this.#reports =
      balancer.kind === 'client-side-weights'
        ? metersOf(endpoints, LoadReportMeter, () => new LoadReportMeter(balancer))
        : null;
    this.step = this.#nextStep(now);
    const moving = this.step !== Number.POSITIVE_INFINITY;
    this.picker = buildPicker(balancer, { endpoints, weights: moving ? this.#weights(now) : base, moving }, around);
    if (!('reweigh' in this.picker)) this.step = Number.POSITIVE_INFINITY;
  }

  /** Puts the weights of this moment in force. */
  reweigh(now: number): void {
    if (this.step === Number.POSITIVE_INFINITY) return;
    (this.picker as WeightedPicker).reweigh(this.#weights(now));
    this.step = this.#nextStep(now);
  }

  #nextStep(now: number): number {
    const { balancer, slowStart } = this.#plan;
    const slow = slowStart !== null && isMoving(slowStart, this.#endpoints, now);
    const step = slow ? slowStartStep(slowStart) : Number.POSITIVE_INFINITY;
    return balancer.kind === 'client-side-weights' ? Math.min(step, balancer.update) : step;
  }

  #weights(now: number): number[] {
    const { slowStart } = this.#plan;
    const weights = this.#reports === null ? this.#base : reportedWeights(this.#reports, now);
    if (slowStart === null || !isMoving(slowStart, this.#endpoints, now)) return [...weights];
    return this.#endpoints.map(({ since }, index) => (weights[index] ?? 1) * slowStartFactor(slowStart, now - since));
  }
}
