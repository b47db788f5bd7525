import type { Cancel } from '../../shared/time/clock.ts';

/** Begins a probe; it calls `over` once it is over, also when it is cancelled. */
export type Start = (over: () => void) => void;

/** Lets so many probes run at the same time; the others wait in their order (decision D39). */
export class ProbeQueue {
  readonly #limit: number;
  readonly #waiting = new Set<Start>();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Begins it at once or when its turn comes; the answer takes it out of the queue as long as it waits there. */
  add(start: Start): Cancel {
    this.#waiting.add(start);
    this.#next();
    return () => this.#waiting.delete(start);
  }

  #next(): void {
    for (const start of this.#waiting) {
      if (this.#running >= this.#limit) return;
      this.#waiting.delete(start);
      this.#running += 1;
      let over = false;
      start(() => {
        if (over) return;
        over = true;
        this.#running -= 1;
        this.#next();
      });
    }
  }
}
