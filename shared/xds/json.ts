import { closest } from '../struct/closest.ts';
import { type Input, isImplicitDefault } from './canonical.ts';
import { decode, encode } from './codec.ts';
import { readScalar, writeScalar } from './json-scalar.ts';
import { isWellKnown, readWellKnown, writeWellKnown } from './json-well-known.ts';
import type { Any, Messages } from './messages.gen.ts';
import { alwaysThere } from './presence.ts';
import { leftOut } from './schema.gen.ts';
import { enumOf, type Field, lowerCamel, type Message, messageOf } from './schema.ts';
import { nameOf } from './type-url.ts';

type Plain = Record<string, unknown>;

/** Deeper than any real configuration; stops documents made to overflow the stack. */
const maxDepth = 100;

/**
 * The message that `value`, parsed JSON or YAML, means by the proto3 JSON mapping: names in lowerCamelCase or as in the
 * .proto, durations as "0.25s", wrappers bare, enums by name or number, 64-bit integers as number or string, bytes in
 * base64, `@type` in Any (expanded at every depth). The message has the shape that `decode` gives. `problems` is empty
 * when all is well; each begins with the path below `at`: `clusters[0].lb_policy: unknown value "FOO"`. With problems
 * the message holds what could be read.
 */
export function fromJson<T extends keyof Messages>(
  type: T,
  value: unknown,
  at = '',
): { message: Messages[T]; problems: string[] } {
  const reader = new Reader();
  const message = reader.message(type, value, at, 0) ?? decode(type, Buffer.alloc(0));
  return { message: message as Messages[T], problems: reader.problems };
}

/** How field names are written: as proto3 JSON does (lowerCamelCase), or as in the .proto. */
export type Names = 'json' | 'proto';

/** `message` as a JSON value by the proto3 JSON mapping. An Any that Aya cannot read keeps its bytes as `value`. */
export function toJson<T extends keyof Messages>(type: T, message: Input<Messages[T]>, names: Names = 'json'): unknown {
  return write(type, message as Plain, names);
}

class Reader {
  readonly problems: string[] = [];

  /** Undefined when `value` is no object at all. */
  message(type: string, value: unknown, at: string, depth: number): unknown {
    const known = messageOf(type);
    if (!known) throw new Error(`${type} is not in proto/`);
    if (depth > maxDepth) return this.#problem(at, `nested deeper than ${maxDepth} levels`);
    if (type === 'google.protobuf.Any') return this.#any(value, at, depth);
    if (isWellKnown(type)) {
      const read = readWellKnown(type, value);
      return read.problem === undefined ? read.value : this.#problem(at, read.problem);
    }
    if (!isObject(value)) return this.#problem(at, `expected an object, got ${describe(value)}`);
    return this.#fields(known, value, at, depth);
  }

