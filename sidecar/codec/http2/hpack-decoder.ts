import { BAD_VALUE, fieldName, kindOfName } from './field-kind.ts';
import { FieldText } from './field-text.ts';
import { FIELD_OVERHEAD } from './header-block.ts';
import { STATIC_TABLE } from './hpack-static.data.ts';
import { huffmanDecode, huffmanScratch } from './huffman.ts';

/** Takes the fields of a block. */
export interface FieldSink {
  /** `kind` as in field-kind.ts. */
  add(name: string, value: string, kind: number): void;
  /** The field that was added last came with the wish never to be indexed (RFC 7541 6.2.3). */
  keepSecret(name: string): void;
}

/** A field in a table. */
interface Entry {
  readonly name: string;
  readonly value: string;
  readonly kind: number;
  readonly size: number;
}

const entryOf = (name: string, value: string, kind: number): Entry => ({
  name,
  value,
  kind,
  size: name.length + value.length + FIELD_OVERHEAD,
});

/** Index 1..61; 0 is no index. */
const statics: readonly Entry[] = [['', ''] as const, ...STATIC_TABLE].map(([name, value]) =>
  entryOf(name, value, kindOfName(name)),
);
const STATIC_COUNT = statics.length;
/** SETTINGS_HEADER_TABLE_SIZE as it is without being set: what we let the peer's encoder use. */
export const TABLE_BYTES = 4096;
/** Integers of more bytes than this after the prefix are refused (RFC 7541 5.1): 2^28 is more than any length here. */
const MAX_INTEGER_BYTES = 4;

/** Strings that literals repeat; one for the thread. */
const texts = new FieldText();

/**
 * The reading side of HPACK (RFC 7541) of one connection. `decode` gives the fields of a block one by one; false is a
 * COMPRESSION_ERROR, after which nothing that this peer sends can be understood.
 */
export class HpackDecoder {
  /** A ring: the newest entry stands at `#head - 1`. */
  #ring: Entry[] = [];
  #head = 0;
  #count = 0;
  #bytes = 0;
  /** The peer's current choice, and what it may choose: it begins with TABLE_BYTES, whatever we announce meanwhile. */
  #limit = TABLE_BYTES;
  readonly #most: number;
  /** Where reading stands after an integer or string. */
  #at = 0;
  /** Of the string read last: -1 = malformed. */
  #kind = 0;

  /** `announced`: bytes that the peer is told that it may use. */
  constructor(announced: number = TABLE_BYTES) {
    this.#most = Math.max(announced, TABLE_BYTES);
  }

