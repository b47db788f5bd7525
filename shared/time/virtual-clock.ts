import type { Cancel, Clock } from './clock.ts';

interface Entry {
  at: number;
  action: () => void;
  period: number;
}

/** A clock that moves only when told to: for tests and simulations. Timers fire in order of time, then of creation. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #epoch: number;
  readonly #entries = new Set<Entry>();

  constructor(epoch = 1_700_000_000_000) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#epoch + this.#now;
  }

  after(ms: number, action: () => void): Cancel {
    return this.#add({ at: this.#now + Math.max(0, ms), action, period: 0 });
  }

  every(ms: number, action: () => void): Cancel {
    return this.#add({ at: this.#now + ms, action, period: ms });
  }

  /** Moves time forward by `ms` and runs what falls due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#earliest(end); next; next = this.#earliest(end)) {
      this.#now = Math.max(this.#now, next.at);
      if (next.period > 0) next.at += next.period;
      else this.#entries.delete(next);
      next.action();
    }
    this.#now = end;
  }

  #add(entry: Entry): Cancel {
    this.#entries.add(entry);
    return () => this.#entries.delete(entry);
  }

  #earliest(end: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) if (entry.at <= end && (!first || entry.at < first.at)) first = entry;
    return first;
  }
}
