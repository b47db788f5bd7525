import type { ChainRun } from '../filter/chain.ts';
import type { Attempt } from './attempt.ts';

interface Rival {
  readonly attempt: Attempt;
  readonly filters: ChainRun | null;
}

/** Attempts that still may answer, beside the one that was begun last (hedging). The first good answer wins. */
export class Rivals {
  #all: Rival[] = [];

  get size(): number {
    return this.#all.length;
  }

  add(attempt: Attempt, filters: ChainRun | null): void {
    this.#all.push({ attempt, filters });
  }

  /** Takes one out; undefined when it is not there. */
  take(attempt: Attempt): Rival | undefined {
    const found = this.#all.find((each) => each.attempt === attempt);
    if (found) this.#all = this.#all.filter((each) => each !== found);
    return found;
  }

  /** Takes the youngest out. */
  next(): Rival | undefined {
    return this.#all.pop();
  }

  timedOut(): void {
    for (const { attempt } of this.#all) attempt.timedOut();
  }

  cancel(): void {
    const all = this.#all;
    this.#all = [];
    for (const { attempt, filters } of all) {
      attempt.cancel();
      filters?.end();
    }
  }
}
