import type { Messages } from './messages.gen.ts';
import { leftOut } from './schema.gen.ts';
import { enumOf, type Field, type Message, messageOf } from './schema.ts';
import { nameOf } from './type-url.ts';

/** Wire types, https://protobuf.dev/programming-guides/encoding/#structure. Groups (3, 4) are not in proto3. */
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];
/** Deeper than any real configuration; stops bytes made to overflow the stack. */
const maxDepth = 100;
/** Said once each; a resource with more is not worth reading on. */
const maxProblems = 50;

/**
 * What in `bytes`, a message of `type`, Aya does not support or is no such message: each field once, by path, also inside
 * Any. `outlier_detection.monitors: not supported` (Envoy has it, Aya not), `load_assignment: unknown field number 900`,
 * `lb_policy: unknown value 9`, `typed_config: type a.B is not supported`. Empty means that `decode` loses nothing.
 *
 * Looks at the bytes, not at the decoded message, because decoding drops what it does not know.
 */
export function scan(type: keyof Messages, bytes: Uint8Array): string[] {
  const known = messageOf(type);
  if (!known) throw new Error(`${type} is not in proto/`);
  const scanner = new Scanner(bytes);
  scanner.message(known, 0, bytes.length);
  return scanner.problems;
}

class Scanner {
  readonly problems: string[] = [];
  readonly #bytes: Uint8Array;
  readonly #text = new TextDecoder();
  /** The way from the root to where the scan is: a field, and which of its elements (index, key or neither). */
  readonly #fields: Field[] = [];
  readonly #which: (number | string | undefined)[] = [];
  readonly #seen = new Set<string>();
  /** Where the next read begins. */
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Scans a message between two offsets. False: give up, either malformed or too many problems. */
  message(known: Message, start: number, end: number): boolean {
    if (known.name === 'google.protobuf.Any') return this.#any(start, end);
    if (this.#fields.length > maxDepth) return this.#stop(`nested deeper than ${maxDepth} levels`);
    let counts: number[] | undefined;
    this.#at = start;
    while (this.#at < end) {
      const tag = this.#varint(end);
      if (tag < 0) return this.#malformed();
      const [number, wire] = [Math.floor(tag / 8), tag & 7];
      const field = known.byNumber.get(number);
      if (!field) {
        if (!this.#unknown(known, number) || !this.#skip(wire, end)) return false;
      } else if (wire === LENGTH) {
        const length = this.#varint(end);
        const from = this.#at;
        if (length < 0 || length > end - from) return this.#malformed();
        let index: number | undefined;
        if (field.label === 'repeated' && field.kind === 'message') {
          index = (counts ??= [])[number] ?? 0;
          counts[number] = index + 1;
        }
        if (!this.#delimited(field, index, from, from + length)) return false;
        this.#at = from + length;
      } else if (!this.#number(field, wire, end)) {
        return false;
      }
    }
    return true;
  }

  /** A length-delimited value: message, map entry, string, bytes, or packed numbers. */
  #delimited(field: Field, index: number | undefined, start: number, end: number): boolean {
    if (field.label === 'map') return this.#entry(field, start, end);
    if (field.kind === 'message') return this.#enter(field, index, start, end);
    const wire = wireOf(field);
    if (wire === LENGTH) return true;
    if (field.label !== 'repeated') return this.#wrongWire(field, LENGTH);
    this.#at = start;
    while (this.#at < end) if (!this.#number(field, wire, end)) return false;
    return true;
  }

  #enter(field: Field, which: number | string | undefined, start: number, end: number): boolean {
    const known = messageOf(field.type);
    if (!known) throw new Error(`${field.type} is not in proto/`);
    this.#fields.push(field);
    this.#which.push(which);
    const on = this.message(known, start, end);
    this.#fields.pop();
    this.#which.pop();
    return on;
  }

  /** A number that is no length: checks an enum's value, passes over the rest. */
  #number(field: Field, wire: number, end: number): boolean {
    if (field.kind === 'message' || wire !== wireOf(field)) return this.#wrongWire(field, wire);
    if (field.kind !== 'enum') return this.#skip(wire, end);
    const value = this.#varint(end);
    if (value < 0) return this.#malformed();
    return enumOf(field.type).byNumber.has(value) || this.#problem(`unknown value ${value}`, field);
  }

  /** A map entry is a message: key 1, value 2. */
  #entry(field: Field, start: number, end: number): boolean {
    let key = '';
    let from = -1;
    let to = -1;
    this.#at = start;
    while (this.#at < end) {
      const tag = this.#varint(end);
      const length = (tag & 7) === LENGTH ? this.#varint(end) : -1;
      const at = this.#at;
      if (length < 0 || length > end - at) {
        // A scalar value is all that may stand here without a length.
        if (tag < 0 || length >= 0 || field.kind === 'message' || !this.#skip(tag & 7, end)) return this.#malformed();
        continue;
      }
      if (tag >> 3 === 1) key = this.#text.decode(this.#bytes.subarray(at, at + length));
      else if (tag >> 3 === 2) [from, to] = [at, at + length];
      else if (!this.#problem(`unknown field number ${tag >> 3}`, field)) return false;
      this.#at = at + length;
    }
    if (field.kind !== 'message') return true;
    // Legal, but nobody sends it.
    if (from < 0) return this.#problem(`key ${JSON.stringify(key)} has no value`, field);
    return this.#enter(field, key, from, to);
  }

  /** Any: type_url 1, value 2, in either order; the value is scanned as the type it names. */
  #any(start: number, end: number): boolean {
    let url = '';
    let from = end;
    let to = end;
    this.#at = start;
    while (this.#at < end) {
      const tag = this.#varint(end);
      const length = (tag & 7) === LENGTH ? this.#varint(end) : -1;
      const at = this.#at;
      if (tag < 0 || length < 0 || length > end - at) return this.#malformed();
      if (tag >> 3 === 1) url = this.#text.decode(this.#bytes.subarray(at, at + length));
      else if (tag >> 3 === 2) [from, to] = [at, at + length];
      else if (!this.#problem(`unknown field number ${tag >> 3}`)) return false;
      this.#at = at + length;
    }
    if (url === '' && from === to) return true;
    const known = messageOf(nameOf(url));
    return known ? this.message(known, from, to) : this.#problem(`type ${nameOf(url)} is not supported`);
  }

  #unknown(known: Message, number: number): boolean {
    const name = leftOut[known.name]?.[number];
    if (name === undefined) return this.#problem(`unknown field number ${number}`);
    return this.#say(`${this.#path(true)}${name}: not supported`, `${this.#path(false)}${name}`);
  }

  /** Notes a problem with what the scan stands in, or with `field` of it; the same field of other elements is not said again. */
  #problem(text: string, field?: Field): boolean {
    const [exact, any] = [this.#path(true), this.#path(false)].map((path) =>
      field ? `${path}${field.name}: ${text}` : `${path.replace(/\.$/, ': ')}${text}`,
    );
    return this.#say(exact ?? text, any ?? text);
  }

