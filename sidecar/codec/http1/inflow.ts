import type { Wire } from '../../core/wire.ts';

/** Reasons why reading stands still. */
export const BY_HANDLER = 1;
const BY_PIPELINE = 2;

/** Bytes of pipelined requests held before reading stops. */
const MAX_HELD = 16 * 1024;

/** The reading side of a connection: whether it stands still, and bytes read that belong to later requests. */
export class Inflow {
  readonly #wire: Wire;
  #reasons = 0;
  #held: Buffer | null = null;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get holds(): boolean {
    return this.#held !== null;
  }

  /** Holds `buffer[from, to)` for later, behind what is held; `own` = the buffer is not borrowed. */
  hold(buffer: Buffer, from: number, to: number, own: boolean): void {
    const bytes = buffer.subarray(from, to);
    if (this.#held !== null) this.#held = Buffer.concat([this.#held, bytes]);
    else this.#held = own ? bytes : Buffer.from(bytes);
    if (this.#held.length > MAX_HELD) this.stop(BY_PIPELINE);
  }

  /** Hands out what is held. The caller calls `relax` once it has put back what it could not use. */
  take(): Buffer | null {
    const held = this.#held;
    this.#held = null;
    return held;
  }

  /** Reads on when little is held. */
  relax(): void {
    if (this.#held === null || this.#held.length <= MAX_HELD) this.go(BY_PIPELINE);
  }

  stop(reason: number): void {
    if (this.#reasons === 0) this.#wire.pause();
    this.#reasons |= reason;
  }

  go(reason: number): void {
    if ((this.#reasons & reason) === 0) return;
    this.#reasons &= ~reason;
    if (this.#reasons === 0) this.#wire.resume();
  }
}
