import type { Cell, StatScope, Stats } from '../core/stats.ts';

/**
 * Responses by status: `<stem><N>xx`, and where `byCode` is set `<stem><code>`, found by number. A code's cell is made when
 * it is first seen, so that only codes that occur are listed.
 */
export class ResponseCounters {
  readonly #stats: Stats;
  readonly #scope: StatScope;
  readonly #owner: string;
  readonly #stem: string;
  readonly #byCode: boolean;
  readonly #classes: Cell[];
  readonly #codes: (Cell | null)[] = new Array<Cell | null>(600).fill(null);

  constructor(stats: Stats, scope: StatScope, owner: string, stem: string, byCode: boolean) {
    this.#stats = stats;
    this.#scope = scope;
    this.#owner = owner;
    this.#stem = stem;
    this.#byCode = byCode;
    this.#classes = [1, 2, 3, 4, 5].map((digit) => stats.counter(scope, owner, `${stem}${digit}xx`));
  }

  /** Counts one response; a status outside 100..599 is not counted. */
  record(status: number): void {
    if (status < 100 || status > 599) return;
    (this.#classes[((status / 100) | 0) - 1] as Cell).inc();
    if (this.#byCode) (this.#codes[status] ?? this.#first(status)).inc();
  }

  #first(status: number): Cell {
    const cell = this.#stats.counter(this.#scope, this.#owner, this.#stem + status);
    this.#codes[status] = cell;
    return cell;
  }
}
