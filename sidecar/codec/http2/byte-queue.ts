/** Small pieces share a block: otherwise a peer that sends byte by byte would cost a hundred times what it sends. */
const SMALL_BYTES = 4096;
const LARGE_BYTES = 16 * 1024;
/** Blocks of each size kept for the next queue that wants one: 5 MiB. */
const MAX_KEPT = 256;

/**
 * Blocks of this thread that nobody uses. Memory of this kind that comes and goes makes V8 mark its whole heap again and again:
 * without them more than half of the time of a busy upload was garbage collection.
 */
const small: Buffer[] = [];
const large: Buffer[] = [];

function take(bytes: number): Buffer {
  return bytes <= SMALL_BYTES
    ? (small.pop() ?? Buffer.allocUnsafeSlow(SMALL_BYTES))
    : (large.pop() ?? Buffer.allocUnsafeSlow(LARGE_BYTES));
}

function give(block: Buffer): void {
  const stock = block.length === SMALL_BYTES ? small : large;
  if (stock.length < MAX_KEPT) stock.push(block);
}

/** Bytes that wait, first in first out, copied in. */
export class ByteQueue {
  #blocks: Buffer[] = [];
  /** Where the first block begins to matter, and where the last block is free. */
  #from = 0;
  #end = 0;
  /** The block that `shift` has emptied, as long as its bytes are looked at. */
  #spent: Buffer | null = null;
  size = 0;

  /** Adds a copy of `chunk[from, to)`. */
  push(chunk: Uint8Array, from: number, to: number): void {
    let at = from;
    let block = this.#blocks[this.#blocks.length - 1];
    while (at < to) {
      if (block === undefined || this.#end === block.length) {
        block = take(to - at);
        this.#blocks.push(block);
        this.#end = 0;
      }
      const fits = Math.min(to - at, block.length - this.#end);
      block.set(chunk.subarray(at, at + fits), this.#end);
      this.#end += fits;
      at += fits;
    }
    this.size += to - from;
  }

  /** Takes up to `max` bytes that stand together; only while `size` is not 0. They are there until `done`. */
  shift(max: number): Buffer {
    const block = this.#blocks[0] as Buffer;
    const end = this.#blocks.length === 1 ? this.#end : block.length;
    const to = Math.min(end, this.#from + max);
    const bytes = block.subarray(this.#from, to);
    this.size -= bytes.length;
    if (to < end) this.#from = to;
    else {
      this.#blocks.shift();
      this.#from = 0;
      this.#spent = block;
    }
    return bytes;
  }

  /** What `shift` returned is not looked at any more. */
  done(): void {
    if (this.#spent !== null) give(this.#spent);
    this.#spent = null;
  }

  /** Forgets what waits. Bytes that `shift` returned may still be looked at. */
  drop(): void {
    for (const block of this.#blocks) give(block);
    this.#blocks = [];
    this.#spent = null;
    this.size = 0;
  }
}
