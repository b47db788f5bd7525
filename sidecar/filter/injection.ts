import type { Random } from '../../shared/struct/random.ts';
import type { Wheel } from '../../shared/time/wheel.ts';
import { WheelTimer } from '../../shared/time/wheel.ts';
import type { Exchange } from '../core/exchange.ts';
import type { LocalReply, Verdict } from '../core/filter.ts';
import { RESPONSE_FLAG } from '../core/outcome.ts';
import type { HttpFaultPlan } from '../core/plan/fault.ts';
import type { Stats } from '../core/stats.ts';

/** What a worker lends to its fault filters. */
export interface FaultSurroundings {
  readonly stats: Stats;
  readonly wheel: Wheel;
  /** Monotonic ms of the turn. */
  readonly turn: { readonly now: number };
  readonly random: Random;
  /** How many workers share each limit of active faults, and which of them this is (from 0). */
  readonly workers: number;
  readonly me: number;
}

/**
 * This worker's share of a limit that holds for the whole sidecar. The shares add up to the limit, so it is never
 * exceeded; a worker that uses its share up injects less while others may still have room.
 */
export function shareOf(limit: number, workers: number, me: number): number {
  return Math.floor(limit / workers) + (me < limit % workers ? 1 : 0);
}

/** Whether something that happens to `percent` of 100 happens now. */
export function drawn(percent: number, random: Random): boolean {
  return percent >= 100 || random() * 100 < percent;
}

/** Answers instead of the upstream. */
export function abortReply(abort: NonNullable<HttpFaultPlan['abort']>): LocalReply {
  return {
    status: abort.status,
    flags: RESPONSE_FLAG.FI,
    detail: 'fault_filter_abort',
    body: 'fault filter abort',
    ...(abort.grpcStatus === null ? {} : { grpcStatus: abort.grpcStatus }),
  };
}

/** What counts the faults of one filter or rule. */
export interface FaultCounters {
  /** Takes one place among the active faults; false, and counted as overflow, when there is none. */
  begin(): boolean;
  end(): void;
  delayed(): void;
  aborted(): void;
}

/**
 * The faults under way in one filter: a delay that runs, or an abort that was answered and whose exchange is not over yet.
 * Requests without a fault leave no trace here.
 */
export class Injections {
  readonly #around: FaultSurroundings;
  readonly #active = new Map<Exchange, Injection>();

  constructor(around: FaultSurroundings) {
    this.#around = around;
  }

  /** Injects what was drawn: first the delay, then the abort. Null for either = none. */
  inject(
    x: Exchange,
    delay: { readonly fixed: number; readonly counters: FaultCounters } | null,
    abort: { readonly reply: LocalReply; readonly counters: FaultCounters } | null,
    proceed: (verdict: LocalReply | null) => void,
  ): Verdict {
    if (delay !== null && delay.fixed > 0 && delay.counters.begin()) {
      delay.counters.delayed();
      x.flags |= RESPONSE_FLAG.DI;
      const timer = new WheelTimer(() => {
        // A delay that has passed is no longer active, whatever becomes of the request.
        this.end(x);
        proceed(this.#abort(x, abort));
      });
      this.#active.set(x, { counters: delay.counters, timer });
      this.#around.wheel.start(timer, delay.fixed, this.#around.turn.now);
      return 'pause';
    }
    return this.#abort(x, abort);
  }

  /** The exchange is over. */
  end(x: Exchange): void {
    if (this.#active.size === 0) return;
    const injection = this.#active.get(x);
    if (!injection) return;
    this.#active.delete(x);
    if (injection.timer) this.#around.wheel.stop(injection.timer);
    injection.counters.end();
  }

  #abort(
    x: Exchange,
    abort: { readonly reply: LocalReply; readonly counters: FaultCounters } | null,
  ): LocalReply | null {
    if (abort === null || !abort.counters.begin()) return null;
    abort.counters.aborted();
    this.#active.set(x, { counters: abort.counters, timer: null });
    return abort.reply;
  }
}

interface Injection {
  readonly counters: FaultCounters;
  readonly timer: WheelTimer | null;
}
