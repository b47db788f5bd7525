import type { Hash64 } from '../../shared/struct/hash64.ts';

/** An entry fills one cache line: the client's hash (2 cells), when it ends, the length of the endpoint's name, the name. */
const ENTRY_CELLS = 16;
const [HIGH, LOW, UNTIL, LENGTH, NAME] = [0, 1, 2, 3, 4] as const;
const NAME_BYTES = 4 * (ENTRY_CELLS - NAME);
/** Entries that a client may stand in. */
const WAYS = 4;
const ENTRIES = 16_384;

export const STICK_TABLE_BYTES = 4 * ENTRY_CELLS * ENTRIES;

/**
 * Which endpoint each client was sent to: 16,384 entries in memory that all workers share, so that a client finds its endpoint
 * whichever worker takes its connection. When the entries that a client may stand in are taken, it takes the place of the one
 * that would have ended first. Nothing is locked: of two workers that write one entry at once one wins, and an entry that was
 * read half-written names no endpoint, so that one is chosen anew. Pages that nobody wrote to cost no memory.
 */
export class StickTable {
  readonly #cells: Int32Array;
  readonly #bytes: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
    this.#bytes = Buffer.from(memory);
  }

  /** `ip:port` of the endpoint that `client` is to stay at; '' = none. `now`: wall-clock seconds, as all workers know them. */
  get(client: Hash64, now: number): string {
    const at = this.#find(client);
    if (at < 0 || (this.#cells[at + UNTIL] as number) < now) return '';
    const length = this.#cells[at + LENGTH] as number;
    const from = 4 * (at + NAME);
    return this.#bytes.toString('latin1', from, from + Math.min(length, NAME_BYTES));
  }

  /** `client` stays at `endpoint` until `until` (wall-clock seconds). */
  put(client: Hash64, endpoint: string, now: number, until: number): void {
    if (endpoint.length > NAME_BYTES) return;
    const cells = this.#cells;
    let at = this.#find(client);
    if (at >= 0 && this.get(client, now) === endpoint) {
      cells[at + UNTIL] = until;
      return;
    }
    if (at < 0) at = this.#oldest(client);
    // Until all of it is written it belongs to nobody.
    Atomics.store(cells, at + UNTIL, 0);
    cells[at + HIGH] = client.high | 0;
    cells[at + LOW] = client.low | 0;
    cells[at + LENGTH] = endpoint.length;
    this.#bytes.write(endpoint, 4 * (at + NAME), 'latin1');
    Atomics.store(cells, at + UNTIL, until);
  }

  /** The first cell of the client's entry; -1 = it has none. */
  #find({ high, low }: Hash64): number {
    const cells = this.#cells;
    let at = firstOf(low);
    for (let way = 0; way < WAYS; way += 1, at += ENTRY_CELLS)
      if (cells[at + HIGH] === (high | 0) && cells[at + LOW] === (low | 0)) return at;
    return -1;
  }

  #oldest({ low }: Hash64): number {
    const cells = this.#cells;
    const first = firstOf(low);
    let oldest = first;
    for (let way = 1; way < WAYS; way += 1) {
      const at = first + way * ENTRY_CELLS;
      if ((cells[at + UNTIL] as number) < (cells[oldest + UNTIL] as number)) oldest = at;
    }
    return oldest;
  }
}

function firstOf(low: number): number {
  return ((low >>> 0) % (ENTRIES / WAYS)) * WAYS * ENTRY_CELLS;
}