  /** Decodes `buffer[from, to)`. */
  decode(buffer: Buffer, from: number, to: number, block: FieldSink): boolean {
    this.#at = from;
    let mayResize = true;
    while (this.#at < to) {
      const byte = buffer[this.#at] as number;
      this.#at += 1;
      if (byte >= 0x80) {
        const index = byte === 0xff ? this.#integer(buffer, to, 127) : byte & 0x7f;
        const entry = this.#entry(index);
        if (entry === null) return false;
        block.add(entry.name, entry.value, entry.kind);
      } else if ((byte & 0xe0) === 0x20) {
        // RFC 7541 4.2: only at the beginning of a block.
        if (!mayResize || !this.#resize((byte & 31) === 31 ? this.#integer(buffer, to, 31) : byte & 31)) return false;
        continue;
      } else if (!this.#literal(buffer, to, byte, block)) return false;
      mayResize = false;
    }
    return true;
  }

  /** RFC 7541 6.2: name by index or text, value by text; into the table or not. */
  #literal(buffer: Buffer, to: number, byte: number, block: FieldSink): boolean {
    const indexed = byte >= 0x40;
    const mask = indexed ? 0x3f : 0x0f;
    let index = byte & mask;
    if (index === mask) index = this.#integer(buffer, to, mask);
    let name: string;
    let kind: number;
    if (index === 0) {
      const field = this.#name(buffer, to);
      if (field === null) return false;
      name = field.name;
      kind = field.kind;
    } else {
      const entry = this.#entry(index);
      if (entry === null) return false;
      name = entry.name;
      kind = entry.kind & ~BAD_VALUE;
    }
    const never = (byte & 0xf0) === 0x10;
    const value = this.#value(buffer, to, kind, never);
    if (value === null) return false;
    block.add(name, value, this.#kind);
    if (indexed) this.#insert(entryOf(name, value, this.#kind));
    else if (never) block.keepSecret(name);
    return true;
  }

  #name(buffer: Buffer, to: number): { readonly name: string; readonly kind: number } | null {
    const huffman = (buffer[this.#at] as number) >= 0x80;
    const length = this.#length(buffer, to);
    if (length < 0) return null;
    const from = this.#at;
    this.#at += length;
    if (!huffman) return fieldName(buffer, from, from + length);
    const decoded = huffmanDecode(buffer, from, from + length);
    return decoded < 0 ? null : fieldName(huffmanScratch(), 0, decoded);
  }

  /** Sets `#kind`, too. `never`: it must be remembered nowhere. */
  #value(buffer: Buffer, to: number, kind: number, never: boolean): string | null {
    const huffman = (buffer[this.#at] as number) >= 0x80;
    const length = this.#length(buffer, to);
    if (length < 0) return null;
    const from = this.#at;
    this.#at = from + length;
    const value = texts.of(buffer, from, this.#at, huffman, kind, !never);
    this.#kind = texts.kind;
    return value;
  }

  /** Length of a string that fits before `to`; -1 when it does not. */
  #length(buffer: Buffer, to: number): number {
    if (this.#at >= to) return -1;
    const byte = (buffer[this.#at] as number) & 0x7f;
    this.#at += 1;
    const length = byte === 127 ? this.#integer(buffer, to, 127) : byte;
    return length > to - this.#at ? -1 : length;
  }

  /** What follows a prefix that is full (RFC 7541 5.1); -1 when it is cut off or too large. */
  #integer(buffer: Buffer, to: number, prefix: number): number {
    let value = prefix;
    for (let each = 0; each < MAX_INTEGER_BYTES; each += 1) {
      if (this.#at >= to) return -1;
      const byte = buffer[this.#at] as number;
      this.#at += 1;
      value += (byte & 0x7f) << (7 * each);
      if (byte < 0x80) return value;
    }
    return -1;
  }

  #entry(index: number): Entry | null {
    if (index < STATIC_COUNT) return index > 0 ? (statics[index] as Entry) : null;
    const back = index - STATIC_COUNT;
    if (back >= this.#count) return null;
    return this.#ring[(this.#head - 1 - back) & (this.#ring.length - 1)] as Entry;
  }

  /** RFC 7541 6.3; false when it is more than we allowed, or no number. */
  #resize(limit: number): boolean {
    if (limit < 0 || limit > this.#most) return false;
    this.#limit = limit;
    this.#evict(0);
    return true;
  }

  /** RFC 7541 4.4: an entry larger than the table empties it. */
  #insert(entry: Entry): void {
    this.#evict(entry.size);
    if (entry.size > this.#limit) return;
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[this.#head] = entry;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#count += 1;
    this.#bytes += entry.size;
  }

  /** Makes room for `size` bytes, oldest first. */
  #evict(size: number): void {
    while (this.#count > 0 && this.#bytes + size > this.#limit) {
      const oldest = (this.#head - this.#count) & (this.#ring.length - 1);
      this.#bytes -= (this.#ring[oldest] as Entry).size;
      this.#ring[oldest] = statics[0] as Entry;
      this.#count -= 1;
    }
  }

  #grow(): void {
    const all: Entry[] = [];
    for (let back = this.#count - 1; back >= 0; back -= 1) all.push(this.#entry(STATIC_COUNT + back) as Entry);
    const size = Math.max(8, this.#ring.length * 2);
    this.#head = all.length;
    while (all.length < size) all.push(statics[0] as Entry);
    this.#ring = all;
  }
}
