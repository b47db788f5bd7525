/** Size of a buffer that one connection has for itself while much comes: fewer and larger reads cost less per byte. */
const BULK_BYTES = 256 * 1024;
/** Such buffers kept for the next connection that wants one. */
const MAX_KEPT = 8;

/** Buffers for connections that read much. */
export class BulkStock {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BULK_BYTES);
  }

  /** Takes one back that nobody reads any more; what is none of them is left alone. */
  give(buffer: Buffer): void {
    if (buffer.length === BULK_BYTES && this.#free.length < MAX_KEPT) this.#free.push(buffer);
  }
}

/** A socket that may have to keep what was lent to it, until the system has taken it. */
export interface Keeper {
  /** What it keeps alone, and gives back then. */
  lent: Buffer | null;
}

/**
 * What the sockets of a thread know of the read under way: whether the bytes that it brought lie in memory that nobody
 * else reads into. Such bytes are written on as they lie (decision D8, rule W); those in the shared buffer are copied.
 */
export class Lending {
  /** The buffer of the read under way; null = the shared one, or no read. */
  buffer: Buffer | null = null;
  /** The system did not take all of it at once, so it belongs to a socket now: the reader needs another. */
  kept = false;
  #keeper: Keeper | null = null;

  begin(buffer: Buffer | null): void {
    this.buffer = buffer;
    this.kept = false;
  }

  end(): void {
    this.buffer = null;
    this.#keeper = null;
  }

  /** A socket keeps it. Where two do, nobody can tell when it is free: then neither gives it back. */
  keep(keeper: Keeper): void {
    if (!this.kept) {
      this.#keeper = keeper;
      keeper.lent = this.buffer;
    } else if (this.#keeper !== null && this.#keeper !== keeper) this.#keeper.lent = null;
    this.kept = true;
  }

  /** Whether `chunk` lies in that buffer. */
  holds(chunk: Uint8Array): boolean {
    return this.buffer !== null && this.buffer.buffer === chunk.buffer;
  }
}

/**
 * Which buffer a connection reads into: the thread's shared one, or one of its own from a read that filled the shared one
 * on, as long as each read would have. So large bodies move without a copy, and an idle connection holds nothing.
 */
export class ReadBuffer {
  readonly #shared: Buffer;
  readonly #stock: BulkStock;
  #own: Buffer | null = null;
  #next: Buffer | null;

  constructor(shared: Buffer, stock: BulkStock) {
    this.#shared = shared;
    this.#stock = stock;
    this.#next = shared;
  }

  /** The buffer of the next read, null = the same as before. Node asks after each read. */
  next(): Buffer | null {
    const next = this.#next;
    this.#next = null;
    return next;
  }

  /** Chooses for the next read, after one of `length` bytes. `kept`: what it was made into belongs to a socket now. */
  chooseAfter(length: number, kept: boolean): void {
    const own = this.#own;
    const much = length >= this.#shared.length;
    if (own === null) {
      if (!much) return;
      this.#own = this.#stock.take();
      this.#next = this.#own;
      return;
    }
    if (much && !kept) return;
    // Who does not take it all at once is slow: what comes next waits in the shared buffer, which holds less.
    if (!kept) this.#stock.give(own);
    this.#own = null;
    this.#next = this.#shared;
  }

  /** Nothing is read any more. */
  drop(): void {
    if (this.#own !== null) this.#stock.give(this.#own);
    this.#own = null;
  }
}
