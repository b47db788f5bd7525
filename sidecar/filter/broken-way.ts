import type { Wheel } from '../../shared/time/wheel.ts';
import { WheelTimer } from '../../shared/time/wheel.ts';
import type { AttemptSink, ClientStream } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure, RESPONSE_FLAG } from '../core/outcome.ts';
import type { ConnectionFaultPlan } from '../core/plan/fault.ts';
import type { Detour, PoolWaiter, StreamSource } from '../core/pool.ts';
import type { FaultTerm, Held } from './fault-term.ts';
import { Way } from './way.ts';

/** What an injected break needs of its worker. */
export interface Timing {
  readonly wheel: Wheel;
  /** Monotonic ms of the turn. */
  readonly turn: { readonly now: number };
  readonly term: FaultTerm;
}

const injected = (failure: Failure): Failure =>
  Object.freeze({ ...failure, flag: failure.flag | RESPONSE_FLAG.FI, detail: `injected: ${failure.detail}` });

/** As the real ones, marked. */
const INJECTED = {
  connect: injected(FAILURE.connect),
  overflow: injected(FAILURE.overflow),
  reset: injected(FAILURE.reset),
  truncated: injected(FAILURE.truncated),
} as const;

/** Ms that what was written before a break has to leave. */
const LEAVE = 10;

/** Ways that break as `plan` says. */
export function breakage(plan: ConnectionFaultPlan, exempt: boolean, timing: Timing): Detour {
  return {
    exempt,
    through(pool, noticed) {
      if (timing.term.over) return pool;
      noticed(RESPONSE_FLAG.FI);
      switch (plan.kind) {
        case 'connect-failure':
          return new ClosedWay(INJECTED.connect);
        case 'pool-exhaustion':
          return new ClosedWay(INJECTED.overflow);
        case 'black-hole':
          return new BlackHole(timing.term);
        default:
          return new BrokenWay(pool, plan, timing);
      }
    },
  };
}

/** No stream can be had. */
class ClosedWay implements StreamSource {
  readonly #failure: Failure;

  constructor(failure: Failure) {
    this.#failure = failure;
  }

  lease(waiter: PoolWaiter): void {
    waiter.onRefused(this.#failure);
  }

  abandon(): void {}
}

/**
 * Takes the request as a network does that loses its packets: only a timeout, the client or the end of the fault ends the
 * wait. What it swallowed is lost, so then the connection counts as broken.
 */
class BlackHole implements StreamSource, ClientStream, Held {
  written = 0;
  readonly #term: FaultTerm;
  #sink: AttemptSink | null = null;

  constructor(term: FaultTerm) {
    this.#term = term;
  }

  lease(waiter: PoolWaiter): void {
    waiter.onStream(this);
  }

  abandon(): void {}

  start(
    method: string,
    authority: string,
    path: string,
    _headers: HeaderList,
    _length: number,
    sink: AttemptSink,
  ): void {
    this.written = method.length + authority.length + path.length;
    this.#sink = sink;
    this.#term.hold(this);
  }

  write(chunk: Uint8Array): boolean {
    this.written += chunk.length;
    return true;
  }

  end(): void {}

  cancel(): void {
    this.#term.free(this);
  }

  pause(): void {}
  resume(): void {}

  letGo(): void {
    this.#sink?.onFailure(INJECTED.reset);
  }
}

/** The endpoint gets the request, and the answer is broken off. */
class BrokenWay extends Way {
  readonly #plan: ConnectionFaultPlan;
  readonly #timing: Timing;
  readonly #timer: WheelTimer;
  /** Bytes of the body that still pass. */
  #left: number;
  #failure: Failure = INJECTED.reset;

  constructor(source: StreamSource, plan: ConnectionFaultPlan, timing: Timing) {
    super(source);
    this.#plan = plan;
    this.#timing = timing;
    this.#left = plan.afterBytes;
    this.#timer = new WheelTimer(() => this.#fail());
  }

  override end(trailers: HeaderList | null): void {
    super.end(trailers);
    if (this.#plan.kind === 'reset-before-head' && !this.#timing.term.over) this.#break(INJECTED.reset);
  }

  override onInform(status: number, headers: HeaderList): void {
    if (!this.#timer.running) super.onInform(status, headers);
  }

  override onStart(status: number, headers: HeaderList, length: number): void {
    if (this.#timer.running) return;
    if (this.#plan.kind === 'reset-mid-body' || this.#timing.term.over) super.onStart(status, headers, length);
    else this.#break(INJECTED.reset);
  }

  override onData(chunk: Uint8Array): boolean {
    if (this.#timer.running) return true;
    if (this.#timing.term.over) return super.onData(chunk);
    const left = this.#left;
    this.#left -= chunk.length;
    if (this.#left > 0) return super.onData(chunk);
    this.#break(INJECTED.truncated);
    return left === 0 || super.onData(chunk.subarray(0, left));
  }

  override onHalfClosed(): void {
    if (this.#timer.running) return;
    if (this.#timing.term.over) super.onHalfClosed();
    else this.#break(INJECTED.truncated);
  }

  override onEnd(trailers: HeaderList | null): void {
    if (this.#timing.term.over && !this.#timer.running) return super.onEnd(trailers);
    this.release();
    if (!this.#timer.running) this.#break(INJECTED.truncated);
  }

  override onFailure(failure: Failure): void {
    this.#timing.wheel.stop(this.#timer);
    super.onFailure(failure);
  }

  override cancel(): void {
    this.#timing.wheel.stop(this.#timer);
    super.cancel();
  }

  /** Soon, so that what was written before has left. */
  #break(failure: Failure): void {
    this.#failure = failure;
    this.#timing.wheel.start(this.#timer, LEAVE, this.#timing.turn.now);
  }

  #fail(): void {
    const sink = this.sink as AttemptSink | null;
    this.cancel();
    sink?.onFailure(this.#failure);
  }
}
