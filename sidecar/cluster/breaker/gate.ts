import { BREAKER, SHARED, type Slot } from '../../core/slots.ts';
import { OBSERVED } from '../outlier/observation.ts';

/** How an attempt of a trial ended. `abandoned`: it says nothing, since nobody waited for its end. */
export type TrialOutcome = 'passed' | 'failed' | 'abandoned';

/** Tells main how an attempt of a trial ended. `trial` is its number, `slot` whose breaker it is about. */
export type ReportTrial = (slot: number, trial: number, outcome: TrialOutcome) => void;

/**
 * The error-rate breaker of a service or of an endpoint as a worker sees it: main writes its state to the shared cells
 * (decision D6), so all workers see a change with their next look.
 */
export class BreakerGate {
  readonly #slot: Slot;
  readonly #index: number;
  readonly #report: ReportTrial;

  constructor(slot: Slot, index: number, report: ReportTrial) {
    this.#slot = slot;
    this.#index = index;
    this.#report = report;
  }

  /** Everything may go. */
  get closed(): boolean {
    return this.#slot.shared(SHARED.breaker) === BREAKER.closed;
  }

  /** One of the attempts of a half-open breaker's trial; null = none is let through. */
  enter(): Trial | null {
    const slot = this.#slot;
    if (slot.shared(SHARED.breaker) !== BREAKER.halfOpen) return null;
    const trial = slot.shared(SHARED.trial);
    return slot.take(SHARED.permits) ? new Trial(this.#index, trial, this.#report) : null;
  }
}

/** One attempt that decides whether a breaker closes again. */
export class Trial {
  readonly #slot: number;
  readonly #number: number;
  readonly #report: ReportTrial;
  #over = false;

  constructor(slot: number, number: number, report: ReportTrial) {
    this.#slot = slot;
    this.#number = number;
    this.#report = report;
  }

  /** Takes what was observed, one of OBSERVED; only the first call counts. */
  end(observed: number): void {
    if (this.#over) return;
    this.#over = true;
    const outcome = observed === OBSERVED.success ? 'passed' : observed === OBSERVED.nothing ? 'abandoned' : 'failed';
    this.#report(this.#slot, this.#number, outcome);
  }
}
