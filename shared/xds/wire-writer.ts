import { enumOf, type Field, type Message, messageOf } from './schema.ts';

type Plain = Record<string, unknown>;

/** Wire types, https://protobuf.dev/programming-guides/encoding/#structure. */
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];
/** A buffer that grew beyond this for one message is not kept for the next, bytes. */
const most = 1 << 20;

/** Writes one value of a field, without its tag. */
type Put = (writer: Writer, value: never) => void;

/** A field as it is written. */
interface Step {
  readonly name: string;
  readonly label: Field['label'];
  readonly tag: number;
  /** Wire type of one value, by itself or in a map. */
  readonly wire: number;
  readonly put: Put;
  /** Numbers of one field stand behind one tag. */
  readonly packed: boolean;
}

const plans = new Map<string, readonly Step[]>();
const puts: Record<string, Put> = {
  string: (writer, value: string) => writer.text(value),
  bytes: (writer, value: Uint8Array) => writer.bytes(value),
  bool: (writer, value: boolean) => writer.varint(value ? 1 : 0),
  double: (writer, value: number) => writer.double(value),
  float: (writer, value: number) => writer.float(value),
  int32: (writer, value: number) => writer.varint(value),
  uint32: (writer, value: number) => writer.varint(value),
  int64: (writer, value: number) => writer.varint(value),
  uint64: (writer, value: number) => writer.varint(value),
};

/** The bytes of a message in canonical form (canonical.ts): its fields by number, map entries as they come. */
export function writeMessage(type: string, message: object): Buffer {
  return shared.whole(planOf(type), message as Plain);
}

function planOf(type: string): readonly Step[] {
  let plan = plans.get(type);
  if (!plan) {
    plan = (messageOf(type) as Message).fields.toSorted((a, b) => a.number - b.number).map(toStep);
    plans.set(type, plan);
  }
  return plan;
}

function toStep(field: Field): Step {
  const { kind, label, name, number, type } = field;
  const wire = kind === 'message' ? LENGTH : wireOf(type);
  const packed = label === 'repeated' && wire !== LENGTH;
  const tag = number * 8 + (label === 'map' || packed ? LENGTH : wire);
  return { name, label, tag, wire, put: putOf(field), packed };
}

function putOf({ kind, type }: Field): Put {
  if (kind === 'message') return (writer, value: Plain) => writer.message(planOf(type), value);
  if (kind === 'enum') return (writer, value: string) => writer.varint(enumOf(type).byName.get(value) as number);
  const put = puts[type];
  if (!put) throw new Error(`${type}: not supported`);
  return put;
}

function wireOf(type: string): number {
  if (type === 'string' || type === 'bytes') return LENGTH;
  return type === 'double' ? FIXED64 : type === 'float' ? FIXED32 : VARINT;
}

class Writer {
  #buffer = Buffer.allocUnsafeSlow(4096);
  #at = 0;

  whole(plan: readonly Step[], message: Plain): Buffer {
    this.#at = 0;
    this.#fields(plan, message);
    const bytes = Buffer.from(this.#buffer.subarray(0, this.#at));
    if (this.#buffer.length > most) this.#buffer = Buffer.allocUnsafeSlow(4096);
    return bytes;
  }

  message(plan: readonly Step[], value: Plain): void {
    const start = this.#begin();
    this.#fields(plan, value);
    this.#end(start);
  }

  /** Exact between -2^53 and 2^53. Negative numbers have ten bytes. */
  varint(value: number): void {
    this.#reserve(10);
    const buffer = this.#buffer;
    if (value < 0) return this.#negative(value);
    let rest = value;
    while (rest > 0x7f) {
      buffer[this.#at++] = (rest & 0x7f) | 0x80;
      rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7;
    }
    buffer[this.#at++] = rest;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#at = this.#buffer.writeFloatLE(value, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.#reserve(length);
    this.#buffer.write(value, this.#at, 'utf8');
    this.#at += length;
  }

  #fields(plan: readonly Step[], message: Plain): void {
    for (const step of plan) {
      const value = message[step.name];
      if (value === undefined) continue;
      if (step.label === 'map') this.#entries(step, value as Plain);
      else if (step.packed) this.#packed(step, value as never[]);
      else if (step.label === 'repeated') for (const each of value as never[]) this.#one(step, each);
      else this.#one(step, value as never);
    }
  }

  #one({ put, tag }: Step, value: never): void {
    this.varint(tag);
    put(this, value);
  }

  #packed({ put, tag }: Step, values: readonly never[]): void {
    if (values.length === 0) return;
    this.varint(tag);
    const start = this.#begin();
    for (const each of values) put(this, each);
    this.#end(start);
  }

  /** A map entry is a message: key 1, value 2. */
  #entries({ put, tag, wire }: Step, entries: Plain): void {
    for (const [key, value] of Object.entries(entries)) {
      this.varint(tag);
      const start = this.#begin();
      this.varint(8 + LENGTH);
      this.text(key);
      this.varint(16 + wire);
      put(this, value as never);
      this.#end(start);
    }
  }

  /** Leaves one byte for the length of what follows, which is enough for most; see `#end`. */
  #begin(): number {
    this.#reserve(1);
    this.#at += 1;
    return this.#at;
  }

  #end(start: number): void {
    const length = this.#at - start;
    if (length > 0x7f) {
      const more = length > 0x1fffff ? 3 : length > 0x3fff ? 2 : 1;
      this.#reserve(more);
      this.#buffer.copyWithin(start + more, start, this.#at);
    }
    this.#at = start - 1;
    this.varint(length);
    this.#at += length;
  }

  /** Two's complement of 64 bits. */
  #negative(value: number): void {
    let low = value >>> 0;
    let high = Math.floor(value / 2 ** 32) >>> 0;
    for (let count = 0; count < 9; count += 1) {
      this.#buffer[this.#at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#buffer[this.#at++] = low;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + length));
    larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }
}

/** Writing never comes back to itself, so one is enough. */
const shared = new Writer();
