import type { Random } from '../../../shared/struct/random.ts';
import type { AdaptiveConcurrencyPlan } from '../../core/plan/overload.ts';

/** Latencies kept of one window; of more a later one takes the place of an earlier. */
const SAMPLES = 1_024;

/** So many windows in a row at the least concurrency, and the minimum is measured anew. */
const STUCK = 5;

/**
 * Moves a limit of concurrency so that latency stays near its minimum: each window multiplies it by how the minimum (and a
 * buffer) compares with the latency of the window, 0.5 to 2, and adds its square root as room to grow. The minimum is
 * measured from time to time at the least concurrency. Time goes on when it is asked. Source: Envoy, "Adaptive
 * concurrency", gradient controller.
 */
export class Gradient {
  readonly #plan: AdaptiveConcurrencyPlan;
  readonly #random: Random;
  readonly #samples = new Float64Array(SAMPLES);
  #count = 0;
  #limit: number;
  /** The limit to go on with after a measurement. */
  #kept: number;
  #measuring = false;
  /** Requests that began before it do not belong to the measurement. */
  #since = 0;
  #minRtt = 0;
  #nextMeasure = 0;
  #nextUpdate = 0;
  #atLeast = 0;

  constructor(plan: AdaptiveConcurrencyPlan, random: Random, now: number) {
    this.#plan = plan;
    this.#random = random;
    this.#limit = plan.minConcurrency;
    this.#kept = plan.minConcurrency;
    this.#measure(now);
  }

  get limit(): number {
    return this.#limit;
  }

  get measuring(): boolean {
    return this.#measuring;
  }

  /** Ms, 0 = not known yet. */
  get minRtt(): number {
    return this.#minRtt;
  }

  /** A request that began at `started` was answered at `now`. */
  sample(started: number, now: number): void {
    if (this.#measuring && started < this.#since) return;
    this.#samples[this.#count % SAMPLES] = now - started;
    this.#count += 1;
    if (this.#measuring && this.#count >= this.#plan.requestCount) this.#measured(now);
  }

  /** To be called before the limit is looked at. */
  advance(now: number): void {
    if (this.#measuring) return;
    if (now >= this.#nextMeasure) return this.#measure(now);
    if (now < this.#nextUpdate) return;
    this.#nextUpdate = now + this.#plan.updateInterval;
    if (this.#count > 0) this.#update(now);
  }

  #update(now: number): void {
    const { buffer, maxConcurrency, minConcurrency } = this.#plan;
    const allowed = this.#minRtt * (1 + buffer / 100);
    const gradient = Math.min(2, Math.max(0.5, allowed / Math.max(this.#percentile(), Number.MIN_VALUE)));
    const scaled = this.#limit * gradient;
    this.#limit = Math.floor(Math.min(maxConcurrency, Math.max(minConcurrency, scaled + Math.sqrt(scaled))));
    this.#count = 0;
    this.#atLeast = this.#limit <= minConcurrency ? this.#atLeast + 1 : 0;
    if (this.#atLeast >= STUCK) this.#measure(now);
  }

  #measure(now: number): void {
    this.#measuring = true;
    this.#since = now;
    this.#count = 0;
    this.#atLeast = 0;
    this.#kept = this.#limit;
    this.#limit = this.#plan.minConcurrency;
  }

  #measured(now: number): void {
    const { jitter, minRttInterval, updateInterval } = this.#plan;
    this.#minRtt = this.#percentile();
    this.#measuring = false;
    this.#count = 0;
    this.#limit = this.#kept;
    this.#nextUpdate = now + updateInterval;
    this.#nextMeasure = now + minRttInterval * (1 + (this.#random() * jitter) / 100);
  }

  #percentile(): number {
    const count = Math.min(this.#count, SAMPLES);
    const sorted = this.#samples.slice(0, count).sort();
    const at = Math.ceil((this.#plan.percentile / 100) * count) - 1;
    return sorted[Math.max(0, at)] ?? 0;
  }
}
