import { type Read, readScalar, writeScalar } from './json-scalar.ts';
import type { Duration, ListValue, Struct, Value } from './messages.gen.ts';

/** The scalar inside each wrapper type. */
const wrappers: Record<string, string> = {
  'google.protobuf.BoolValue': 'bool',
  'google.protobuf.BytesValue': 'bytes',
  'google.protobuf.DoubleValue': 'double',
  'google.protobuf.FloatValue': 'float',
  'google.protobuf.Int32Value': 'int32',
  'google.protobuf.Int64Value': 'int64',
  'google.protobuf.StringValue': 'string',
  'google.protobuf.UInt32Value': 'uint32',
  'google.protobuf.UInt64Value': 'uint64',
};
const others = ['Duration', 'Struct', 'Value', 'ListValue'].map((name) => `google.protobuf.${name}`);
const known = new Set([...Object.keys(wrappers), ...others]);

/** The longest google.protobuf.Duration, in seconds: about 10,000 years. */
const maxSeconds = 315_576_000_000;
/** Deeper than any real metadata; stops documents made to overflow the stack. */
const maxDepth = 100;

/** True for the types that have a JSON form of their own; Any is not among them. */
export const isWellKnown = (type: string): boolean => known.has(type);

/** A well-known message from its JSON form. */
export function readWellKnown(type: string, value: unknown): Read {
  const scalar = wrappers[type];
  if (scalar !== undefined) {
    const read = readScalar(scalar, value);
    return read.problem === undefined ? { value: { value: read.value } } : read;
  }
  if (type === 'google.protobuf.Duration') return readDuration(value);
  const flaw = flawOf(value);
  if (flaw !== undefined) return { problem: flaw };
  if (type === 'google.protobuf.Value') return { value: toValue(value) };
  if (type === 'google.protobuf.ListValue') {
    return Array.isArray(value) ? { value: toList(value) } : { problem: 'expected a list' };
  }
  return isObject(value) ? { value: toStruct(value) } : { problem: 'expected an object' };
}

/** A well-known message in its JSON form. */
export function writeWellKnown(type: string, message: object): unknown {
  const scalar = wrappers[type];
  if (scalar !== undefined) return writeScalar(scalar, (message as { value?: unknown }).value ?? zeroOf(scalar));
  if (type === 'google.protobuf.Duration') return writeDuration(message as Partial<Duration>);
  if (type === 'google.protobuf.Value') return fromValue(message as Value);
  if (type === 'google.protobuf.ListValue') return fromList(message as ListValue);
  return fromStruct(message as Struct);
}

/** The plain object that a google.protobuf.Struct holds. */
export function fromStruct(struct: Struct): Record<string, unknown> {
  return Object.fromEntries(Object.entries(struct.fields ?? {}).map(([key, value]) => [key, fromValue(value)]));
}

function toStruct(object: object): Struct {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return { fields: Object.fromEntries(entries.map(([key, value]) => [key, toValue(value)])) };
}

function toValue(value: unknown): Value {
  if (typeof value === 'number') return { number_value: value };
  if (typeof value === 'string') return { string_value: value };
  if (typeof value === 'boolean') return { bool_value: value };
  if (Array.isArray(value)) return { list_value: toList(value) };
  return isObject(value) ? { struct_value: toStruct(value) } : { null_value: 'NULL_VALUE' };
}

const toList = (list: unknown[]): ListValue => ({ values: list.map(toValue) });
const fromList = (list: ListValue): unknown[] => (list.values ?? []).map(fromValue);

function fromValue(value: Value): unknown {
  if (value.struct_value) return fromStruct(value.struct_value);
  if (value.list_value) return fromList(value.list_value);
  return value.number_value ?? value.string_value ?? value.bool_value ?? null;
}

function readDuration(value: unknown): Read<Duration> {
  const match = typeof value === 'string' ? /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(value) : null;
  if (!match) return { problem: `expected a duration in seconds such as "0.25s", got ${JSON.stringify(value)}` };
  const [, minus, whole, fraction = ''] = match;
  const sign = minus ? -1 : 1;
  const seconds = Number(whole);
  if (seconds > maxSeconds) return { problem: `${value} is out of range` };
  const nanos = Number(fraction.padEnd(9, '0'));
  return { value: { seconds: sign * seconds || 0, nanos: sign * nanos || 0 } };
}

/** With 0, 3, 6 or 9 digits of fraction, as the mapping asks. */
function writeDuration({ seconds = 0, nanos = 0 }: Partial<Duration>): string {
  const sign = seconds < 0 || nanos < 0 ? '-' : '';
  const digits = String(Math.abs(nanos)).padStart(9, '0');
  const fraction = digits.replace(/(000){1,3}$/, '');
  return `${sign}${Math.abs(seconds)}${fraction === '' ? '' : `.${fraction}`}s`;
}

function zeroOf(scalar: string): unknown {
  if (scalar === 'string') return '';
  if (scalar === 'bool') return false;
  return scalar === 'bytes' ? Buffer.alloc(0) : 0;
}

/** What a google.protobuf.Value cannot hold. */
function flawOf(value: unknown, depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > maxDepth) return `nested deeper than ${maxDepth} levels`;
  for (const [key, each] of Object.entries(value)) {
    const flaw = key === '__proto__' ? 'the key "__proto__" is not possible' : flawOf(each, depth + 1);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
