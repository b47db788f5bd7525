import type { HeaderList } from '../../core/headers.ts';
import type { ClientSideWeightsPlan } from '../../core/plan/balancer.ts';
import { IdleMeter } from '../meter.ts';
import { loadReportIn } from './load-report.ts';

/**
 * The weight of an endpoint by the load reports in its responses: requests per second over utilization, errors being
 * counted as utilization. Nothing for a time after the first report (its figures are those of a start), and nothing when
 * reports have stopped. Source: gRPC A58; Envoy, client_side_weighted_round_robin.
 */
export class LoadReportMeter extends IdleMeter {
  readonly #plan: ClientSideWeightsPlan;
  #weight = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = 0;

  constructor(plan: ClientSideWeightsPlan) {
    super();
    this.#plan = plan;
  }

  override head(_status: number, headers: HeaderList, _ttfb: number, now: number): void {
    this.#read(headers, now);
  }

  override trailers(trailers: HeaderList, now: number): void {
    this.#read(trailers, now);
  }

  /** 0 = none to be used now. */
  weight(now: number): number {
    if (now - this.#last >= this.#plan.expiration) {
      this.#first = Number.POSITIVE_INFINITY;
      return 0;
    }
    return now - this.#first < this.#plan.blackout ? 0 : this.#weight;
  }

  #read(headers: HeaderList, now: number): void {
    const report = loadReportIn(headers);
    if (report === null) return;
    const { requestsPerSecond, errorsPerSecond } = report;
    const errors = requestsPerSecond > 0 ? (errorsPerSecond / requestsPerSecond) * this.#plan.errorPenalty : 0;
    const utilization = report.utilization + errors;
    if (requestsPerSecond <= 0 || utilization <= 0) return;
    if (this.#first === Number.POSITIVE_INFINITY) this.#first = now;
    this.#last = now;
    this.#weight = requestsPerSecond / utilization;
  }
}

/** Weights of endpoints: what they reported, the mean for those that did not; equal ones until two have. */
export function reportedWeights(meters: readonly LoadReportMeter[], now: number): number[] {
  const weights = meters.map((each) => each.weight(now));
  const known = weights.filter((each) => each > 0);
  if (known.length < 2) return weights.map(() => 1);
  const mean = known.reduce((left, right) => left + right, 0) / known.length;
  return weights.map((each) => (each > 0 ? each : mean));
}
