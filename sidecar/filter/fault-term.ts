/**
 * How long one set of faults is in force. When it ends (the lease is over, or other faults are assigned), what it still holds
 * back is let go of: long responses, streams and waits do not suffer longer than the lease says.
 */
export class FaultTerm {
  #over = false;
  readonly #held = new Set<Held>();

  get over(): boolean {
    return this.#over;
  }

  /** `held` is told when the term ends, unless it was freed before. */
  hold(held: Held): void {
    this.#held.add(held);
  }

  free(held: Held): void {
    this.#held.delete(held);
  }

  end(): void {
    this.#over = true;
    const held = [...this.#held];
    this.#held.clear();
    for (const each of held) each.letGo();
  }
}

/** Something that a fault holds back. */
export interface Held {
  /** The fault is no longer in force: go on without it. */
  letGo(): void;
}
