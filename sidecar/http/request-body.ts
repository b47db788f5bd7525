/** Large chunks are copied into blocks of this size, which serve again and again: new memory would cost more than the copy. */
const BLOCK_BYTES = 64 * 1024;
/** Smaller ones get memory of their own, as large as they are: many small bodies may wait at the same time. */
const LARGE_BYTES = 32 * 1024;
/** Blocks that are kept for later. */
const MAX_FREE = 128;

/** The free blocks of this thread. */
const free: Buffer[] = [];

/**
 * Copies of the request body, for attempts that do not have their connection yet and for further ones, up to a limit
 * (decision D10). Over the limit the copies are dropped, and only attempts that never wrote a byte may be repeated.
 */
export class RequestBody {
  /** Bytes that may be kept. */
  limit: number;
  /** Valid until `abandon`: who is given one copies what must live longer. */
  copies: Buffer[] = [];
  size = 0;
  /** The copies are gone: the body cannot be sent again. */
  abandoned = false;
  #blocks: Buffer[] | null = null;

  constructor(limit: number) {
    this.limit = limit;
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
    this.copies = [];
    this.size = 0;
    const blocks = this.#blocks;
    this.#blocks = null;
    if (blocks === null) return;
    for (let at = 0; at < blocks.length && free.length < MAX_FREE; at += 1) free.push(blocks[at] as Buffer);
  }

  #copy(chunk: Uint8Array): void {
    let at = 0;
    while (chunk.length - at >= LARGE_BYTES) {
      const end = Math.min(at + BLOCK_BYTES, chunk.length);
      const block = free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
      block.set(chunk.subarray(at, end));
      this.#blocks ??= [];
      this.#blocks.push(block);
      this.copies.push(end - at === BLOCK_BYTES ? block : block.subarray(0, end - at));
      at = end;
    }
    if (at < chunk.length) this.copies.push(Buffer.from(at === 0 ? chunk : chunk.subarray(at)));
    this.size += chunk.length;
  }
}
