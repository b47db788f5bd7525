import type { Random } from '../../shared/struct/random.ts';
import type { Wheel } from '../../shared/time/wheel.ts';
import { WheelTimer } from '../../shared/time/wheel.ts';
import type { Exchange } from '../core/exchange.ts';
import type { LocalReply, Verdict } from '../core/filter.ts';
import { RESPONSE_FLAG } from '../core/outcome.ts';
import type { AbortPlan } from '../core/plan/fault.ts';
import type { Detour } from '../core/pool.ts';
import type { Stats } from '../core/stats.ts';
import type { FaultTerm, Held } from './fault-term.ts';

/** What a worker lends to its fault filters. */
export interface FaultSurroundings {
  readonly stats: Stats;
  readonly wheel: Wheel;
  /** Monotonic ms of the turn. */
  readonly turn: { readonly now: number };
  readonly random: Random;
  readonly term: FaultTerm;
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
export function abortReply(abort: AbortPlan, exempt = false): LocalReply {
  return {
    status: abort.status,
    flags: RESPONSE_FLAG.FI,
    detail: 'fault_filter_abort',
    body: 'fault filter abort',
    ...(abort.grpcStatus === null ? {} : { grpcStatus: abort.grpcStatus }),
    ...(exempt ? { exempt } : {}),
  };
}

/** What counts the faults of one kind, of one filter or rule. */
export interface FaultCounters {
  /** Takes one place among the active faults; false, and counted as overflow, when there is none. */
  begin(): boolean;
  end(): void;
  injected(kind: string): void;
}

/** What was drawn for one request or attempt. */
export interface Drawn {
  /** Ms; 0 = none. */
  delay: number;
  delayCounters: FaultCounters | null;
  abort: { readonly reply: LocalReply; readonly counters: FaultCounters } | null;
  /** In the order in which they stand on the way to the endpoint. */
  detours: readonly { readonly kinds: readonly string[]; readonly detour: Detour; readonly counters: FaultCounters }[];
}

type Proceed = (verdict: LocalReply | null) => void;

/**
 * The faults under way in one filter: a delay that runs, an abort that was answered, or a detour, until its exchange (or
 * attempt) is over. Requests without a fault leave no trace here.
 */
export class Injections {
  readonly #around: FaultSurroundings;
  readonly #ofRequest: boolean;
  readonly #active = new Map<Proceed, Injection>();

  /** `ofRequest`: detours are of every attempt, not of the one that begins now. */
  constructor(around: FaultSurroundings, ofRequest = true) {
    this.#around = around;
    this.#ofRequest = ofRequest;
  }

  /** Injects what was drawn: first the delay, then the abort, else the detours. */
  inject(x: Exchange, drawn: Drawn, proceed: Proceed): Verdict {
    const { delay, delayCounters } = drawn;
    if (delay > 0 && delayCounters?.begin()) {
      delayCounters.injected('delay');
      x.flags |= RESPONSE_FLAG.DI;
      const over = (): void => {
        // A delay that has passed is no longer active, whatever becomes of the request.
        this.end(proceed);
        proceed(this.#around.term.over ? null : this.#after(x, drawn, proceed));
      };
      const timer = new WheelTimer(over);
      const held = { letGo: over };
      this.#active.set(proceed, { counters: [delayCounters], timer, held });
      this.#around.term.hold(held);
      this.#around.wheel.start(timer, delay, this.#around.turn.now);
      return 'pause';
    }
    return this.#after(x, drawn, proceed);
  }

  /** The exchange or attempt is over. */
  end(proceed: Proceed): void {
    if (this.#active.size === 0) return;
    const injection = this.#active.get(proceed);
    if (!injection) return;
    this.#active.delete(proceed);
    if (injection.timer) this.#around.wheel.stop(injection.timer);
    if (injection.held) this.#around.term.free(injection.held);
    for (const each of injection.counters) each.end();
  }

  #after(x: Exchange, { abort, detours }: Drawn, proceed: Proceed): LocalReply | null {
    if (abort?.counters.begin()) {
      abort.counters.injected('abort');
      this.#active.set(proceed, { counters: [abort.counters], timer: null, held: null });
      return abort.reply;
    }
    const counters: FaultCounters[] = [];
    for (const each of detours) {
      if (!each.counters.begin()) continue;
      for (const kind of each.kinds) each.counters.injected(kind);
      counters.push(each.counters);
      if (this.#ofRequest) x.detour = joinedDetours(each.detour, x.detour);
      else x.attemptDetour = joinedDetours(each.detour, x.attemptDetour);
    }
    if (counters.length > 0) this.#active.set(proceed, { counters, timer: null, held: null });
    return null;
  }
}

/** First through `near`, then through `far`. */
export function joinedDetours(near: Detour, far: Detour | null): Detour {
  if (far === null) return near;
  return {
    exempt: near.exempt || far.exempt,
    through: (pool, noticed) => near.through(far.through(pool, noticed), noticed),
  };
}

/** Writes down what the faults on a way do to the request. */
export function noted(x: Exchange): (flag: number) => void {
  return (flag) => {
    x.flags |= flag;
  };
}

interface Injection {
  readonly counters: readonly FaultCounters[];
  readonly timer: WheelTimer | null;
  readonly held: Held | null;
}
