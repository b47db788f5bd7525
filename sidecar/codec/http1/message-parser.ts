import { H, HeaderList } from '../../core/headers.ts';
import { latin1 } from '../latin1.ts';
import { CR, LF } from './bytes.ts';
import { ChunkReader } from './chunked.ts';
import { FieldSection, type HeadLimits, INCOMPLETE, REFUSED } from './field-section.ts';
import { CHUNKED, UNKNOWN } from './framing.ts';
import { PartialHead } from './partial-head.ts';
import { REFUSAL, type Refusal } from './refusal.ts';

/** Takes what a parser finds. Any of these may call `stop` on the parser. */
export interface MessageEvents {
  /** A head is complete; the parser's fields hold it. */
  onHead(): void;
  /** Body bytes, borrowed until return; decoded when they came in chunks. */
  onBody(chunk: Uint8Array): void;
  /** The message is complete; the parser rests until `next`. */
  onComplete(trailers: HeaderList | null): void;
}

const START = 0;
const EMPTY_LINE = 1;
const HEAD = 2;
const LENGTH = 3;
const CHUNKS = 4;
const TRAILERS = 5;
const UNTIL_CLOSE = 6;
const DONE = 7;
const STOPPED = 8;

const mask = (...names: (keyof typeof H)[]): number => names.reduce((bits, name) => bits | (1 << H[name]), 0);
/** Fields that would change the framing or the target if anyone merged the trailers into the head. */
const FORBIDDEN_IN_TRAILERS = mask('content-length', 'transfer-encoding', 'host');
/** Fields of one hop, or that make sense before the body only. */
const USELESS_IN_TRAILERS = mask(
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  'expect',
  'max-forwards',
  'proxy-authorization',
);

const NONE = HeaderList.of();

/** One per thread: what it holds is taken before the parser calls anyone. */
export const section = new FieldSection();

/**
 * A push parser of HTTP/1.1 messages (RFC 9112): feed it whatever was read; any split of the bytes gives the same events.
 * A head that comes in one read is parsed where it lies; one that does not is gathered. It stops after each message.
 */
export abstract class MessageParser {
  limits: HeadLimits;
  refusal: Refusal | null = null;
  headers = NONE;
  readonly events: MessageEvents;
  #state = START;
  #left = 0;
  #partial: PartialHead | null = null;
  #chunks: ChunkReader | null = null;
  #emptyLine = false;

  constructor(limits: HeadLimits, events: MessageEvents) {
    this.limits = limits;
    this.events = events;
  }

  /** Nothing of the next message was read. */
  get idle(): boolean {
    return this.#state === START;
  }

  /** The message is complete. */
  get done(): boolean {
    return this.#state === DONE;
  }

  /** The head is complete, the body is not. */
  get inBody(): boolean {
    return this.#state >= LENGTH && this.#state <= UNTIL_CLOSE;
  }

  /** The body ends where the connection ends. */
  get untilClose(): boolean {
    return this.#state === UNTIL_CLOSE;
  }

  /** Body bytes still to come by Content-Length; -1 when that is not known. */
  get remaining(): number {
    if (this.#state === LENGTH) return this.#left;
    return this.#state === DONE ? 0 : -1;
  }

  /** Lets go of the head once its taker has it: an idle connection keeps no text alive. */
  release(): void {
    this.headers = NONE;
  }

  /** Ready for the next message. */
  next(): void {
    this.#state = START;
    this.#emptyLine = false;
  }

  /** No message follows: every further byte up to the end of the connection belongs to the one at hand. */
  untilTheEnd(): void {
    this.#state = UNTIL_CLOSE;
  }

  /** Parses nothing any more. */
  stop(): void {
    this.#state = STOPPED;
    this.#partial = null;
  }

  /** Reads `buffer[from, to)` up to the end of the message at most. Returns how far it got; look at `refusal` then. */
  execute(buffer: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to) {
      switch (this.#state) {
        case START:
          at = this.#begin(buffer, at, to, true);
          break;
        case EMPTY_LINE:
          if (buffer[at] !== LF) return this.#refuse(REFUSAL.bareCr, at);
          at += 1;
          this.#emptyLine = true;
          this.#state = START;
          break;
        case HEAD:
        case TRAILERS:
          at = this.#partial ? this.#goOn(this.#partial, buffer, at, to) : this.#begin(buffer, at, to, false);
          break;
        case LENGTH:
          at = this.#counted(buffer, at, to);
          break;
        case CHUNKS:
          at = this.#chunked(buffer, at, to);
          break;
        case UNTIL_CLOSE:
          this.events.onBody(at === 0 && to === buffer.length ? buffer : buffer.subarray(at, to));
          return to;
        default:
          return at;
      }
    }
    return at;
  }

