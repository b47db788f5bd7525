import type { Cancel, Clock } from './clock.ts';

/** A timer that is part of its owner: starting and stopping it allocates nothing. */
export class WheelTimer {
  readonly fire: () => void;
  /** Tick at which it fires; -1 = not running. */
  tick = -1;
  previous: WheelTimer | null = null;
  next: WheelTimer | null = null;

  constructor(fire: () => void) {
    this.fire = fire;
  }

  get running(): boolean {
    return this.tick >= 0;
  }
}

const BUCKETS = 512;
/** Ticks that a thread is late after which it counts as held up. */
const HELD_UP = 5;

/**
 * One coarse hashed timing wheel per thread (Varghese and Lauck 1987): ticks of 10 ms, O(1) start and stop, one real
 * timer for all. A timer fires up to one tick late and never early. An event loop runs its timers before it looks for
 * input, so a thread that was held up would call everything late that came meanwhile in good time: it looks first, and
 * its timers fire a tick later.
 */
export class Wheel {
  readonly tickMs: number;
  readonly #clock: Clock;
  readonly #onTick: (run: () => void) => void;
  readonly #buckets: (WheelTimer | null)[] = new Array<WheelTimer | null>(BUCKETS).fill(null);
  readonly #origin: number;
  #done = 0;
  #running = 0;
  #stop: Cancel | null = null;
  #looked = false;

  /** `around` wraps the work of each tick (a worker opens a turn there). */
  constructor(clock: Clock, around: (run: () => void) => void = (run) => run(), tickMs = 10) {
    this.#clock = clock;
    this.#onTick = around;
    this.tickMs = tickMs;
    this.#origin = clock.now();
  }

  /** Timers that run now. */
  get running(): number {
    return this.#running;
  }

  /** Starts, or starts anew, `timer` to fire `ms` after `now` (monotonic ms of the turn). */
  start(timer: WheelTimer, ms: number, now: number): void {
    if (timer.tick >= 0) this.stop(timer);
    if (this.#running === 0) this.#wake(now);
    timer.tick = Math.max(this.#done + 1, Math.ceil((now + ms - this.#origin) / this.tickMs));
    const bucket = timer.tick % BUCKETS;
    const head = this.#buckets[bucket] ?? null;
    timer.next = head;
    if (head) head.previous = timer;
    this.#buckets[bucket] = timer;
    this.#running += 1;
  }

  stop(timer: WheelTimer): void {
    if (timer.tick < 0) return;
    if (timer.previous) timer.previous.next = timer.next;
    else this.#buckets[timer.tick % BUCKETS] = timer.next;
    if (timer.next) timer.next.previous = timer.previous;
    timer.previous = null;
    timer.next = null;
    timer.tick = -1;
    this.#running -= 1;
  }

  #wake(now: number): void {
    this.#done = Math.floor((now - this.#origin) / this.tickMs);
    this.#stop ??= this.#clock.every(this.tickMs, () => this.#onTick(this.#advance));
  }

  readonly #advance = (): void => {
    const target = Math.floor((this.#clock.now() - this.#origin) / this.tickMs);
    this.#looked = !this.#looked && target - this.#done > HELD_UP;
    if (this.#looked) return;
    while (this.#done < target) {
      this.#done += 1;
      let timer = this.#buckets[this.#done % BUCKETS] ?? null;
      while (timer) {
        const next: WheelTimer | null = timer.next;
        if (timer.tick <= this.#done) {
          this.stop(timer);
          timer.fire();
          // The list may have changed under us; start over, what has fired is gone from it.
          timer = this.#buckets[this.#done % BUCKETS] ?? null;
        } else timer = next;
      }
    }
    if (this.#running === 0) {
      this.#stop?.();
      this.#stop = null;
    }
  };
}
