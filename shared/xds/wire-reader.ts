import { alwaysThere } from './presence.ts';
import { enumOf, type Field, type Message, messageOf } from './schema.ts';

type Plain = Record<string, unknown>;

/** Wire types, https://protobuf.dev/programming-guides/encoding/#structure. Groups (3, 4) are not in proto3. */
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];
/** Deeper than any real configuration; stops bytes made to overflow the stack. */
const maxDepth = 100;

/** Reads one value of a field, after its tag. */
type Get = (reader: Reader) => unknown;

/** A field as it is read. */
interface Step {
  readonly name: string;
  readonly label: Field['label'];
  readonly wire: number;
  readonly get: Get;
  /** Of a message: what is read into; null for other values. */
  readonly inner: string | null;
  /** The other members of its oneof, which it displaces. */
  readonly displaces: readonly string[];
}

interface Plan {
  readonly byNumber: ReadonlyMap<number, Step>;
  /** Members that are lists, and that are maps. */
  readonly lists: readonly string[];
  readonly maps: readonly string[];
  readonly members: Readonly<Plain> | undefined;
}

const plans = new Map<string, Plan>();
const gets: Record<string, Get> = {
  string: (reader) => reader.text(),
  bytes: (reader) => reader.bytes(),
  bool: (reader) => reader.bool(),
  double: (reader) => reader.double(),
  float: (reader) => reader.float(),
  int32: (reader) => reader.low() | 0,
  uint32: (reader) => reader.low(),
  int64: (reader) => reader.signed(),
  uint64: (reader) => reader.unsigned(),
};

/**
 * The message in `bytes`, as codec.ts describes it. What stands there twice is merged as protobuf says: lists grow, messages
 * are filled further, of all else the last counts. Throws on bytes that are no message.
 */
export function readMessage(type: string, bytes: Uint8Array): Plain {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Reader(buffer).fields(type, {}, buffer.length);
}

function planOf(type: string): Plan {
  const known = plans.get(type);
  if (known) return known;
  const message = messageOf(type);
  if (!message) throw new Error(`${type} is not in proto/`);
  const named = (label: Field['label']) =>
    message.fields.filter((each) => each.label === label).map(({ name }) => name);
  const plan: Plan = {
    byNumber: new Map(message.fields.map((field) => [field.number, toStep(field, message)])),
    lists: named('repeated'),
    maps: named('map'),
    members: alwaysThere(type),
  };
  plans.set(type, plan);
  return plan;
}

function toStep(field: Field, { fields }: Message): Step {
  const { kind, label, name, oneof, type } = field;
  const rivals = oneof === undefined ? [] : fields.filter((each) => each.oneof === oneof && each.name !== name);
  return {
    name,
    label,
    wire: kind === 'message' ? LENGTH : wireOf(type),
    get: getOf(field),
    inner: kind === 'message' ? type : null,
    displaces: rivals.map((each) => each.name),
  };
}

function getOf({ kind, type }: Field): Get {
  if (kind === 'message') return (reader) => reader.message(type, {});
  if (kind === 'enum') {
    return (reader) => {
      const number = reader.low() | 0;
      // What has no name stays a number: `scan` has said so where it matters.
      return enumOf(type).byNumber.get(number) ?? number;
    };
  }
  const get = gets[type];
  if (!get) throw new Error(`${type}: not supported`);
  return get;
}

