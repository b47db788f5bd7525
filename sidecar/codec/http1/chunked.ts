import { CR, FIELD, HEX, LF, SEMICOLON, SP, TAB } from './bytes.ts';
import { REFUSAL, type Refusal } from './refusal.ts';

const SIZE = 1;
const BLANK = 2;
const EXTENSION = 3;
const SIZE_LF = 4;
const DATA = 5;
const DATA_CR = 6;
const DATA_LF = 7;
/** The last chunk is read: the trailer section begins. */
const LAST = 8;

/** 12 hexadecimal digits stay far below 2^53. Zeros in front count, or a chunk head could be endless. */
const MAX_DIGITS = 12;
/** Bytes of extensions in one body: they mean nothing here and are dropped, so nobody gets to send many. */
const MAX_EXTENSION_BYTES = 4096;

/** Decodes the chunks of one body (RFC 9112 7.1), strictly: CRLF only, no blanks but before an extension. */
export class ChunkReader {
  #state = SIZE;
  #left = 0;
  #digits = 0;
  #extension = 0;
  refusal: Refusal | null = null;

  start(): void {
    this.#state = SIZE;
    this.#left = 0;
    this.#digits = 0;
    this.#extension = 0;
    this.refusal = null;
  }

  /** The last chunk was read; what follows is the trailer section. */
  get last(): boolean {
    return this.#state === LAST;
  }

  /** Bytes at hand of the chunk's data; 0 when there are none at `at`. Take them with `take`. */
  available(at: number, to: number): number {
    return this.#state === DATA ? Math.min(this.#left, to - at) : 0;
  }

  take(length: number): void {
    this.#left -= length;
    if (this.#left === 0) this.#state = DATA_CR;
  }

  /** Reads what stands between chunk data. Returns where it stopped: at data, at the end, at `to`, or refused. */
  skip(buffer: Buffer, from: number, to: number): number {
    let at = from;
    for (; at < to; at += 1) {
      const byte = buffer[at] as number;
      switch (this.#state) {
        case SIZE: {
          const digit = HEX[byte] as number;
          if (digit !== 255) {
            this.#digits += 1;
            if (this.#digits > MAX_DIGITS) return this.#no(REFUSAL.chunkSize, at);
            this.#left = this.#left * 16 + digit;
          } else if (this.#digits === 0) return this.#no(REFUSAL.chunkSize, at);
          else if (byte === CR) this.#state = SIZE_LF;
          else if (byte === SEMICOLON) this.#state = EXTENSION;
          else if (byte === SP || byte === TAB) this.#state = BLANK;
          else return this.#no(byte === LF ? REFUSAL.bareLf : REFUSAL.chunkSize, at);
          break;
        }
        case BLANK:
          this.#extension += 1;
          if (byte === SEMICOLON) this.#state = EXTENSION;
          else if ((byte !== SP && byte !== TAB) || this.#extension > MAX_EXTENSION_BYTES) {
            return this.#no(REFUSAL.chunkSize, at);
          }
          break;
        case EXTENSION:
          this.#extension += 1;
          if (byte === CR) this.#state = SIZE_LF;
          else if (FIELD[byte] !== 1 || this.#extension > MAX_EXTENSION_BYTES) {
            return this.#no(byte === LF ? REFUSAL.bareLf : REFUSAL.chunkExtension, at);
          }
          break;
        case SIZE_LF:
          if (byte !== LF) return this.#no(REFUSAL.bareCr, at);
          this.#state = this.#left === 0 ? LAST : DATA;
          return at + 1;
        case DATA_CR:
          if (byte !== CR) return this.#no(REFUSAL.chunkEnd, at);
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          if (byte !== LF) return this.#no(REFUSAL.chunkEnd, at);
          this.#state = SIZE;
          this.#digits = 0;
          break;
        default:
          return at;
      }
    }
    return at;
  }

  #no(refusal: Refusal, at: number): number {
    this.refusal = refusal;
    return at;
  }
}

/** The last chunk and no trailers; or the last chunk before trailers. */
export const LAST_CHUNK = '0\r\n\r\n';
export const LAST_CHUNK_LINE = '0\r\n';

/** The line before a chunk of `length` bytes; `\r\n` follows the data. */
export function chunkLine(length: number): string {
  return `${length.toString(16)}\r\n`;
}