  #say(text: string, once: string): boolean {
    if (this.#seen.has(once)) return true;
    this.#seen.add(once);
    this.problems.push(text);
    if (this.problems.length < maxProblems) return true;
    this.problems.push(`and perhaps more than these ${maxProblems}`);
    return false;
  }

  #stop(text: string): false {
    this.#problem(text);
    return false;
  }

  #malformed(): false {
    return this.#stop(`malformed at byte ${this.#at}`);
  }

  #wrongWire(field: Field, wire: number): false {
    this.#problem(`wire type ${wire} does not fit ${field.type}`, field);
    return false;
  }

  #skip(wire: number, end: number): boolean {
    if (wire === VARINT) return this.#varint(end) >= 0 || this.#malformed();
    const length = wire === LENGTH ? this.#varint(end) : wire === FIXED64 ? 8 : wire === FIXED32 ? 4 : -1;
    if (length < 0 || length > end - this.#at) return this.#malformed();
    this.#at += length;
    return true;
  }

  /** An unsigned varint, exact below 2^53; -1 when it does not end before `end` or is longer than ten bytes. */
  #varint(end: number): number {
    const bytes = this.#bytes;
    let at = this.#at;
    let byte = at < end ? (bytes[at] ?? 0) : 0x80;
    if (byte < 0x80) {
      this.#at = at + 1;
      return byte;
    }
    let value = 0;
    let scale = 1;
    for (const last = Math.min(end, at + 10); at < last; at++) {
      byte = bytes[at] ?? 0;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        this.#at = at + 1;
        return value;
      }
    }
    return -1;
  }

  /** `a.b[2].`: the way from the root, or without the elements. */
  #path(exact: boolean): string {
    let path = '';
    this.#fields.forEach((field, depth) => {
      const which = this.#which[depth];
      path += which === undefined || !exact ? `${field.name}.` : `${field.name}[${JSON.stringify(which)}].`;
    });
    return path;
  }
}

/** The wire type of one element of a field that is no message. */
function wireOf(field: Field): number {
  if (field.type === 'string' || field.type === 'bytes') return LENGTH;
  if (field.type === 'double' || /fixed64$/.test(field.type)) return FIXED64;
  return field.type === 'float' || /fixed32$/.test(field.type) ? FIXED32 : VARINT;
}
