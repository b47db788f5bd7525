import type { Seen } from './cache.ts';

/** The last changes in order of revisions, for watchers that come back. Bounded by number and by size. */
export class History<T> {
  readonly #limit: { changes: number; characters: number };
  #changes: { seen: Seen<T>; characters: number }[] = [];
  /** Index of the oldest change that counts; what stands before it is cut off when it is half of the list. */
  #first = 0;
  #characters = 0;
  /** Everything after this revision is here. */
  #complete = 0;

  constructor(limit: { changes: number; characters: number }) {
    this.#limit = limit;
  }

  /** Nothing before `revision` is known. */
  restart(revision: number): void {
    this.#changes = [];
    this.#first = 0;
    this.#characters = 0;
    this.#complete = revision;
  }

  add(seen: Seen<T>, characters: number): void {
    this.#changes.push({ seen, characters });
    this.#characters += characters;
    while (this.#changes.length - this.#first > this.#limit.changes || this.#characters > this.#limit.characters) {
      const oldest = this.#changes[this.#first];
      if (!oldest) break;
      this.#first += 1;
      this.#characters -= oldest.characters;
      this.#complete = oldest.seen.revision;
    }
    if (this.#first > 1000 && this.#first * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#first);
      this.#first = 0;
    }
  }

  /** The changes after `revision`; undefined when some of them are forgotten. */
  after(revision: number): Seen<T>[] | undefined {
    if (revision < this.#complete) return undefined;
    let low = this.#first;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.seen.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return this.#changes.slice(low).map((each) => each.seen);
  }
}
