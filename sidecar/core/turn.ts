import type { Clock } from '../../shared/time/clock.ts';

/** Something with output gathered during a turn. */
export interface Flushable {
  flush(): void;
}

/**
 * One turn of a worker's event loop: everything that follows from one read, one timer tick or one message. The time is
 * read once per turn (decision D30), and what a turn produced leaves in one write per socket at its end.
 */
export class Turn {
  readonly #clock: Clock;
  readonly #dirty: Flushable[] = [];
  #depth = 0;
  #now = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Monotonic ms, the same for the whole turn. */
  get now(): number {
    return this.#depth > 0 ? this.#now : this.#clock.now();
  }

  /** Opens a turn; calls nest. Every entry from the event loop is `enter(); try { ... } finally { leave(); }`, or `run`. */
  enter(): void {
    if (this.#depth === 0) this.#now = this.#clock.now();
    this.#depth += 1;
  }

  /** Ends the turn when it is the outermost: flushes what was marked, also what flushing marks. */
  leave(): void {
    if (this.#depth === 1) {
      const dirty = this.#dirty;
      if (dirty.length > 0) {
        for (let at = 0; at < dirty.length; at += 1) (dirty[at] as Flushable).flush();
        // Setting a length costs a call into the runtime; one output is the usual case.
        if (dirty.length === 1) dirty.pop();
        else dirty.length = 0;
      }
    }
    this.#depth -= 1;
  }

  /** `action` as a turn, or as part of the one under way. */
  run(action: () => void): void {
    this.enter();
    try {
      action();
    } finally {
      this.leave();
    }
  }

  /** Has `output` flushed at the end of this turn. The caller marks once per turn. */
  mark(output: Flushable): void {
    this.#dirty.push(output);
    if (this.#depth === 0) {
      this.enter();
      this.leave();
    }
  }
}