function wireOf(type: string): number {
  if (type === 'string' || type === 'bytes') return LENGTH;
  return type === 'double' ? FIXED64 : type === 'float' ? FIXED32 : VARINT;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  #depth = 0;
  /** The halves of the last varint, each of 32 bits. */
  #low = 0;
  #high = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Reads the fields of a message until `end` into `message`. */
  fields(type: string, message: Plain, end: number): Plain {
    const plan = planOf(type);
    for (const name of plan.lists) message[name] ??= [];
    for (const name of plan.maps) message[name] ??= {};
    if (plan.members) for (const name in plan.members) message[name] ??= plan.members[name];
    while (this.#at < end) {
      const tag = this.low();
      const step = plan.byNumber.get(tag >>> 3);
      if (step) this.#field(step, tag & 7, message);
      else this.#skip(tag & 7);
    }
    if (this.#at > end) throw this.#malformed();
    return message;
  }

  message(type: string, into: Plain): Plain {
    const length = this.low();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw this.#malformed();
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new RangeError(`nested deeper than ${maxDepth} levels`);
    this.fields(type, into, end);
    this.#depth -= 1;
    return into;
  }

  text(): string {
    const end = this.#lengthy();
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }

  /** A view. */
  bytes(): Buffer {
    const end = this.#lengthy();
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  bool(): boolean {
    this.#varint();
    return (this.#low | this.#high) !== 0;
  }

  double(): number {
    const at = this.#advance(8);
    return this.#bytes.readDoubleLE(at);
  }

  float(): number {
    const at = this.#advance(4);
    return this.#bytes.readFloatLE(at);
  }

  /** The lower 32 bits of a varint, unsigned. */
  low(): number {
    const byte = this.#bytes[this.#at];
    if (byte !== undefined && byte < 0x80) {
      this.#at += 1;
      return byte;
    }
    this.#varint();
    return this.#low;
  }

  /** 64 bits as a number: exact between -2^53 and 2^53. */
  signed(): number {
    this.#varint();
    return (this.#high | 0) * 2 ** 32 + this.#low;
  }

  unsigned(): number {
    this.#varint();
    return this.#high * 2 ** 32 + this.#low;
  }

  #field(step: Step, wire: number, message: Plain): void {
    const { displaces, get, inner, label, name } = step;
    if (label === 'map') {
      if (wire !== LENGTH) throw this.#malformed();
      this.#entry(step, message[name] as Plain);
    } else if (label === 'repeated') {
      const list = message[name] as unknown[];
      if (wire === step.wire) list.push(get(this));
      else if (wire === LENGTH) this.#packed(get, list);
      else throw this.#malformed();
    } else {
      if (wire !== step.wire) throw this.#malformed();
      for (const other of displaces) delete message[other];
      message[name] = inner === null ? get(this) : this.message(inner, (message[name] as Plain | undefined) ?? {});
    }
  }

  #packed(get: Get, list: unknown[]): void {
    const end = this.#lengthy();
    while (this.#at < end) list.push(get(this));
    if (this.#at > end) throw this.#malformed();
  }

  /** A map entry is a message: key 1, value 2, either of which may be left out when it is its default. */
  #entry({ get, inner, wire }: Step, map: Plain): void {
    const end = this.#lengthy();
    let key = '';
    let value: unknown;
    while (this.#at < end) {
      const tag = this.low();
      if (tag === 8 + LENGTH) key = this.text();
      else if (tag === 16 + wire) value = get(this);
      else this.#skip(tag & 7);
    }
    if (this.#at > end) throw this.#malformed();
    if (value === undefined) value = inner === null ? '' : new Reader(Buffer.alloc(0)).fields(inner, {}, 0);
    // Not by assignment: a key may be "__proto__".
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
  }

  #skip(wire: number): void {
    if (wire === VARINT) this.#varint();
    else if (wire === FIXED64) this.#advance(8);
    else if (wire === FIXED32) this.#advance(4);
    else if (wire === LENGTH) this.#at = this.#lengthy();
    else throw this.#malformed();
  }

  /** Where what has a length ends. */
  #lengthy(): number {
    const length = this.low();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw this.#malformed();
    return end;
  }

  #advance(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw this.#malformed();
    this.#at = at + length;
    return at;
  }

  /** At most ten bytes, of which the low 64 bits count. */
  #varint(): void {
    const bytes = this.#bytes;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[this.#at];
      if (byte === undefined) throw this.#malformed();
      this.#at += 1;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 64) high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw this.#malformed();
  }

  #malformed(): RangeError {
    return new RangeError(`malformed at byte ${this.#at}`);
  }
}
