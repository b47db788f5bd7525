import { ROW, type Slot } from '../../core/slots.ts';
import type { Volume } from './success-rate.ts';

/** What an endpoint did in one interval, as the statistical detectors look at it. */
export interface IntervalVolumes {
  /** All requests; with split_external_local_origin_errors those that were answered. */
  readonly external: Volume;
  /** Requests by whether they were answered at all; nothing without the split. */
  readonly local: Volume;
}

const nothing: Volume = { successes: 0, total: 0 };

/** Cuts the ever rising counters of an endpoint's rows into intervals. */
export class IntervalCounts {
  #successes: number;
  #failures: number;
  #local: number;

  /** What was counted before does not count. */
  constructor(slot: Slot) {
    this.#successes = slot.sum(ROW.successes);
    this.#failures = slot.sum(ROW.failures);
    this.#local = slot.sum(ROW.localFailures);
  }

  /** What happened since the last call. */
  next(slot: Slot, split: boolean): IntervalVolumes {
    const [successes, failures, local] = [slot.sum(ROW.successes), slot.sum(ROW.failures), slot.sum(ROW.localFailures)];
    const [succeeded, failed, unanswered] = [
      rise(this.#successes, successes),
      rise(this.#failures, failures),
      rise(this.#local, local),
    ];
    this.#successes = successes;
    this.#failures = failures;
    this.#local = local;
    const total = succeeded + failed;
    if (!split) return { external: { successes: succeeded, total }, local: nothing };
    const answered = Math.max(0, total - unanswered);
    return { external: { successes: succeeded, total: answered }, local: { successes: answered, total } };
  }
}

/** Counters wrap at 32 bits. One that fell was of a worker that died: what it counted in this interval is lost. */
function rise(before: number, after: number): number {
  return Math.max(0, (after - before) | 0);
}
