const INVALID = 255;
const PAD = 0x3d;

const VALUES = new Uint8Array(128).fill(INVALID);
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  VALUES[character.charCodeAt(0)] = value;

/**
 * Base64 (RFC 4648 4) that comes in pieces, cut anywhere. Padding may stand at the end of any group of four, since clients
 * that send several messages encode each for itself.
 */
export class Base64Decoder {
  /** Characters of the group under way, and the bits of them. */
  #count = 0;
  #bits = 0;
  #padding = 0;

  /** No group is under way. */
  get whole(): boolean {
    return this.#count === 0;
  }

  /** The bytes of the groups that `chunk` completes; null when it is no base64. */
  decode(chunk: Uint8Array): Buffer | null {
    const bytes = Buffer.allocUnsafe(((this.#count + chunk.length) >> 2) * 3);
    let size = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const code = chunk[at] as number;
      let value = 0;
      if (code === PAD) {
        if (this.#count < 2) return null;
        this.#padding += 1;
      } else {
        value = code < 128 ? (VALUES[code] as number) : INVALID;
        if (value === INVALID || this.#padding > 0) return null;
      }
      this.#bits = (this.#bits << 6) | value;
      this.#count += 1;
      if (this.#count < 4) continue;
      bytes[size] = this.#bits >> 16;
      if (this.#padding < 2) bytes[size + 1] = this.#bits >> 8;
      if (this.#padding < 1) bytes[size + 2] = this.#bits;
      size += 3 - this.#padding;
      this.#count = 0;
      this.#bits = 0;
      this.#padding = 0;
    }
    return bytes.subarray(0, size);
  }
}
