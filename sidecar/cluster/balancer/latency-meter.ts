import type { HeaderList } from '../../core/headers.ts';
import type { LatencyPlan } from '../../core/plan/balancer.ts';
import { IdleMeter } from '../meter.ts';

/**
 * Observations that the failure rate is mixed with as if they were successes: one failure of an endpoint of which little is
 * known is no verdict yet.
 */
const DOUBT = 5;

/**
 * The latency that a request to this endpoint is to expect. Successful responses give it: their exponentially weighted
 * mean, or with `peak-ewma` a value that jumps to each slow response at once and comes down by the decay. Failures (no
 * response, 5xx, 429) count by their rate as responses of `failure` ms, so that an endpoint that refuses fast does not look
 * like a fast one.
 *
 * An endpoint that has not answered for half the decay is forgotten by and by, towards 0, so that one that was slow is
 * tried again. Not sooner: endpoints that get less by their weight would look faster than they are. Source of the peak
 * rule: Finagle's and Linkerd's peak EWMA.
 */
export class LatencyMeter extends IdleMeter {
  readonly #plan: LatencyPlan;
  readonly #peak: boolean;
  /** Of the last observation; what follows is as of then. */
  #at: number;
  /** Peak: the estimate, ms. */
  #estimate: number;
  #known = false;
  #sum = 0;
  #successes = 0;
  #failures = 0;

  constructor(plan: LatencyPlan, now: number) {
    super();
    this.#plan = plan;
    this.#peak = plan.kind === 'peak-ewma';
    this.#at = now;
    this.#estimate = plan.initial;
  }

  override head(status: number, _headers: HeaderList, ttfb: number, now: number): void {
    if (status >= 500 || status === 429) return this.failed(now);
    const kept = this.#observe(now);
    this.#successes += 1;
    this.#sum += ttfb;
    // The first response replaces the guess.
    const before = this.#known ? this.#estimate : ttfb;
    this.#known = true;
    if (this.#peak) this.#estimate = Math.max(ttfb, before * kept + ttfb * (1 - kept));
  }

  override failed(now: number): void {
    this.#observe(now);
    this.#failures += 1;
  }

  /** Ms. */
  latency(now: number): number {
    const { decay, failure } = this.#plan;
    const age = now - this.#at;
    let latency = this.#peak || this.#successes === 0 ? this.#estimate : this.#sum / this.#successes;
    if (age > decay / 2) latency *= Math.exp((decay / 2 - age) / decay);
    if (this.#failures === 0) return latency;
    const kept = Math.exp(-age / decay);
    const rate = (this.#failures * kept) / ((this.#failures + this.#successes) * kept + DOUBT);
    return latency * (1 - rate) + failure * rate;
  }

  /** Brings the sums to `now`; returns what is left of what was. */
  #observe(now: number): number {
    const kept = Math.exp((this.#at - now) / this.#plan.decay);
    this.#at = now;
    this.#sum *= kept;
    this.#successes *= kept;
    this.#failures *= kept;
    return kept;
  }
}
