/**
 * Shared memory between main and the workers (decision D2): fixed pages of 1,024 slots, one slot per endpoint and per
 * cluster. In each page a worker owns one row per slot, written by nobody else; the shared cells of a slot are written
 * by main, except the failure counters, which workers bump with Atomics.
 *
 * Layout of a page, in 32-bit cells: [shared cells of slot 0..1023][row of worker 0 for slot 0..1023][worker 1] ...
 */
export const SLOTS_PER_PAGE = 1024;

/** Cells of a worker's row. */
export const ROW = {
  active: 0,
  pending: 1,
  retries: 2,
  connections: 3,
  requests: 4,
  failures: 5,
  retryTokens: 6,
  /** Sum of the times to the response head, in microseconds; wraps. */
  latency: 7,
  /** Attempts that were answered, and not with a 5xx. Failures are those that were, or were not answered at all. */
  successes: 8,
  /** Of the failures those without an answer. */
  localFailures: 9,
} as const;
/** A row fills one cache line, so that workers do not disturb each other. */
export const ROW_CELLS = 16;

/** Shared cells of a slot. */
export const SHARED = {
  flags: 0,
  consecutive5xx: 1,
  consecutiveGateway: 2,
  consecutiveLocal: 3,
  /** Of an endpoint, as it reports its load out of band: the bits of a 32-bit float; 0 = none. */
  weight: 4,
  /** Of a cluster's slot: rises when the flags of one of its endpoints change, so that a pick sees it with one load. */
  generation: 5,
  /** What workers counted that are dead. */
  retiredRequests: 6,
  retiredFailures: 7,
  /** State of the error-rate breaker, one of BREAKER. */
  breaker: 8,
  /** Attempts that a half-open breaker still lets through; workers take them with Atomics. */
  permits: 9,
  /** Number of the trial that the permits are for. */
  trial: 10,
} as const;
export const SHARED_CELLS = 16;

/** States of an error-rate breaker. */
export const BREAKER = { closed: 0, open: 1, halfOpen: 2 } as const;

/**
 * Bits of SHARED.flags. An endpoint with any of them set is not available; one that is degraded and nothing else is used
 * where those that are available do not suffice. `unhealthy` is what discovery says, `failedCheck` what our own active
 * health checks found, `broken` means that its error-rate breaker is open.
 */
export const FLAG = { unhealthy: 1, ejected: 2, draining: 4, degraded: 8, failedCheck: 16, broken: 32 } as const;

/** Bytes of one page for `workers` data-path threads. */
export function pageBytes(workers: number): number {
  return 4 * SLOTS_PER_PAGE * (SHARED_CELLS + workers * ROW_CELLS);
}

/** One process-wide table of slots as seen by one thread. `me` is the worker's index, or -1 in main. */
export class SlotTable {
  readonly workers: number;
  readonly me: number;
  readonly #pages: Int32Array[] = [];

  constructor(workers: number, me: number) {
    this.workers = workers;
    this.me = me;
  }

  get pages(): number {
    return this.#pages.length;
  }

  addPage(page: SharedArrayBuffer): void {
    if (page.byteLength !== pageBytes(this.workers)) throw new RangeError('slot page has the wrong size');
    this.#pages.push(new Int32Array(page));
  }

  /** A view of one slot. Made once per endpoint or cluster, at configuration time. */
  slot(index: number): Slot {
    const page = this.#pages[Math.floor(index / SLOTS_PER_PAGE)];
    if (!page) throw new RangeError(`slot ${index} has no page`);
    return new Slot(page, index % SLOTS_PER_PAGE, this.workers, this.me);
  }
}

export class Slot {
  readonly #cells: Int32Array;
  readonly #shared: number;
  readonly #own: number;
  readonly #first: number;
  readonly #workers: number;

  constructor(cells: Int32Array, index: number, workers: number, me: number) {
    this.#cells = cells;
    this.#workers = workers;
    this.#shared = index * SHARED_CELLS;
    this.#first = SLOTS_PER_PAGE * SHARED_CELLS + index * ROW_CELLS;
    this.#own = this.#first + Math.max(0, me) * SLOTS_PER_PAGE * ROW_CELLS;
  }

