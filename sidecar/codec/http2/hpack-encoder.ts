import { KNOWN_NAMES } from '../../core/header-name.data.ts';
import { type HeaderList, SPAN } from '../../core/headers.ts';
import { latin1, writeLatin1 } from '../latin1.ts';
import { FIELD_OVERHEAD } from './header-block.ts';
import { TABLE_BYTES } from './hpack-decoder.ts';
import { EncodedName, LEFT_OUT } from './hpack-name.ts';
import { STATIC_TABLE } from './hpack-static.data.ts';
import { huffmanEncode, huffmanLength } from './huffman.ts';

const STATIC_COUNT = 61;
const NOTHING = Buffer.alloc(0);
/** Names remembered of one connection; peers may make up any number. */
const MAX_NAMES = 256;
/** Dynamic values of one name that are looked through, newest first. */
const MAX_LOOKS = 8;
/** A field larger than this would throw out too much. */
const MAX_ENTRY = TABLE_BYTES / 4;
/** Bytes that a field takes beyond its text at most: two integers and a name index. */
const FIELD_ROOM = 12;
/** Table size updates at the beginning of a block. */
const UPDATE_ROOM = 8;
/** Up to here a loop beats a call. */
const SHORT = 16;

/** Index of `:status` with a value, 0 = not in the static table. */
const STATUS_INDEX = new Uint8Array(1000);
STATIC_TABLE.forEach(([name, value], at) => {
  if (name === ':status') STATUS_INDEX[Number(value)] = at + 1;
});

/**
 * The writing side of HPACK (RFC 7541) of one connection. A field gets a place in the table when its value comes for the
 * second time: values that change with every message cost their bytes and throw nothing out. What enters the table is
 * Huffman coded; what does not is written as it is, which is cheaper for both ends than the bytes it would save.
 */
export class HpackEncoder {
  readonly #names = new Map<string, EncodedName>();
  /** Those that nearly every block has, looked up once. */
  #method: EncodedName | null = null;
  #scheme: EncodedName | null = null;
  #authority: EncodedName | null = null;
  #path: EncodedName | null = null;
  #status: EncodedName | null = null;
  #length: EncodedName | null = null;
  /** Entries in the order of insertion, from `#oldest` on. */
  #entries: EncodedName[] = [];
  #sizes: number[] = [];
  #oldest = 0;
  /** Insertions so far. */
  #inserted = 0;
  #bytes = 0;
  /** As both sides want it now, and as we want it at most. */
  #limit = TABLE_BYTES;
  readonly #most: number;
  /** Sizes to tell the peer before the next block; -1 = none. The smallest since the last block goes first. */
  #smallest = -1;
  #pending = -1;
  #out: Buffer = NOTHING;
  #at = 0;
  #copies = false;

