import { KNOWN_NAMES } from './header-name.data.ts';

/** Id of a known name by its text: H.host, H['content-length'], ... */
export const H = Object.fromEntries(KNOWN_NAMES.map((name, id) => [name, id])) as Readonly<
  Record<Exclude<(typeof KNOWN_NAMES)[number], ''>, number>
>;
const idByName = new Map<string, number>(KNOWN_NAMES.map((name, id) => [name, id]));

/** Cells per header in `spans`: name start, name end, value start, value end, known id (0 = unknown, -1 = removed). */
export const SPAN = 5;

const NO_SPANS: number[] = [];

/**
 * The header section of one message. What was received stays one text (latin1: one character per byte) with positions
 * into it, so that passing headers through costs a slice or two and no string per header; what was added stands beside
 * it. Order and case of received names are kept. Names in calls are lower case.
 */
export class HeaderList {
  /** Received head; the spans point into it. */
  readonly raw: string;
  readonly spans: number[];
  /** Bit set of known ids that occur (may stay set after a removal). */
  known: number;
  /** Every received header is written `Name: value` with nothing around it, one after the other in `raw`. */
  readonly plain: boolean;
  /** Names of fields that must never enter an HPACK table, here or further on (RFC 7541 6.2.3). */
  secret: readonly string[] | null = null;
  #added: string[] | null = null;

  constructor(raw: string, spans: number[], known: number, plain: boolean) {
    this.raw = raw;
    this.spans = spans;
    this.known = known;
    this.plain = plain;
  }

  /** Of (name, value, name, value, ...). */
  static of(...pairs: string[]): HeaderList {
    const list = new HeaderList('', [], 0, true);
    for (let at = 0; at < pairs.length; at += 2) list.add(pairs[at] as string, pairs[at + 1] as string);
    return list;
  }

  /**
   * Of fields that were received one by one: (name, value, ...), taken over by the list, names in lower case; `known` as
   * in the field.
   */
  static fields(pairs: string[], known: number): HeaderList {
    const list = new HeaderList('', NO_SPANS, known, true);
    list.#added = pairs;
    return list;
  }

  /** What does not stand in `raw`: (name, value, ...), or null. To be read only. */
  get pairs(): readonly string[] | null {
    return this.#added;
  }

  /** The first value of a name, or undefined. */
  get(name: string): string | undefined {
    const id = idByName.get(name) ?? 0;
    if (id !== 0 && (this.known & (1 << id)) === 0) return undefined;
    const at = this.#find(name, id, 0);
    if (at >= 0) return this.raw.slice(this.spans[at + 2], this.spans[at + 3]);
    const added = this.#added;
    if (added)
      for (let at = 0; at < added.length; at += 2) if (sameName(added[at] as string, name)) return added[at + 1];
    return undefined;
  }

  /** The first value of a known name; the quick way for the request path. */
  getKnown(id: number): string | undefined {
    if ((this.known & (1 << id)) === 0) return undefined;
    const { spans } = this;
    for (let at = 0; at < spans.length; at += SPAN) {
      if (spans[at + 4] === id) return this.raw.slice(spans[at + 2], spans[at + 3]);
    }
    const added = this.#added;
    if (added === null) return undefined;
    const name = KNOWN_NAMES[id] as string;
    for (let at = 0; at < added.length; at += 2) if (sameName(added[at] as string, name)) return added[at + 1];
    return undefined;
  }

