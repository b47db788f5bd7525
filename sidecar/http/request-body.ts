/** Copies lie in blocks that serve again and again: new memory would cost more than the copy. Most bodies need one of these. */
const SMALL_BYTES = 4 * 1024;
/** What does not fit into a small block goes on in large ones. */
const LARGE_BYTES = 64 * 1024;
/** Blocks of each size that are kept for later: bodies of 16 MiB together, after which new memory has to be had and collected. */
const MAX_FREE = 256;

/** The free blocks of this thread. */
const smallBlocks: Buffer[] = [];
const largeBlocks: Buffer[] = [];

/**
 * Copies of the request body, for attempts that do not have their connection yet and for further ones, up to a limit
 * (decision D10). Over the limit the copies are dropped, and only attempts that never wrote a byte may be repeated.
 */
export class RequestBody {
  /** Bytes that may be kept. */
  limit: number;
  size = 0;
  /** The copies are gone: the body cannot be sent again. */
  abandoned = false;
  /** All are full but the last, of which so many bytes are. */
  #blocks: Buffer[] = [];
  #filled = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** What is kept, in order. Valid until `abandon`: who is given one copies what must live longer. */
  get copies(): Buffer[] {
    const last = this.#blocks.length - 1;
    return this.#blocks.map((block, at) => (at < last ? block : block.subarray(0, this.#filled)));
  }

  /** Keeps a copy of a borrowed chunk that cannot be sent yet; false = stop the source. */
  hold(chunk: Uint8Array): boolean {
    this.#copy(chunk);
    return this.size < this.limit;
  }

  /** Keeps a copy of a chunk that is being sent; false when that passed the limit and all copies were dropped. */
  keep(chunk: Uint8Array): boolean {
    if (this.size + chunk.length > this.limit) {
      this.abandon();
      return false;
    }
    this.#copy(chunk);
    return true;
  }

  /** Drops the copies: no further attempt will want them. */
  abandon(): void {
    this.abandoned = true;
    this.size = 0;
    const blocks = this.#blocks;
    if (blocks.length === 0) return;
    this.#blocks = [];
    for (let at = 0; at < blocks.length; at += 1) {
      const block = blocks[at] as Buffer;
      const free = block.length === SMALL_BYTES ? smallBlocks : largeBlocks;
      if (free.length < MAX_FREE) free.push(block);
    }
  }

  #copy(chunk: Uint8Array): void {
    const { length } = chunk;
    let block = this.#blocks[this.#blocks.length - 1];
    for (let at = 0; at < length; ) {
      if (block === undefined || this.#filled === block.length) {
        block = this.size + length - at > SMALL_BYTES ? large() : small();
        this.#blocks.push(block);
        this.#filled = 0;
      }
      const size = Math.min(length - at, block.length - this.#filled);
      block.set(size === length ? chunk : chunk.subarray(at, at + size), this.#filled);
      this.#filled += size;
      this.size += size;
      at += size;
    }
  }
}

const small = (): Buffer => smallBlocks.pop() ?? Buffer.allocUnsafeSlow(SMALL_BYTES);
const large = (): Buffer => largeBlocks.pop() ?? Buffer.allocUnsafeSlow(LARGE_BYTES);