  constructor(most: number = TABLE_BYTES) {
    this.#most = most;
    if (most < TABLE_BYTES) this.allow(TABLE_BYTES);
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  allow(bytes: number): void {
    const limit = Math.min(bytes, this.#most);
    if (limit === this.#limit && this.#pending < 0) return;
    this.#smallest = this.#smallest < 0 ? limit : Math.min(this.#smallest, limit);
    this.#pending = limit;
    this.#limit = limit;
    this.#evict(0);
  }

  /** Bytes that a block of `headers` and as much other text may take at most. */
  room(headers: HeaderList, text: number): number {
    let sum =
      UPDATE_ROOM + text + 6 * FIELD_ROOM + 64 + headers.raw.length + (headers.spans.length / SPAN) * FIELD_ROOM;
    const { pairs } = headers;
    if (pairs !== null) {
      for (let at = 0; at < pairs.length; at += 1) sum += (pairs[at] as string).length;
      sum += (pairs.length >> 1) * FIELD_ROOM;
    }
    return sum;
  }

  /** Begins a block at `out[at]`; the caller made sure of room. */
  begin(out: Buffer, at: number): void {
    this.#out = out;
    this.#at = at;
    if (this.#pending < 0) return;
    if (this.#smallest < this.#pending) this.#integer(0x20, 31, this.#smallest);
    this.#integer(0x20, 31, this.#pending);
    this.#smallest = -1;
    this.#pending = -1;
  }

  /** RFC 9113 8.3.1. An authority of '' is left out. */
  request(method: string, scheme: string, authority: string, path: string): void {
    this.#field((this.#method ??= this.#known(':method')), method, false);
    this.#field((this.#scheme ??= this.#known(':scheme')), scheme, false);
    if (authority !== '') this.#field((this.#authority ??= this.#known(':authority')), authority, false);
    this.#field((this.#path ??= this.#known(':path')), path, false);
  }

  /** RFC 8441 4. */
  protocol(protocol: string): void {
    this.#field(this.#known(':protocol'), protocol, false);
  }

  /** RFC 9113 8.3.2. */
  status(status: number): void {
    const index = STATUS_INDEX[status] as number;
    if (index > 0) this.#out[this.#at++] = 0x80 | index;
    else this.#field((this.#status ??= this.#known(':status')), String(status), false);
  }

  contentLength(length: number): void {
    this.#field((this.#length ??= this.#known('content-length')), String(length), false);
  }

  /** All headers of a list that HTTP/2 can carry, names in lower case. */
  headers(headers: HeaderList): void {
    const { raw, spans, pairs, secret } = headers;
    if (spans.length > 0) {
      this.#copies = true;
      for (let at = 0; at < spans.length; at += SPAN) {
        const id = spans[at + 4] as number;
        if (id === -1) continue;
        const name = id > 0 ? (KNOWN_NAMES[id] as string) : raw.slice(spans[at], spans[at + 1]).toLowerCase();
        this.#named(name, raw.slice(spans[at + 2], spans[at + 3]), false);
      }
      this.#copies = false;
    }
    if (pairs === null) return;
    for (let at = 0; at < pairs.length; at += 2) {
      const name = pairs[at] as string;
      this.#named(name, pairs[at + 1] as string, secret?.includes(name) === true);
    }
  }

  /** Ends the block and returns the position after it. */
  end(): number {
    // It is not this encoder's, and may be large.
    this.#out = NOTHING;
    return this.#at;
  }

  #named(name: string, value: string, secret: boolean): void {
    this.#field(this.#names.get(name) ?? this.#known(name), value, secret);
  }

  #field(name: EncodedName, value: string, secret: boolean): void {
    const { manner, values } = name;
    if (manner !== 0) {
      if (manner === LEFT_OUT) return;
      return this.#literal(name, value, 0x10, 15);
    }
    if (secret) return this.#literal(name, value, 0x10, 15);
    const { statics } = name;
    for (let at = 0; at < statics; at += 1) {
      if (values[at] !== value) continue;
      this.#out[this.#at++] = 0x80 | (name.places[at] as number);
      return;
    }
    const stop = Math.max(statics, values.length - MAX_LOOKS);
    for (let at = values.length - 1; at >= stop; at -= 1) {
      if (values[at] !== value) continue;
      return this.#integer(0x80, 127, STATIC_COUNT + this.#inserted - (name.places[at] as number));
    }
    if (!name.comesAgain(value)) return this.#literal(name, value, 0, 15);
    const size = name.name.length + value.length + FIELD_OVERHEAD;
    if (size > MAX_ENTRY || size > this.#limit) return this.#literal(name, value, 0, 15);
    this.#literal(name, value, 0x40, 63);
    this.#insert(name, value, size);
  }

  /** RFC 7541 6.2. */
  #literal(name: EncodedName, value: string, pattern: number, prefix: number): void {
    const dense = pattern === 0x40;
    let { index } = name;
    if (index === 0 && name.inTable) {
      index = STATIC_COUNT + this.#inserted - (name.places[name.places.length - 1] as number);
    }
    if (index > 0) {
      if (index < prefix) this.#out[this.#at++] = pattern | index;
      else this.#integer(pattern, prefix, index);
    } else {
      this.#out[this.#at++] = pattern;
      this.#string(name.name, dense);
    }
    this.#string(value, dense);
  }

  #string(text: string, dense: boolean): void {
    const { length } = text;
    if (dense) {
      const coded = huffmanLength(text);
      if (coded < length) {
        this.#integer(0x80, 127, coded);
        this.#at = huffmanEncode(text, this.#out, this.#at);
        return;
      }
    }
    if (length < 127) this.#out[this.#at++] = length;
    else this.#integer(0, 127, length);
    if (length > SHORT) {
      this.#at += writeLatin1(this.#out, text, this.#at);
      return;
    }
    const out = this.#out;
    let to = this.#at;
    for (let at = 0; at < length; at += 1) out[to++] = text.charCodeAt(at);
    this.#at = to;
  }

  /** RFC 7541 5.1. */
  #integer(pattern: number, prefix: number, value: number): void {
    const out = this.#out;
    if (value < prefix) {
      out[this.#at++] = pattern | value;
      return;
    }
    out[this.#at++] = pattern | prefix;
    let left = value - prefix;
    while (left >= 0x80) {
      out[this.#at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    out[this.#at++] = left;
  }

  #insert(name: EncodedName, value: string, size: number): void {
    this.#evict(size);
    // A slice of a head would keep the whole head alive.
    name.insert(this.#copies ? latin1(Buffer.from(value, 'latin1'), 0, value.length) : value, this.#inserted);
    this.#inserted += 1;
    this.#entries.push(name);
    this.#sizes.push(size);
    this.#bytes += size;
  }

  #evict(size: number): void {
    while (this.#bytes + size > this.#limit && this.#oldest < this.#entries.length) {
      (this.#entries[this.#oldest] as EncodedName).forget();
      this.#bytes -= this.#sizes[this.#oldest] as number;
      this.#oldest += 1;
    }
    if (this.#oldest < 128) return;
    this.#entries = this.#entries.slice(this.#oldest);
    this.#sizes = this.#sizes.slice(this.#oldest);
    this.#oldest = 0;
  }

  #known(name: string): EncodedName {
    if (this.#names.size >= MAX_NAMES) {
      for (const [each, { inTable }] of this.#names) if (!inTable) this.#names.delete(each);
    }
    const lower = name.toLowerCase();
    const known = (lower === name ? undefined : this.#names.get(lower)) ?? new EncodedName(lower);
    this.#names.set(lower, known);
    return known;
  }
}
