import type { ClientSideWeightsPlan } from '../../core/plan/balancer.ts';
import type { LoadReport } from './load-report.ts';

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
    const errors = requestsPerSecond > 0 ? (errorsPerSecond / requestsPerSecond) * this.#plan.errorPenalty : 0;
    const used = utilization + errors;
    if (requestsPerSecond <= 0 || used <= 0) return;
    if (this.#first === Number.POSITIVE_INFINITY) this.#first = now;
    this.#last = now;
    this.#weight = requestsPerSecond / used;
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