  /** All values of a name joined by ", " (RFC 9110 5.3) or another separator, or undefined. */
  joined(name: string, separator = ', '): string | undefined {
    const { raw, spans } = this;
    let all: string | undefined;
    const id = idByName.get(name) ?? 0;
    if (id === 0 || (this.known & (1 << id)) !== 0) {
      for (let at = this.#find(name, id, 0); at >= 0; at = this.#find(name, id, at + SPAN)) {
        const value = raw.slice(spans[at + 2], spans[at + 3]);
        all = all === undefined ? value : all + separator + value;
      }
    }
    const added = this.#added;
    if (added) {
      for (let at = 0; at < added.length; at += 2) {
        if (!sameName(added[at] as string, name)) continue;
        all = all === undefined ? (added[at + 1] as string) : all + separator + added[at + 1];
      }
    }
    return all;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Appends a header; others of the same name stay. */
  add(name: string, value: string): void {
    const id = idByName.get(name) ?? idByName.get(name.toLowerCase());
    if (id !== undefined) this.known |= 1 << id;
    if (this.#added) this.#added.push(name, value);
    else this.#added = [name, value];
  }

  /** Replaces all headers of a name by one. */
  set(name: string, value: string): void {
    this.remove(name);
    this.add(name, value);
  }

  /** Removes all headers of a name, received and added. */
  remove(name: string): void {
    const id = idByName.get(name) ?? 0;
    if (id === 0 || (this.known & (1 << id)) !== 0) {
      for (let at = this.#find(name, id, 0); at >= 0; at = this.#find(name, id, at + SPAN)) this.spans[at + 4] = -1;
    }
    const added = this.#added;
    if (added) {
      for (let at = added.length - 2; at >= 0; at -= 2) if (sameName(added[at] as string, name)) added.splice(at, 2);
    }
  }

  /** As `remove`, by id: costs nothing when there is none. */
  removeKnown(id: number): void {
    if ((this.known & (1 << id)) === 0) return;
    this.remove(KNOWN_NAMES[id] as string);
    this.known &= ~(1 << id);
  }

  /** Calls `visit` for each header in order, received before added. */
  each(visit: (name: string, value: string) => void): void {
    const { raw, spans } = this;
    for (let at = 0; at < spans.length; at += SPAN) {
      if (spans[at + 4] === -1) continue;
      visit(raw.slice(spans[at], spans[at + 1]), raw.slice(spans[at + 2], spans[at + 3]));
    }
    const added = this.#added;
    if (added) for (let at = 0; at < added.length; at += 2) visit(added[at] as string, added[at + 1] as string);
  }

  /** How many headers there are. */
  get size(): number {
    let size = (this.#added?.length ?? 0) / 2;
    for (let at = 4; at < this.spans.length; at += SPAN) if (this.spans[at] !== -1) size += 1;
    return size;
  }

  /** A copy that can be changed apart from this one (a retry starts from the headers as they were). */
  clone(): HeaderList {
    const copy = new HeaderList(this.raw, this.spans.slice(), this.known, this.plain);
    if (this.#added) copy.#added = this.#added.slice();
    copy.secret = this.secret;
    return copy;
  }

  /** As HTTP/1.1 field lines, each ended by CRLF, without the empty line at the end. */
  toHttp1(): string {
    const { raw, spans } = this;
    let text = '';
    if (this.plain) {
      // Runs of headers that stand together are one slice each.
      let at = 0;
      while (at < spans.length) {
        if (spans[at + 4] === -1) {
          at += SPAN;
          continue;
        }
        const start = spans[at] as number;
        while (at + SPAN < spans.length && spans[at + SPAN + 4] !== -1) at += SPAN;
        text += raw.slice(start, (spans[at + 3] as number) + 2);
        at += SPAN;
      }
    } else {
      for (let at = 0; at < spans.length; at += SPAN) {
        if (spans[at + 4] === -1) continue;
        text += `${raw.slice(spans[at], spans[at + 1])}: ${raw.slice(spans[at + 2], spans[at + 3])}\r\n`;
      }
    }
    const added = this.#added;
    if (added) for (let at = 0; at < added.length; at += 2) text += `${added[at]}: ${added[at + 1]}\r\n`;
    return text;
  }

  /** Position in `spans` of the next received header of a name, from `from`, or -1. */
  #find(name: string, id: number, from: number): number {
    const { raw, spans } = this;
    for (let at = from; at < spans.length; at += SPAN) {
      if (id !== 0) {
        if (spans[at + 4] === id) return at;
      } else if (spans[at + 4] === 0) {
        const start = spans[at] as number;
        if ((spans[at + 1] as number) - start === name.length && sameAt(raw, start, name)) return at;
      }
    }
    return -1;
  }
}

/** Case-insensitive comparison of `raw` at `start` with the lower-case `name`. */
function sameAt(raw: string, start: number, name: string): boolean {
  for (let at = 0; at < name.length; at += 1) {
    let code = raw.charCodeAt(start + at);
    if (code >= 65 && code <= 90) code += 32;
    if (code !== name.charCodeAt(at)) return false;
  }
  return true;
}

function sameName(left: string, name: string): boolean {
  return left === name || (left.length === name.length && sameAt(left, 0, name));
}
