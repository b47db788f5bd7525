const NOTHING = Buffer.alloc(0);
/** Frames of one block, however small: more of them is an attack (CVE-2024-27316). */
const MAX_FRAMES = 128;

/** A header block that comes in several frames. Holds at most as many bytes as a head may have. */
export class GatheredBlock {
  /** The stream of the block under way; 0 = none is. */
  id = 0;
  /** Of the HEADERS frame. */
  flags = 0;
  bytes: Buffer = NOTHING;
  length = 0;
  readonly #maxBytes: number;
  #frames = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  begin(id: number, flags: number): void {
    this.id = id;
    this.flags = flags;
    this.length = 0;
    this.#frames = 0;
  }

  /** Adds `buffer[from, to)`; false = too much. */
  append(buffer: Buffer, from: number, to: number): boolean {
    const length = this.length + to - from;
    this.#frames += 1;
    if (length > this.#maxBytes || this.#frames > MAX_FRAMES) return false;
    if (length > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#maxBytes, Math.max(2 * length, 4096)));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    buffer.copy(this.bytes, this.length, from, to);
    this.length = length;
    return true;
  }

  drop(): void {
    this.id = 0;
    this.bytes = NOTHING;
    this.length = 0;
  }
}
