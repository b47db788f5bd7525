import type { SweepDetector } from '../cluster/outlier/detection.ts';
import { IntervalCounts, type IntervalVolumes } from '../cluster/outlier/interval-counts.ts';
import { failingEndpoints, successRates, type Volume } from '../cluster/outlier/success-rate.ts';
import type { OutlierPlan } from '../core/plan/cluster.ts';
import { FLAG, SHARED, type Slot } from '../core/slots.ts';

/** An endpoint that a statistical detector found. */
export interface Found {
  readonly slot: number;
  readonly detector: SweepDetector;
  /** A sentence. */
  readonly reason: string;
}

/** The success rates of the last interval, percent; -1 = too few requests or endpoints. */
export interface SweepResult {
  readonly average: number;
  readonly threshold: number;
}

/**
 * The statistical detectors of one cluster: once per interval they compare what the endpoints' rows counted since the last.
 * Endpoints that are out neither count nor are found.
 */
export class EjectionSweep {
  readonly #counts = new Map<number, IntervalCounts>();
  readonly #rates = new Map<number, number>();
  #last: SweepResult = { average: -1, threshold: -1 };

  /** Percent of an endpoint's requests that succeeded in the last interval; -1 = too few. */
  rateOf(slot: number): number {
    return this.#rates.get(slot) ?? -1;
  }

  get last(): SweepResult {
    return this.#last;
  }

  add(index: number, slot: Slot): void {
    this.#counts.set(index, new IntervalCounts(slot));
  }

  remove(index: number): void {
    this.#counts.delete(index);
    this.#rates.delete(index);
  }

  /** Ends an interval: `found` is called for each endpoint that should go, and may eject it before the next detector looks. */
  run(plan: OutlierPlan, slots: (index: number) => Slot, found: (each: Found) => void): void {
    const volumes: [number, IntervalVolumes][] = [];
    for (const [index, counts] of this.#counts) volumes.push([index, counts.next(slots(index), plan.splitLocalOrigin)]);
    const out = (index: number): boolean => (slots(index).shared(SHARED.flags) & FLAG.ejected) !== 0;
    this.#rates.clear();
    const least = Math.min(plan.successRate.requestVolume, plan.failurePercentage.requestVolume);
    for (const [index, { external }] of volumes) {
      if (external.total > 0 && external.total >= least && !out(index)) {
        this.#rates.set(index, (external.successes * 100) / external.total);
      }
    }
    for (const which of plan.splitLocalOrigin ? (['external', 'local'] as const) : (['external'] as const)) {
      const inside = volumes.filter(([index]) => !out(index));
      this.#compare(
        plan,
        which,
        inside.map(([index, each]) => [index, each[which]] as const),
        found,
      );
    }
  }

  #compare(
    plan: OutlierPlan,
    which: keyof IntervalVolumes,
    volumes: readonly (readonly [number, Volume])[],
    found: (each: Found) => void,
  ): void {
    const local = which === 'local';
    const rates = successRates(volumes, plan.successRate);
    if (!local) this.#last = { average: rates?.average ?? -1, threshold: rates?.threshold ?? -1 };
    for (const { endpoint, rate } of rates?.outliers ?? []) {
      found({
        slot: endpoint,
        detector: local ? 'local_origin_success_rate' : 'success_rate',
        reason: `${rounded(rate)} % of its requests ${local ? 'were answered' : 'succeeded'}; below ${rounded(rates?.threshold ?? 0)} % is far from the others`,
      });
    }
    for (const { endpoint, rate } of failingEndpoints(volumes, plan.failurePercentage)) {
      found({
        slot: endpoint,
        detector: local ? 'local_origin_failure_percentage' : 'failure_percentage',
        reason: `${rounded(100 - rate)} % of its requests ${local ? 'were not answered' : 'failed'}; the limit is ${plan.failurePercentage.threshold} %`,
      });
    }
  }
}

const rounded = (percent: number): number => Math.round(percent * 10) / 10;
