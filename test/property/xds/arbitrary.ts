import fc from 'fast-check';
import { pack } from '../../../shared/xds/codec.ts';
import type { Messages } from '../../../shared/xds/messages.gen.ts';
import { alwaysThere } from '../../../shared/xds/presence.ts';
import { schema } from '../../../shared/xds/schema.gen.ts';
import { enumOf, type Field, messageOf } from '../../../shared/xds/schema.ts';

type Type = keyof Messages;

// A failure is shown as small as it got in this time.
fc.configureGlobal({ interruptAfterTimeLimit: 20_000 });

/** Every message type that Aya has. */
export const types = Object.keys(schema.messages) as Type[];
/** Types that may stand in an Any; few, so that messages stay small. */
const inAny: Type[] = [
  'envoy.extensions.filters.http.fault.v3.HTTPFault',
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  'envoy.config.accesslog.v3.AccessLog',
  'aya.v1.ClusterOptions',
  'google.protobuf.Struct',
  'google.protobuf.Duration',
];

const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const key = text.filter((each) => each !== '__proto__');
const float = fc.float({ noNaN: true }).map((each) => (each === 0 ? 0 : each));
const scalars: Record<string, fc.Arbitrary<unknown>> = {
  string: text,
  bool: fc.boolean(),
  bytes: fc.uint8Array({ maxLength: 8 }).map((each) => Buffer.from(each)),
  double: fc.double({ noNaN: true }).map((each) => (each === 0 ? 0 : each)),
  float,
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  uint32: fc.nat(2 ** 32 - 1),
  int64: fc.maxSafeInteger(),
  uint64: fc.maxSafeNat(),
};

/** Messages of `type` as `decode` gives them: defaults absent, lists and maps there, one member of a oneof at most. */
export function messages(type: string, depth = 4): fc.Arbitrary<Record<string, unknown>> {
  const known = messageOf(type);
  if (!known) throw new Error(`${type} is not in proto/`);
  if (type === 'google.protobuf.Any') return anys(depth);
  if (type === 'google.protobuf.Duration') return durations;
  if (alwaysThere(type)) return one(known.fields[0] as Field, depth).map((value) => ({ value }));
  // A Value without any kind is nothing in JSON.
  if (type === 'google.protobuf.Value') return values(depth);
  const shape: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of known.fields) {
    if (field.label === 'singular')
      shape[field.name] = depth > 0 ? fc.option(singular(field, depth)) : fc.constant(null);
    else if (field.label === 'repeated') {
      shape[field.name] = fc.array(one(field, depth), { maxLength: depth > 0 ? 2 : 0 });
    } else
      shape[field.name] = fc.dictionary(key, one(field, depth), { maxKeys: depth > 0 ? 2 : 0, noNullPrototype: true });
  }
  return fc.tuple(fc.record(shape), fc.nat()).map(([record, pick]) => {
    const out: Record<string, unknown> = {};
    const members = new Map<string, Field[]>();
    for (const field of known.fields) {
      const value = record[field.name];
      if (value === null) continue;
      if (field.oneof !== undefined) members.set(field.oneof, [...(members.get(field.oneof) ?? []), field]);
      out[field.name] = value;
    }
    for (const fields of members.values()) {
      const kept = fields[pick % fields.length];
      for (const field of fields) if (field !== kept) delete out[field.name];
    }
    return out;
  });
}

function singular(field: Field, depth: number): fc.Arbitrary<unknown> {
  const value = one(field, depth);
  if (field.oneof !== undefined || field.kind === 'message') return value;
  const zero = field.kind === 'enum' ? enumOf(field.type).byNumber.get(0) : undefined;
  return value.filter((each) => {
    if (each === zero || each === 0 || each === '' || each === false) return false;
    return !(each instanceof Buffer && each.length === 0);
  });
}

function one(field: Field, depth: number): fc.Arbitrary<unknown> {
  if (field.kind === 'message') return fc.constant(null).chain(() => messages(field.type, depth - 1));
  if (field.kind === 'enum') return fc.constantFrom(...enumOf(field.type).byName.keys());
  const scalar = scalars[field.type];
  if (!scalar) throw new Error(`no arbitrary for ${field.type}`);
  return scalar;
}

const durations = fc
  .tuple(fc.nat(315_576_000_000), fc.nat(999_999_999), fc.boolean())
  .map(([seconds, nanos, negative]) => {
    const sign = negative ? -1 : 1;
    return { seconds: sign * seconds || 0, nanos: sign * nanos || 0 };
  });

function values(depth: number): fc.Arbitrary<Record<string, unknown>> {
  const flat: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
    fc.constant({ null_value: 'NULL_VALUE' }),
    fc.boolean().map((bool_value) => ({ bool_value })),
    text.map((string_value) => ({ string_value })),
    fc.integer().map((number_value) => ({ number_value })),
  );
  if (depth <= 0) return flat;
  const nested = messages('google.protobuf.Struct', depth - 1).map((struct_value) => ({ struct_value }));
  const list = fc.array(values(depth - 1), { maxLength: 2 }).map((all) => ({ list_value: { values: all } }));
  return fc.oneof(flat, nested, list);
}

function anys(depth: number): fc.Arbitrary<Record<string, unknown>> {
  const none = fc.constant({ type_url: '', value: Buffer.alloc(0) });
  if (depth <= 0) return none;
  const packed = fc.constantFrom(...inAny).chain((type) => messages(type, depth - 2).map((each) => pack(type, each)));
  return fc.oneof(none, packed).map((any) => ({ ...any }));
}
