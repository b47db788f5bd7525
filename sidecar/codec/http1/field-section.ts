import { HeaderList, SPAN } from '../../core/headers.ts';
import { latin1 } from '../latin1.ts';
import { COLON, CR, LF, SP, TAB, TOKEN, valueEnd } from './bytes.ts';
import { knownName } from './known-name.ts';
import { REFUSAL, type Refusal } from './refusal.ts';

/** What a scan returns when it has not come to the end of the section. */
export const INCOMPLETE = -1;
export const REFUSED = -2;

export interface HeadLimits {
  /** Bytes of a whole head, start line and empty line included; the same holds for trailers. */
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
}

/**
 * Scans field lines (RFC 9112 5) in a buffer: only CRLF ends a line, no folding, no whitespace before the colon, no
 * control characters. Nothing of a line counts before its LF is there, so that any split of the bytes gives the same
 * result. One scanner serves a whole thread: what it found is taken from it before anything else is parsed.
 */
export class FieldSection {
  /** As in HeaderList, up to `length`; positions relative to `base`. Reused: a list gets a copy of the right size. */
  readonly spans: number[] = [];
  length = 0;
  known = 0;
  plain = true;
  /** Known ids that occur more than once. */
  twice = 0;
  /** Index in `spans` of the last header of each known id in `known`. */
  readonly where = new Int32Array(32);
  count = 0;
  refusal: Refusal | null = null;
  /** After INCOMPLETE: where the line begins that is not complete, relative to `base`. */
  line = 0;

  /** Begins a new section. */
  clear(): void {
    this.length = 0;
    this.known = 0;
    this.plain = true;
    this.twice = 0;
    this.count = 0;
    this.refusal = null;
  }

  /** Goes on with a section of which `found` was found before (its head came in pieces). */
  restore(found: number[], plain: boolean): void {
    this.clear();
    this.plain = plain;
    this.count = found.length / SPAN;
    for (let at = 0; at < found.length; at += 1) this.spans[at] = found[at] as number;
    this.length = found.length;
    for (let at = 0; at < found.length; at += SPAN) {
      const id = found[at + 4] as number;
      if (id !== 0) this.#note(id, at);
    }
  }

  /** What was found, to be restored later. */
  found(): number[] {
    return this.spans.slice(0, this.length);
  }

  /**
   * Scans `buffer[from, to)`; a head began at `base`. Returns the position after the empty line, INCOMPLETE or REFUSED.
   */
  scan(buffer: Buffer, from: number, to: number, base: number, limits: HeadLimits): number {
    const { spans } = this;
    const end = base + limits.maxHeadBytes;
    let at = from;
    for (;;) {
      const line = at;
      this.line = line - base;
      while (at < to && TOKEN[buffer[at] as number] === 1) at += 1;
      if (at === to) return this.#wait(to, end);
      const nameEnd = at;
      if (buffer[at] !== COLON || at === line) {
        if (buffer[at] === CR && at === line) {
          if (at + 1 === to) return this.#wait(to, end);
          if (buffer[at + 1] === LF) return at + 2 > end ? this.#no(REFUSAL.headLarge) : at + 2;
        }
        return this.#wrong(buffer, line, at, to, end);
      }
      at += 1;
      while (at < to && (buffer[at] === SP || buffer[at] === TAB)) at += 1;
      const start = at;
      at = valueEnd(buffer, at, to);
      if (at === to || (buffer[at] === CR && at + 1 === to)) return this.#wait(to, end);
      if (buffer[at] !== CR || buffer[at + 1] !== LF) return this.#wrong(buffer, line, at, to, end);
      let stop = at;
      while (stop > start && (buffer[stop - 1] === SP || buffer[stop - 1] === TAB)) stop -= 1;
      if (stop !== at) this.plain = false;
      at += 2;
      if (at > end) return this.#no(REFUSAL.headLarge);
      this.count += 1;
      if (this.count > limits.maxHeaders) return this.#no(REFUSAL.headersMany);
      const id = knownName(buffer, line, nameEnd);
      const next = this.length;
      if (id !== 0) this.#note(id, next);
      spans[next] = line - base;
      spans[next + 1] = nameEnd - base;
      spans[next + 2] = start - base;
      spans[next + 3] = stop - base;
      spans[next + 4] = id;
      this.length = next + SPAN;
    }
  }

  /** The section as scanned; `raw` begins at `base`. */
  list(raw: string): HeaderList {
    return new HeaderList(raw, this.found(), this.known, this.plain);
  }

  /** All values of a known name joined by ", ", '' when absent; straight from the buffer, for the rare cases. */
  valueOf(id: number, buffer: Buffer, base: number): string {
    if ((this.known & (1 << id)) === 0) return '';
    const { spans } = this;
    let value = '';
    for (let at = 0, more = false; at < this.length; at += SPAN) {
      if (spans[at + 4] !== id) continue;
      value += (more ? ', ' : '') + latin1(buffer, base + (spans[at + 2] as number), base + (spans[at + 3] as number));
      more = true;
    }
    return value;
  }

  /** Takes all headers of the known ids in `mask` out of the section. */
  drop(mask: number): void {
    let left = this.known & mask;
    if (left === 0) return;
    const { spans } = this;
    if ((left & this.twice) === 0) {
      for (let id = 31 - Math.clz32(left); left !== 0; id = 31 - Math.clz32(left)) {
        spans[(this.where[id] as number) + 4] = -1;
        left ^= 1 << id;
      }
    } else {
      for (let at = 4; at < this.length; at += SPAN) {
        const id = spans[at] as number;
        if (id > 0 && (mask & (1 << id)) !== 0) spans[at] = -1;
      }
    }
    this.known &= ~mask;
  }

  #note(id: number, at: number): void {
    const bit = 1 << id;
    this.twice |= this.known & bit;
    this.known |= bit;
    this.where[id] = at;
  }

  #wait(to: number, end: number): number {
    return to > end ? this.#no(REFUSAL.headLarge) : INCOMPLETE;
  }

  #no(refusal: Refusal): number {
    this.refusal = refusal;
    return REFUSED;
  }

  /** `buffer[at]` may not stand there. Says so once the line is whole. */
  #wrong(buffer: Buffer, line: number, at: number, to: number, end: number): number {
    let lf = at;
    while (lf < to && buffer[lf] !== LF) lf += 1;
    if (lf === to) return this.#wait(to, end);
    if (lf + 1 > end) return this.#no(REFUSAL.headLarge);
    return this.#no(reasonOf(buffer, line, at));
  }
}

function reasonOf(buffer: Buffer, line: number, at: number): Refusal {
  const byte = buffer[at];
  if (byte === LF) return REFUSAL.bareLf;
  if (byte === CR) return REFUSAL.bareCr;
  const colon = buffer.indexOf(COLON, line);
  if (colon >= 0 && colon < at) return REFUSAL.value;
  if (byte === SP || byte === TAB) return at === line ? REFUSAL.fold : REFUSAL.space;
  return byte === COLON && at === line ? REFUSAL.noName : REFUSAL.name;
}
