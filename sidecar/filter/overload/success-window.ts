import type { AdmissionControlPlan } from '../../core/plan/overload.ts';

/** Buckets of the window. */
const BUCKETS = 30;

/** Requests and successes of the last `window` ms, and how likely the next request is to be refused for them. */
export class SuccessWindow {
  readonly #plan: Pick<AdmissionControlPlan, 'window' | 'aggression' | 'threshold' | 'rps' | 'maxRejection'>;
  readonly #requests = new Float64Array(BUCKETS);
  readonly #successes = new Float64Array(BUCKETS);
  /** Number of the bucket at hand, counted from the beginning of time. */
  #bucket = 0;
  #total = 0;
  #good = 0;

  constructor(plan: Pick<AdmissionControlPlan, 'window' | 'aggression' | 'threshold' | 'rps' | 'maxRejection'>) {
    this.#plan = plan;
  }

  record(success: boolean, now: number): void {
    this.#turn(now);
    const at = this.#bucket % BUCKETS;
    this.#requests[at] = (this.#requests[at] as number) + 1;
    this.#total += 1;
    if (!success) return;
    this.#successes[at] = (this.#successes[at] as number) + 1;
    this.#good += 1;
  }

  /**
   * 0 to 1: ((n - successes / threshold) / (n + 1)) ^ (1 / aggression), cut at the maximum. Source: Envoy, "Admission
   * control"; Google SRE, "Handling overload", client-side throttling.
   */
  rejection(now: number): number {
    this.#turn(now);
    const { aggression, maxRejection, rps, threshold, window } = this.#plan;
    if (this.#total === 0 || (this.#total * 1_000) / window < rps) return 0;
    const over = (this.#total - this.#good / (threshold / 100)) / (this.#total + 1);
    return over <= 0 ? 0 : Math.min(maxRejection / 100, over ** (1 / Math.max(1, aggression)));
  }

  /** Lets go of what has left the window. */
  #turn(now: number): void {
    const bucket = Math.floor((now * BUCKETS) / this.#plan.window);
    if (bucket === this.#bucket) return;
    const gone = Math.min(BUCKETS, bucket - this.#bucket);
    for (let step = 1; step <= gone; step += 1) {
      const at = (this.#bucket + step) % BUCKETS;
      this.#total -= this.#requests[at] as number;
      this.#good -= this.#successes[at] as number;
      this.#requests[at] = 0;
      this.#successes[at] = 0;
    }
    this.#bucket = bucket;
  }
}
