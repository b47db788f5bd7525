import type { HeaderList } from '../../core/headers.ts';
import type { ClientSideWeightsPlan } from '../../core/plan/balancer.ts';
import type { Slot } from '../../core/slots.ts';
import { IdleMeter } from '../meter.ts';
import { loadReportIn } from './load-report.ts';
import { ReportedWeight } from './reported-weight.ts';

/** The weight of an endpoint: by the load reports in its responses, or as main says that hears them out of band. */
export class LoadReportMeter extends IdleMeter {
  readonly #reported: ReportedWeight;
  /** Where main writes the weight; null = responses bring the reports. */
  readonly #slot: Slot | null;

  constructor(plan: ClientSideWeightsPlan, slot: Slot | null = null) {
    super();
    this.#reported = new ReportedWeight(plan);
    this.#slot = plan.reportEvery > 0 ? slot : null;
  }

  override head(_status: number, headers: HeaderList, _ttfb: number, now: number): void {
    this.#read(headers, now);
  }

  override trailers(trailers: HeaderList, now: number): void {
    this.#read(trailers, now);
  }

  /** 0 = none to be used now. */
  weight(now: number): number {
    return this.#slot === null ? this.#reported.at(now) : this.#slot.weight;
  }

  #read(headers: HeaderList, now: number): void {
    if (this.#slot !== null) return;
    const report = loadReportIn(headers);
    if (report !== null) this.#reported.report(report, now);
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
