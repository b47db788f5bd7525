import type { OutlierPlan } from '../../core/plan/cluster.ts';
import { SHARED, type Slot } from '../../core/slots.ts';
import { OBSERVED } from './observation.ts';

/** A detector that fires in a worker, by Envoy's name. */
export type Detector = 'consecutive_5xx' | 'consecutive_gateway_failure' | 'consecutive_local_origin_failure';

/** The shared cell that a detector counts in. */
export const DETECTOR_CELL: Readonly<Record<Detector, number>> = {
  consecutive_5xx: SHARED.consecutive5xx,
  consecutive_gateway_failure: SHARED.consecutiveGateway,
  consecutive_local_origin_failure: SHARED.consecutiveLocal,
};

/** Tells main that an endpoint's failures in a row have reached a threshold. */
export type Report = (slot: number, detector: Detector) => void;

/**
 * The consecutive-failure detectors of one cluster in one worker (decision D5): counts in the shared cells of an
 * endpoint, so the workers count together, and reports when a threshold is reached, once, from the worker whose bump
 * reached it. Main decides what comes of it. The thresholds follow the plan while endpoints live on.
 *
 * Counting is Envoy's: without split_external_local_origin_errors a failure of ours (connect failure, reset, timeout)
 * counts as the 503 or 504 that it causes; with it such failures have their own counter, and any answer resets that.
 */
export class Detectors {
  readonly #report: Report;
  #on = false;
  #split = false;
  #fiveXx = 0;
  #gateway = 0;
  #local = 0;

  constructor(plan: OutlierPlan | null, report: Report) {
    this.#report = report;
    this.adopt(plan);
  }

  adopt(plan: OutlierPlan | null): void {
    this.#on = plan !== null;
    this.#split = plan?.splitLocalOrigin ?? false;
    this.#fiveXx = plan?.consecutive5xx ?? 0;
    this.#gateway = plan?.consecutiveGatewayFailure ?? 0;
    this.#local = plan?.consecutiveLocalOriginFailure ?? 0;
  }

  /** Takes one observation of the endpoint whose slot has this index. */
  observe(slot: Slot, index: number, observed: number): void {
    if (!this.#on || observed === OBSERVED.nothing) return;
    if (observed === OBSERVED.localOrigin && this.#split) {
      if (slot.bump(SHARED.consecutiveLocal) === this.#local) this.#report(index, 'consecutive_local_origin_failure');
      return;
    }
    if (this.#split) slot.clear(SHARED.consecutiveLocal);
    if (observed === OBSERVED.success) {
      slot.clear(SHARED.consecutiveGateway);
      slot.clear(SHARED.consecutive5xx);
      return;
    }
    if (observed === OBSERVED.serverError) slot.clear(SHARED.consecutiveGateway);
    else if (slot.bump(SHARED.consecutiveGateway) === this.#gateway) this.#report(index, 'consecutive_gateway_failure');
    if (slot.bump(SHARED.consecutive5xx) === this.#fiveXx) this.#report(index, 'consecutive_5xx');
  }
}
