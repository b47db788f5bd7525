/**
 * Who waits for something that may never come, and for how long. The clock starts when a waiter first waits and is not
 * set back by newer versions of it.
 */
export class Patience {
  readonly #since = new Map<string, number>();
  readonly #deadlines = new Map<string, number>();

  /** A round begins: everybody is asked again. */
  begin(): void {
    this.#deadlines.clear();
  }

  /** True while `waiter` has to wait; false once it has waited `patience` ms. */
  waits(waiter: string, patience: number, now: number): boolean {
    const since = this.#since.get(waiter) ?? now;
    this.#since.set(waiter, since);
    if (now >= since + patience) return false;
    this.#deadlines.set(waiter, since + patience);
    return true;
  }

  /** A round ends: who did not wait in it has got what it waited for, or goes on without. */
  end(): void {
    for (const waiter of this.#since.keys()) if (!this.#deadlines.has(waiter)) this.#since.delete(waiter);
  }

  has(waiter: string): boolean {
    return this.#deadlines.has(waiter);
  }

  get size(): number {
    return this.#deadlines.size;
  }

  /** When the first waiter gives up; Infinity when nobody waits. */
  get next(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#deadlines.values());
  }
}
