import { WheelTimer } from '../../../shared/time/wheel.ts';
import type { ConnectionContext } from './connection.ts';

/** A look comes at an eighth of the shortest time that is watched, so that it is at most a quarter late. */
const SHARE = 8;
const SHORTEST_MS = 10;
const LONGEST_MS = 1000;

/**
 * Watches the times of all streams of a connection by one timer: they note the number of the last look instead of the
 * time, and a look compares numbers. A connection without streams is looked at only when it says so.
 */
export class Pulse {
  /** Looks so far. */
  tick = 0;
  readonly #context: ConnectionContext;
  readonly #look: () => number;
  readonly #timer = new WheelTimer(() => this.#fire());
  #period = LONGEST_MS;
  #soon = false;
  #stopped = false;

  /** `look` returns the ms to the next look; 0 = at the usual time, Infinity = none until something happens. */
  constructor(context: ConnectionContext, look: () => number) {
    this.#context = context;
    this.#look = look;
  }

  /** Looks often enough for a timeout of `ms` (0 = none). */
  watch(ms: number): void {
    if (ms <= 0 || ms / SHARE >= this.#period) return;
    this.#period = Math.max(SHORTEST_MS, Math.min(LONGEST_MS, ms / SHARE));
    this.#soon = false;
    this.soon();
  }

  /** Looks within the usual time. */
  soon(): void {
    if (!this.#soon) this.#start(this.#period, true);
  }

  /** More than `ms` passed since the look number `tick`; never true too early. */
  passed(tick: number, ms: number): boolean {
    return ms > 0 && (this.tick - tick - 1) * this.#period >= ms;
  }

  stop(): void {
    this.#stopped = true;
    this.#context.wheel.stop(this.#timer);
  }

  #start(ms: number, soon: boolean): void {
    if (this.#stopped) return;
    this.#soon = soon;
    this.#context.wheel.start(this.#timer, ms, this.#context.turn.now);
  }

  #fire(): void {
    this.tick += 1;
    this.#soon = false;
    const next = this.#look();
    if (this.#soon || next === Number.POSITIVE_INFINITY) return;
    if (next > this.#period) this.#start(next, false);
    else this.#start(this.#period, true);
  }
}
