import { WheelTimer } from '../../../shared/time/wheel.ts';
import type { ServerContext, ServerOptions } from './server-options.ts';

/** How long the rest of a request body may stand still when its response is complete. */
const DRAIN_MS = 5000;
/** A FIN that comes later than this behind everything else was not sent together with the request. */
const SAME_BREATH_MS = 200;

/** What a connection waits for. */
export type Phase = 'idle' | 'head' | 'request' | 'response' | 'drain';

/**
 * The deadlines of one connection on one timer. Most deadlines move away with each request: moving one later costs a
 * comparison and the timer finds out when it fires. Times are monotonic ms.
 */
export class ServerTimer {
  /** First byte of the head under way. */
  started: number;
  /** When something moved last. Bytes of later requests are not: they must not keep a response alive that nobody reads. */
  moved: number;
  /** The stream idle timeout of the exchange under way; -1 = as the options say. */
  streamIdle = -1;
  readonly #opened: number;
  readonly #context: ServerContext;
  readonly #timer: WheelTimer;
  #due = 0;

  constructor(context: ServerContext, fire: () => void) {
    const { now } = context.turn;
    this.#context = context;
    this.#timer = new WheelTimer(fire);
    this.#opened = now;
    this.started = now;
    this.moved = now;
  }

  /** A head begins. */
  begin(): void {
    this.started = this.moved;
    this.streamIdle = -1;
  }

  /** Has `fire` called at the deadline of `phase`, or before. */
  arm(phase: Phase, options: ServerOptions, ages: boolean): void {
    const due = this.#deadline(phase, options, ages);
    if (due === Number.POSITIVE_INFINITY || (this.#timer.running && this.#due <= due)) return;
    const { now } = this.#context.turn;
    this.#due = due;
    this.#context.wheel.start(this.#timer, due - now, now);
  }

  /** It fired for a deadline that has moved away. */
  early(phase: Phase, options: ServerOptions, ages: boolean): boolean {
    return this.#deadline(phase, options, ages) - this.#context.turn.now > 1;
  }

  /**
   * Whether a FIN that comes now may only say that the request was the last one. It looks the same when a client gives up:
   * then it comes out of a silence.
   */
  get finIsHalfClose(): boolean {
    return this.#context.turn.now - this.moved <= SAME_BREATH_MS;
  }

  /** The connection is older than it may become. */
  tooOld(options: ServerOptions): boolean {
    return this.#context.turn.now >= after(this.#opened, options.maxConnectionDuration);
  }

  stop(): void {
    this.#context.wheel.stop(this.#timer);
  }

  /** `ages`: the connection's own duration counts, too. */
  #deadline(phase: Phase, options: ServerOptions, ages: boolean): number {
    const { headersTimeout, requestTimeout } = options;
    const streamIdleTimeout = this.streamIdle < 0 ? options.streamIdleTimeout : this.streamIdle;
    const last = ages ? after(this.#opened, options.maxConnectionDuration) : Number.POSITIVE_INFINITY;
    switch (phase) {
      case 'idle':
        return Math.min(last, after(this.moved, options.idleTimeout));
      case 'head':
        return Math.min(last, after(this.started, headersTimeout), after(this.started, requestTimeout));
      case 'request':
        return Math.min(last, after(this.started, requestTimeout), after(this.moved, streamIdleTimeout));
      case 'response':
        return Math.min(last, after(this.moved, streamIdleTimeout));
      default:
        return this.moved + DRAIN_MS;
    }
  }
}

function after(from: number, ms: number): number {
  return ms > 0 ? from + ms : Number.POSITIVE_INFINITY;
}
