import type { Exchange } from '../../core/exchange.ts';
import type { Filter, LocalReply, Verdict } from '../../core/filter.ts';
import { RESPONSE_FLAG } from '../../core/outcome.ts';
import type { AdaptiveConcurrencyPlan } from '../../core/plan/overload.ts';
import type { Cell, Stats } from '../../core/stats.ts';
import { type FaultSurroundings, shareOf } from '../injection.ts';
import { Gradient } from './gradient.ts';

/**
 * Refuses requests above a limit that follows latency. Each worker finds the limit of its own requests; the maximum is shared
 * out among them.
 */
export class AdaptiveConcurrency implements Filter {
  readonly name: string;
  readonly #around: FaultSurroundings;
  readonly #gradient: Gradient;
  readonly #refusal: LocalReply;
  readonly #refused = new WeakSet<object>();
  readonly #blocked: Cell;
  readonly #limit: Cell;
  readonly #measuring: Cell;
  #active = 0;
  #shownLimit = 0;
  #shownMeasuring = 0;

  /** `prefix`: stat prefix of the HTTP connection manager. */
  constructor(name: string, plan: AdaptiveConcurrencyPlan, prefix: string, around: FaultSurroundings) {
    this.name = name;
    this.#around = around;
    const share = Math.max(plan.minConcurrency, shareOf(plan.maxConcurrency, around.workers, around.me));
    this.#gradient = new Gradient({ ...plan, maxConcurrency: share }, around.random, around.turn.now);
    this.#refusal = {
      status: plan.status,
      flags: RESPONSE_FLAG.UO,
      detail: 'reached the concurrency limit that latency allows',
      headers: ['x-envoy-overloaded', 'true'],
    };
    const { stats }: { stats: Stats } = around;
    const series = 'adaptive_concurrency.gradient_controller';
    this.#blocked = stats.counter('http', prefix, `${series}.rq_blocked`);
    this.#limit = stats.gauge('http', prefix, `${series}.concurrency_limit`);
    this.#measuring = stats.gauge('http', prefix, `${series}.min_rtt_calculation_active`);
    this.#show();
  }

  onRequest(_x: Exchange, proceed: (verdict: LocalReply | null) => void): Verdict {
    this.#gradient.advance(this.#around.turn.now);
    this.#show();
    if (this.#active < this.#gradient.limit) {
      this.#active += 1;
      return null;
    }
    this.#refused.add(proceed);
    this.#blocked.inc();
    return this.#refusal;
  }

  onEnd(x: Exchange, proceed: (verdict: LocalReply | null) => void): void {
    if (this.#refused.has(proceed)) return;
    this.#active -= 1;
    // One that the client gave up says nothing about the upstream.
    if (x.status === 0) return;
    this.#gradient.sample(x.started, this.#around.turn.now);
    this.#show();
  }

  #show(): void {
    const { limit, measuring } = this.#gradient;
    this.#limit.add(limit - this.#shownLimit);
    this.#measuring.add((measuring ? 1 : 0) - this.#shownMeasuring);
    this.#shownLimit = limit;
    this.#shownMeasuring = measuring ? 1 : 0;
  }
}
