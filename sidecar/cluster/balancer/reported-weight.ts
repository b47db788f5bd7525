import type { ClientSideWeightsPlan } from '../../core/plan/balancer.ts';
import type { LoadReport } from './load-report.ts';

/** Weights beyond these are no measurements. */
const [LEAST, MOST] = [1e-9, 1e12] as const;

/**
 * The weight of an endpoint by its load reports: requests per second over utilization, errors being counted as utilization.
 * Nothing for a time after the first report (its figures are those of a start), and nothing when reports have stopped.
 * Source: gRPC A58; Envoy, client_side_weighted_round_robin. `now` is monotonic ms.
 */
export class ReportedWeight {
  readonly #plan: ClientSideWeightsPlan;
  #weight = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = 0;

  constructor(plan: ClientSideWeightsPlan) {
    this.#plan = plan;
  }

  report({ errorsPerSecond, requestsPerSecond, utilization }: LoadReport, now: number): void {
    if (!(requestsPerSecond > 0 && utilization >= 0 && errorsPerSecond >= 0)) return;
    const errors = (errorsPerSecond / requestsPerSecond) * this.#plan.errorPenalty;
    const weight = requestsPerSecond / (utilization + errors);
    // What an endpoint says may be no number at all, or none that a slot holds: its weight would spoil those of all others.
    if (!(weight >= LEAST && weight <= MOST)) return;
    if (this.#first === Number.POSITIVE_INFINITY) this.#first = now;
    this.#last = now;
    this.#weight = weight;
  }

  /** 0 = none to be used now. */
  at(now: number): number {
    if (now - this.#last >= this.#plan.expiration) {
      this.#first = Number.POSITIVE_INFINITY;
      return 0;
    }
    return now - this.#first < this.#plan.blackout ? 0 : this.#weight;
  }
}