  /** Adds to a cell of the own row with a plain store: siblings may see it a moment late. */
  add(cell: number, by: number): void {
    this.#cells[this.#own + cell] = (this.#cells[this.#own + cell] as number) + by;
  }

  /** The sum of a cell over all workers. */
  sum(cell: number): number {
    let at = this.#first + cell;
    let sum = this.#cells[at] as number;
    for (let worker = 1; worker < this.#workers; worker += 1) {
      at += SLOTS_PER_PAGE * ROW_CELLS;
      sum += this.#cells[at] as number;
    }
    return sum;
  }

  /**
   * Claims one unit of a limited cell: add to the own row, then sum; over the limit => undo (decision D3). The limit is
   * never exceeded; two claims that collide at the edge may both be refused. `cap` is the highest sum allowed.
   */
  claim(cell: number, cap: number): boolean {
    if (this.#workers === 1) {
      const now = this.#cells[this.#own + cell] as number;
      if (now >= cap) return false;
      this.#cells[this.#own + cell] = now + 1;
      return true;
    }
    Atomics.add(this.#cells, this.#own + cell, 1);
    let sum = 0;
    for (let worker = 0, at = this.#first + cell; worker < this.#workers; worker += 1) {
      sum += Atomics.load(this.#cells, at);
      at += SLOTS_PER_PAGE * ROW_CELLS;
    }
    if (sum <= cap) return true;
    Atomics.sub(this.#cells, this.#own + cell, 1);
    return false;
  }

  /** Gives back what `claim` took. */
  release(cell: number): void {
    if (this.#workers === 1) this.#cells[this.#own + cell] = (this.#cells[this.#own + cell] as number) - 1;
    else Atomics.sub(this.#cells, this.#own + cell, 1);
  }

  shared(cell: number): number {
    return this.#cells[this.#shared + cell] as number;
  }

  /** Main only; workers have `bump` and `clear`. */
  setShared(cell: number, value: number): void {
    Atomics.store(this.#cells, this.#shared + cell, value);
  }

  /** What an endpoint's load reports make its weight, 0 = none to be used. Main writes it. */
  get weight(): number {
    bits[0] = this.shared(SHARED.weight);
    return float[0] as number;
  }

  set weight(weight: number) {
    float[0] = weight;
    this.setShared(SHARED.weight, bits[0] as number);
  }

  /** Counts one more in a shared failure counter and returns the new value. */
  bump(cell: number): number {
    return Atomics.add(this.#cells, this.#shared + cell, 1) + 1;
  }

  /** Takes one of a shared number of permits; false when there is none left. */
  take(cell: number): boolean {
    if (Atomics.load(this.#cells, this.#shared + cell) <= 0) return false;
    if (Atomics.sub(this.#cells, this.#shared + cell, 1) > 0) return true;
    Atomics.add(this.#cells, this.#shared + cell, 1);
    return false;
  }

  /** Sets a shared failure counter back; costs one load when it is 0 already. */
  clear(cell: number): void {
    if (this.#cells[this.#shared + cell] !== 0) Atomics.store(this.#cells, this.#shared + cell, 0);
  }

  /** Reads one worker's cell (main: folding and the like). */
  rowOf(worker: number, cell: number): number {
    return this.#cells[this.#first + worker * SLOTS_PER_PAGE * ROW_CELLS + cell] as number;
  }

  /** Requests (or failures) ever, those of workers that died included. */
  total(cell: typeof ROW.requests | typeof ROW.failures): number {
    return this.sum(cell) + this.shared(cell === ROW.requests ? SHARED.retiredRequests : SHARED.retiredFailures);
  }

  /** Main, after a worker died: what it counted stays in the totals, what it had under way does not. */
  foldRow(worker: number): void {
    const requests = this.rowOf(worker, ROW.requests);
    if (requests !== 0) {
      this.setShared(SHARED.retiredRequests, this.shared(SHARED.retiredRequests) + requests);
      this.setShared(SHARED.retiredFailures, this.shared(SHARED.retiredFailures) + this.rowOf(worker, ROW.failures));
    }
    this.clearRow(worker);
  }

  /** Main: a worker's row of this slot reads 0 again. */
  clearRow(worker: number): void {
    const at = this.#first + worker * SLOTS_PER_PAGE * ROW_CELLS;
    this.#cells.fill(0, at, at + ROW_CELLS);
  }
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);
