import { WheelTimer } from '../../shared/time/wheel.ts';
import type { AttemptSink } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import type { ResponseFaultPlan } from '../core/plan/fault.ts';
import type { Timing } from './broken-way.ts';
import type { Held } from './fault-term.ts';

/** Ms between the pieces of a body of limited rate (Envoy's fill interval). */
const INTERVAL = 50;
/** Bytes that may wait before the source is stopped. */
const MOST = 65_536;

export type Pace = Pick<ResponseFaultPlan, 'bytesPerSecond' | 'slice' | 'slowClose'>;

const AT_ONCE: Pace = { bytesPerSecond: 0, slice: null, slowClose: 0 };

/**
 * Lets the body of one response through at a rate, in pieces, or with its end held back, and keeps what waits. A body of
 * known length is over for the client with its last byte, so a late end holds that one back.
 */
export class Pacer implements Held {
  #pace: Pace;
  readonly #timing: Timing;
  readonly #timer: WheelTimer;
  #sink: AttemptSink | null = null;
  #drained: () => void = nothing;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #passed = 0;
  #length = -1;
  #began = 0;
  /** The client is slow. */
  #blocked = false;
  #ended = false;
  /** The source has ended, and is still spoken to. */
  #halfClosed = false;
  #trailers: HeaderList | null = null;
  /** The end is near: only the hold of `slowClose` is left. */
  #closing = false;

  constructor(pace: Pace, timing: Timing) {
    this.#pace = pace;
    this.#timing = timing;
    this.#timer = new WheelTimer(() => this.#pump());
  }

  /** The head goes to `sink`. `drained` is called when the source may go on after `take` returned false. */
  begin(sink: AttemptSink, length: number, drained: () => void): void {
    this.#sink = sink;
    this.#length = length;
    this.#drained = drained;
    this.#began = this.#timing.turn.now;
    if (!this.#timing.term.over) this.#timing.term.hold(this);
  }

  /** A chunk, borrowed until return; false = enough. */
  take(chunk: Uint8Array): boolean {
    this.#waiting.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
    if (!this.#timer.running) this.#pump();
    return this.#bytes < MOST;
  }

  end(trailers: HeaderList | null, halfClosed = false): void {
    this.#ended = true;
    this.#halfClosed = halfClosed;
    this.#trailers = trailers;
    if (!this.#timer.running) this.#pump();
  }

  /** The source has said all, and its end is yet to come: it is still spoken to. */
  halfClose(): void {
    this.end(null, true);
  }

  resume(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    if (!this.#timer.running) this.#pump();
  }

  stop(): void {
    this.#timing.wheel.stop(this.#timer);
    this.#timing.term.free(this);
    this.#sink = null;
    this.#waiting = [];
  }

  /** All that waits goes on, and what follows is not held back. */
  letGo(): void {
    this.#timing.wheel.stop(this.#timer);
    this.#pace = AT_ONCE;
    this.#pump();
  }

  #pump(): void {
    const { bytesPerSecond, slice, slowClose } = this.#pace;
    if (this.#sink === null || this.#blocked) return;
    if (this.#closing) return this.#close();
    const now = this.#timing.turn.now;
    const allowed =
      bytesPerSecond > 0
        ? Math.floor(((now - this.#began) * bytesPerSecond) / 1_000) - this.#passed
        : Number.POSITIVE_INFINITY;
    const most = Math.min(allowed, slice === null ? Number.POSITIVE_INFINITY : slice.bytes);
    const before = this.#passed;
    this.#pass(Math.min(most, this.#bytes - this.#held()));
    // The sink may have given up meanwhile.
    if (this.#sink === null) return;
    if (this.#bytes > this.#held()) this.#start(Math.max(bytesPerSecond > 0 ? INTERVAL : 0, slice?.pause ?? 0));
    else if (this.#ended && slowClose > 0) {
      this.#closing = true;
      this.#start(slowClose);
    } else if (this.#ended) this.#close();
    // Not faster for coming in small chunks.
    else if (slice !== null && this.#passed > before) this.#start(slice.pause);
  }

  /** Bytes that only come with the end. */
  #held(): number {
    return this.#pace.slowClose > 0 && this.#length > 0 && this.#passed + this.#bytes >= this.#length ? 1 : 0;
  }

  #pass(count: number): void {
    const before = this.#bytes;
    for (let left = count; left > 0 && this.#sink !== null; ) {
      const first = this.#waiting[0] as Uint8Array;
      const piece = first.length <= left ? first : first.subarray(0, left);
      if (piece === first) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(left);
      left -= piece.length;
      this.#bytes -= piece.length;
      this.#passed += piece.length;
      if (!this.#sink.onData(piece)) this.#blocked = true;
    }
    if (before >= MOST && this.#bytes < MOST && this.#sink !== null) this.#drained();
  }

  #close(): void {
    const sink = this.#sink;
    this.#pass(this.#bytes);
    if (this.#halfClosed) {
      this.#ended = false;
      this.#closing = false;
      this.#pace = AT_ONCE;
      return this.#sink?.onHalfClosed?.();
    }
    this.stop();
    sink?.onEnd(this.#trailers);
  }

  #start(ms: number): void {
    this.#timing.wheel.start(this.#timer, ms, this.#timing.turn.now);
  }
}

const nothing = (): void => {};
