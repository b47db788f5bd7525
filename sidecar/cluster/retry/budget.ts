import type { LimitsPlan } from '../../core/plan/cluster.ts';
import { ROW, type Slot } from '../../core/slots.ts';

type BudgetPlan = NonNullable<LimitsPlan['retryBudget']>;

/** Samples of the window: it moves in steps of a tenth. */
const STEPS = 10;

/**
 * Aya's retry budget (decision D11): over a rolling interval at most `percent` of the requests may be retries; and a
 * floor of retries per second is always allowed. A floor, not an extra: at the floor's rate and above only the percentage
 * counts, so that a service that fails wholly sees no more than 1 + percent/100 attempts per request.
 *
 * Requests and retries are counted in the rows of the cluster's slot, so the budget holds for the sidecar: each worker
 * samples the sums of all workers into a window of its own. Two workers that ask at the same moment may both get the last
 * retry: the overdraft is at most workers - 1.
 */
export class RetryBudget {
  readonly #slot: Slot;
  readonly #plan: BudgetPlan;
  readonly #step: number;
  /** Sums at the beginning of the last STEPS steps, as a ring; `#at` is the youngest. */
  readonly #requests = new Int32Array(STEPS);
  readonly #retries = new Int32Array(STEPS);
  #at = 0;
  #stepStart: number;
  #secondStart: number;
  #secondRetries: number;

  constructor(slot: Slot, plan: BudgetPlan, now: number) {
    this.#slot = slot;
    this.#plan = plan;
    this.#step = plan.interval / STEPS;
    this.#stepStart = now;
    this.#secondStart = now;
    this.#secondRetries = slot.sum(ROW.retryTokens);
    this.#requests.fill(slot.sum(ROW.requests));
    this.#retries.fill(this.#secondRetries);
  }

  /** Moves the window. Called for every request, so that it knows what was before the retries began. */
  tick(now: number): void {
    if (now - this.#stepStart >= this.#step) this.#advance(now);
  }

  /** Takes one retry out of the budget, if it holds one. */
  take(now: number): boolean {
    this.tick(now);
    const retries = this.#slot.sum(ROW.retryTokens);
    if (now - this.#secondStart >= 1000) {
      this.#secondStart = now;
      this.#secondRetries = retries;
    }
    const oldest = (this.#at + 1) % STEPS;
    // Sums wrap, and fall when a dead worker's row is cleared: differences are taken modulo 2^32 and never below 0.
    const spent = Math.max(0, (retries - (this.#retries[oldest] as number)) | 0);
    const requests = Math.max(0, (this.#slot.sum(ROW.requests) - (this.#requests[oldest] as number)) | 0);
    const recent = Math.max(0, (retries - this.#secondRetries) | 0);
    if (spent + 1 > (requests * this.#plan.percent) / 100 && recent >= this.#plan.minPerSecond) return false;
    this.#slot.add(ROW.retryTokens, 1);
    return true;
  }

  #advance(now: number): void {
    const requests = this.#slot.sum(ROW.requests);
    const retries = this.#slot.sum(ROW.retryTokens);
    const steps = Math.min(STEPS, Math.floor((now - this.#stepStart) / this.#step));
    for (let step = 0; step < steps; step += 1) {
      this.#at = (this.#at + 1) % STEPS;
      this.#requests[this.#at] = requests;
      this.#retries[this.#at] = retries;
    }
    this.#stepStart = now - ((now - this.#stepStart) % this.#step);
  }
}
