/** Bytes before each message: flags, and its length. */
const HEAD = 5;

const NOTHING = Buffer.alloc(0);

/**
 * Base64 of a gRPC stream that comes in pieces. Each message is encoded for itself, padding included, so that it can be
 * read when it is complete; what has come of it goes on at once, but for one or two bytes that make no group.
 */
export class MessageEncoder {
  /** How much has come of the head of the message under way. */
  #head = 0;
  /** Bytes of the message that are still to come; grows while the head comes. */
  #left = 0;
  /** Bytes that wait for others to make a group of three. */
  readonly #carry = Buffer.alloc(2);
  #carried = 0;

  encode(chunk: Uint8Array): Buffer {
    let text = '';
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#head < HEAD) {
        if (this.#head > 0) this.#left = this.#left * 256 + (chunk[at] as number);
        this.#head += 1;
        at += 1;
      } else {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
      }
      if (this.#head === HEAD && this.#left === 0) {
        text += this.#groups(chunk, from, at, true);
        from = at;
        this.#head = 0;
      }
    }
    text += this.#groups(chunk, from, at, false);
    return Buffer.from(text, 'latin1');
  }

  /** What is left of a message that was never completed. */
  finish(): Buffer {
    return this.#carried === 0 ? NOTHING : Buffer.from(this.#groups(NOTHING, 0, 0, true), 'latin1');
  }

  /** What was carried and `chunk[from, to)`, in whole groups; all of it when this is the `last`. */
  #groups(chunk: Uint8Array, from: number, to: number, last: boolean): string {
    const size = this.#carried + to - from;
    const bytes = Buffer.allocUnsafe(size);
    bytes.set(this.#carry.subarray(0, this.#carried));
    bytes.set(chunk.subarray(from, to), this.#carried);
    const used = last ? size : size - (size % 3);
    this.#carried = bytes.copy(this.#carry, 0, used);
    return bytes.toString('base64', 0, used);
  }
}