  #fields(known: Message, object: Plain, at: string, depth: number): Plain {
    const out: Plain = {};
    for (const field of known.fields) {
      if (field.label !== 'singular') out[field.name] = field.label === 'map' ? {} : [];
    }
    const spelled = new Map<Field, string>();
    const members = new Map<string, Field>();
    for (const [name, value] of Object.entries(object)) {
      const path = at === '' ? name : `${at}.${name}`;
      const field = known.byName.get(name);
      if (!field) {
        this.#problem(path, unknownField(known, name));
        continue;
      }
      if (value === undefined || (value === null && field.type !== 'google.protobuf.Value')) continue;
      const twice = spelled.get(field);
      if (twice !== undefined) this.#problem(path, `set twice, also as "${twice}"`);
      spelled.set(field, name);
      if (field.oneof !== undefined) {
        const other = members.get(field.oneof);
        members.set(field.oneof, field);
        if (other !== undefined && other !== field) {
          this.#problem(at, `both "${spelled.get(other)}" and "${name}" are set; only one of them may be`);
          delete out[other.name];
        }
      }
      const read = this.#field(field, value, path, depth);
      if (read !== undefined) out[field.name] = read;
    }
    return out;
  }

  #field(field: Field, value: unknown, at: string, depth: number): unknown {
    if (field.label === 'repeated') {
      if (!Array.isArray(value)) return this.#problem(at, `expected a list, got ${describe(value)}`);
      const read = value.map((each, index) => this.#one(field, each, `${at}[${index}]`, depth));
      return read.filter((each) => each !== undefined);
    }
    if (field.label === 'map') {
      if (!isObject(value)) return this.#problem(at, `expected an object, got ${describe(value)}`);
      const entries = Object.entries(value).map(([key, each]) => {
        const path = `${at}[${JSON.stringify(key)}]`;
        if (key === '__proto__') return [key, this.#problem(path, 'this key is not possible')] as const;
        return [key, this.#one(field, each, path, depth)] as const;
      });
      return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
    }
    const read = this.#one(field, value, at, depth);
    return isImplicitDefault(field, read) ? undefined : read;
  }

  #one(field: Field, value: unknown, at: string, depth: number): unknown {
    if (field.kind === 'message') return this.message(field.type, value, at, depth + 1);
    if (field.kind === 'enum') return this.#enum(field.type, value, at);
    const read = readScalar(field.type, value);
    return read.problem === undefined ? read.value : this.#problem(at, read.problem);
  }

  #enum(type: string, value: unknown, at: string): unknown {
    const { byName, byNumber } = enumOf(type);
    if (typeof value === 'string' && byName.has(value)) return value;
    if (typeof value === 'number' && byNumber.has(value)) return byNumber.get(value);
    const guess = typeof value === 'string' ? closest(value, byName.keys()) : undefined;
    const hint = guess === undefined ? '' : `, did you mean "${guess}"?`;
    return this.#problem(at, `unknown value ${JSON.stringify(value)}${hint}`);
  }

  #any(value: unknown, at: string, depth: number): unknown {
    if (!isObject(value)) return this.#problem(at, `expected an object, got ${describe(value)}`);
    const { '@type': url, ...rest } = value;
    if (url === undefined && Object.keys(rest).length === 0) return { ...alwaysThere('google.protobuf.Any') };
    if (typeof url !== 'string') return this.#problem(at, '"@type" is missing');
    const type = nameOf(url);
    if (!messageOf(type)) return this.#problem(at, `type ${type} is not supported`);
    const bare = isWellKnown(type) || type === 'google.protobuf.Any';
    const message = this.message(type, bare ? rest.value : rest, bare ? `${at}.value` : at, depth + 1);
    if (message === undefined) return undefined;
    return { type_url: url, value: encode(type as keyof Messages, message as Input<Messages[keyof Messages]>) };
  }

  #problem(at: string, text: string): undefined {
    this.problems.push(at === '' ? text : `${at}: ${text}`);
    return undefined;
  }
}

function unknownField(known: Message, name: string): string {
  const left = Object.values(leftOut[known.name] ?? {});
  if (left.includes(name) || left.some((each) => lowerCamel(each) === name)) return 'not supported';
  const names = name.includes('_') ? known.fields.map((each) => each.name) : [...known.byName.keys()];
  const guess = closest(name, names);
  return guess === undefined ? 'unknown field' : `unknown field, did you mean "${guess}"?`;
}

function write(type: string, message: Plain, names: Names): unknown {
  if (type === 'google.protobuf.Any') return writeAny(message, names);
  if (isWellKnown(type)) return writeWellKnown(type, message);
  const out: Plain = {};
  for (const field of messageOf(type)?.fields ?? []) {
    const value = message[field.name];
    if (value === undefined || (field.label === 'singular' && isImplicitDefault(field, value))) continue;
    const name = names === 'json' ? field.jsonName : field.name;
    if (field.label === 'repeated') {
      const list = value as unknown[];
      if (list.length > 0) out[name] = list.map((each) => writeOne(field, each, names));
    } else if (field.label === 'map') {
      const entries = Object.entries(value as Plain);
      if (entries.length > 0) out[name] = Object.fromEntries(entries.map(([k, v]) => [k, writeOne(field, v, names)]));
    } else {
      out[name] = writeOne(field, value, names);
    }
  }
  return out;
}

function writeOne(field: Field, value: unknown, names: Names): unknown {
  if (field.kind === 'message') return write(field.type, value as Plain, names);
  return field.kind === 'enum' ? value : writeScalar(field.type, value);
}

function writeAny({ type_url: url = '', value: bytes = Buffer.alloc(0) }: Partial<Any>, names: Names): unknown {
  if (url === '') return {};
  const type = nameOf(url);
  const message = messageOf(type) && decodeOr(type as keyof Messages, bytes);
  if (!message) return { '@type': url, value: Buffer.from(bytes).toString('base64') };
  const inner = write(type, message as Plain, names);
  const bare = isWellKnown(type) || type === 'google.protobuf.Any';
  return bare ? { '@type': url, value: inner } : { '@type': url, ...(inner as object) };
}

/** Undefined when the bytes are no message of this type. */
function decodeOr(type: keyof Messages, bytes: Uint8Array): object | undefined {
  try {
    return decode(type, bytes);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : JSON.stringify(value);
}
