/** Looks for blocks of bytes in what comes: all of them, in their order, with anything between (Envoy's fuzzy match). */
export class PayloadMatch {
  readonly #blocks: readonly Buffer[];
  readonly #longest: number;
  #next = 0;
  /** What may still be the beginning of the next block. */
  #rest: Buffer = Buffer.alloc(0);

  /** `blocks` in hexadecimal. */
  constructor(blocks: readonly string[]) {
    this.#blocks = blocks.map((each) => Buffer.from(each, 'hex'));
    this.#longest = Math.max(0, ...this.#blocks.map((each) => each.length));
  }

  get complete(): boolean {
    return this.#next === this.#blocks.length;
  }

  /** Takes bytes, which are not kept, and answers whether all blocks have been seen. */
  push(bytes: Uint8Array): boolean {
    let rest = Buffer.concat([this.#rest, bytes]);
    for (let block = this.#blocks[this.#next]; block; block = this.#blocks[this.#next]) {
      const at = rest.indexOf(block);
      if (at < 0) break;
      rest = rest.subarray(at + block.length);
      this.#next += 1;
    }
    this.#rest = Buffer.from(rest.subarray(Math.max(0, rest.length - this.#longest)));
    return this.complete;
  }
}
