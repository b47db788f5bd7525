import type { Wire } from '../../core/wire.ts';
import type { Refusal } from './refusal.ts';
import type { RequestParser } from './request-parser.ts';

/** Reasons why reading stands still. */
export const BY_HANDLER = 1;
const BY_PIPELINE = 2;

/** Bytes of pipelined requests held before reading stops. */
const MAX_HELD = 16 * 1024;

/** Whose requests come in. */
export interface InflowOwner {
  /** Requests are still read. */
  readonly reading: boolean;
  /** A request may begin: none is under way, and the client reads the answers that it has. */
  readonly ready: boolean;
  /** The first byte of a head is there. */
  onBegin(): void;
  /** What came is no request. */
  onRefusal(refusal: Refusal): void;
}

/** The reading side of a connection: feeds the parser, holds bytes that belong to later requests, and may stand still. */
export class Inflow {
  readonly #wire: Wire;
  readonly #parser: RequestParser;
  readonly #owner: InflowOwner;
  #reasons = 0;
  #held: Buffer | null = null;
  #feeding = false;

  constructor(wire: Wire, parser: RequestParser, owner: InflowOwner) {
    this.#wire = wire;
    this.#parser = parser;
    this.#owner = owner;
  }

  get holds(): boolean {
    return this.#held !== null;
  }

  /** The parser is at work: it will go on by itself. */
  get feeding(): boolean {
    return this.#feeding;
  }

  /** Takes what was read, behind what is held. */
  read(buffer: Buffer, length: number): void {
    if (this.#held === null) this.#feed(buffer, 0, length, false);
    else this.#hold(buffer, 0, length, false);
  }

  /** Goes on with what is held. */
  goOn(): void {
    const held = this.drop();
    if (held !== null) this.#feed(held, 0, held.length, true);
  }

  /** Holds nothing any more. */
  drop(): Buffer | null {
    const held = this.#held;
    this.#held = null;
    return held;
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

  /** Parses up to the end of a request whose answer is not complete. `own`: the buffer is not borrowed. */
  #feed(buffer: Buffer, from: number, to: number, own: boolean): void {
    const parser = this.#parser;
    const owner = this.#owner;
    let at = from;
    this.#feeding = true;
    while (at < to && owner.reading) {
      if (parser.done) {
        if (!owner.ready) {
          this.#hold(buffer, at, to, own);
          break;
        }
        parser.next();
      }
      if (parser.idle) owner.onBegin();
      at = parser.execute(buffer, at, to);
      if (parser.refusal) owner.onRefusal(parser.refusal);
    }
    this.#feeding = false;
    if (this.#held === null || this.#held.length <= MAX_HELD) this.go(BY_PIPELINE);
  }

  #hold(buffer: Buffer, from: number, to: number, own: boolean): void {
    const bytes = buffer.subarray(from, to);
    if (this.#held !== null) this.#held = Buffer.concat([this.#held, bytes]);
    else this.#held = own ? bytes : Buffer.from(bytes);
    if (this.#held.length > MAX_HELD) this.stop(BY_PIPELINE);
  }
}