  /**
   * Parses the start line at `base`. Returns the position after its LF, INCOMPLETE or REFUSED (`refusal` is set), and
   * remembers what it found relative to `base`.
   */
  protected abstract startLine(buffer: Buffer, base: number, to: number): number;

  /**
   * Makes sense of the head in `buffer[base, end)`, whose fields are in `section`. Returns the body's length, CHUNKED, or
   * UNKNOWN for one that ends with the connection; a head that is refused sets `refusal`.
   */
  protected abstract interpret(buffer: Buffer, base: number, end: number): number;

  /** Whether an empty line before the start line is skipped (RFC 9112 2.2: requests only). */
  protected abstract readonly skipsEmptyLine: boolean;

  /** Takes a head or trailers in place. */
  #begin(buffer: Buffer, base: number, to: number, head: boolean): number {
    let at = base;
    section.clear();
    if (head) {
      if (buffer[base] === CR && this.skipsEmptyLine) {
        if (this.#emptyLine) return this.#refuse(REFUSAL.emptyLines, base);
        this.#state = EMPTY_LINE;
        return base + 1;
      }
      at = this.startLine(buffer, base, to);
      if (at < 0) section.line = 0;
    }
    if (at >= 0) at = section.scan(buffer, at, to, base, this.limits);
    if (at >= 0) return this.#section(buffer, base, at, head) ? at : this.#refuse(this.refusal, base);
    if (at === REFUSED) return this.#refuse(this.refusal ?? section.refusal, base);
    this.#partial = new PartialHead(buffer, base, to, section);
    if (head) this.#state = HEAD;
    return to;
  }

  /** Takes more of a head or trailers that did not come in one read. */
  #goOn(partial: PartialHead, buffer: Buffer, from: number, to: number): number {
    const before = partial.length;
    const wants = partial.append(buffer, from, to, this.limits.maxHeadBytes);
    if (!wants) return to;
    const head = this.#state === HEAD;
    const bytes = partial.buffer;
    let at = partial.line;
    partial.restore(section);
    if (head && at === 0) at = this.startLine(bytes, 0, partial.length);
    if (at >= 0) at = section.scan(bytes, at, partial.length, 0, this.limits);
    else section.line = 0;
    if (at === INCOMPLETE) {
      partial.keep(section);
      return to;
    }
    this.#partial = null;
    if (at === REFUSED) return this.#refuse(this.refusal ?? section.refusal, from);
    const end = from + at - before;
    return this.#section(bytes, 0, at, head) ? end : this.#refuse(this.refusal, from);
  }

  /** A whole head or trailer section stands in `buffer[base, end)`. */
  #section(buffer: Buffer, base: number, end: number, head: boolean): boolean {
    if (!head) return this.#trailers(buffer, base, end);
    const length = this.interpret(buffer, base, end);
    if (this.refusal) return false;
    if (length === 0) this.#state = DONE;
    else if (length === CHUNKED) {
      this.#state = CHUNKS;
      this.#chunks ??= new ChunkReader();
      this.#chunks.start();
    } else if (length === UNKNOWN) this.#state = UNTIL_CLOSE;
    else {
      this.#state = LENGTH;
      this.#left = length;
    }
    this.events.onHead();
    if (length === 0 && this.#state === DONE) this.events.onComplete(null);
    return true;
  }

  #trailers(buffer: Buffer, base: number, end: number): boolean {
    if ((section.known & FORBIDDEN_IN_TRAILERS) !== 0) {
      this.refusal = REFUSAL.trailer;
      return false;
    }
    section.drop(USELESS_IN_TRAILERS);
    this.#state = DONE;
    this.events.onComplete(section.count === 0 ? null : section.list(latin1(buffer, base, end)));
    return true;
  }

  #counted(buffer: Buffer, at: number, to: number): number {
    const end = Math.min(to, at + this.#left);
    this.#left -= end - at;
    this.events.onBody(at === 0 && end === buffer.length ? buffer : buffer.subarray(at, end));
    if (this.#left === 0 && this.#state === LENGTH) {
      this.#state = DONE;
      this.events.onComplete(null);
    }
    return end;
  }

  #chunked(buffer: Buffer, from: number, to: number): number {
    const chunks = this.#chunks as ChunkReader;
    let at = from;
    while (at < to) {
      at = chunks.skip(buffer, at, to);
      if (chunks.refusal) return this.#refuse(chunks.refusal, at);
      if (chunks.last) {
        this.#state = TRAILERS;
        return at;
      }
      const length = chunks.available(at, to);
      if (length === 0) continue;
      chunks.take(length);
      this.events.onBody(buffer.subarray(at, at + length));
      if (this.#state !== CHUNKS) return at;
      at += length;
    }
    return at;
  }

  #refuse(refusal: Refusal | null, at: number): number {
    this.refusal = refusal;
    this.stop();
    return at;
  }
}
