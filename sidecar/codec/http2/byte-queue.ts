/** Small pieces share a block: otherwise a peer that sends byte by byte would cost a hundred times what it sends. */
const BLOCK_BYTES = 4096;

/** Bytes that wait, first in first out, copied in. */
export class ByteQueue {
  #blocks: Buffer[] = [];
  /** Where the first block begins to matter, and where the last block is free. */
  #from = 0;
  #end = 0;
  size = 0;

  /** Adds a copy of `chunk[from, to)`. */
  push(chunk: Uint8Array, from: number, to: number): void {
    let at = from;
    const last = this.#blocks[this.#blocks.length - 1];
    if (last !== undefined && this.#end < last.length) {
      const fits = Math.min(to - at, last.length - this.#end);
      last.set(chunk.subarray(at, at + fits), this.#end);
      this.#end += fits;
      at += fits;
    }
    if (at < to) {
      const block = Buffer.allocUnsafeSlow(Math.max(to - at, BLOCK_BYTES));
      block.set(chunk.subarray(at, to), 0);
      this.#end = to - at;
      this.#blocks.push(block);
    }
    this.size += to - from;
  }

  /** Takes up to `max` bytes that stand together; only while `size` is not 0. */
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
    }
    return bytes;
  }
}
