import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Input } from '../../../shared/xds/canonical.ts';
import { decode, encode } from '../../../shared/xds/codec.ts';
import type { Messages } from '../../../shared/xds/messages.gen.ts';
import { messageOf } from '../../../shared/xds/schema.ts';
import { scan } from '../../../shared/xds/strict.ts';
import { messages, types } from './arbitrary.ts';

const unknown = Buffer.from([0xa0, 0x38, 0x05]); // field 900, varint 5

/** A message `depth` levels deep along fields that hold messages, with an unknown field in the innermost; and the way there. */
function inject(type: string, picks: number[]): { bytes: Buffer; path: string[] } {
  const fields = messageOf(type)?.fields.filter((field) => field.kind === 'message' && field.label !== 'map') ?? [];
  const [pick, ...rest] = picks;
  const field = pick === undefined ? undefined : fields[pick % Math.max(1, fields.length)];
  if (!field || field.type === 'google.protobuf.Any') return { bytes: unknown, path: [] };
  const inner = inject(field.type, rest);
  const path = [field.label === 'repeated' ? `${field.name}[0]` : field.name, ...inner.path];
  return { bytes: Buffer.concat([varint(field.number * 8 + 2), varint(inner.bytes.length), inner.bytes]), path };
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}

test('an unknown field is found at any depth, with the way to it', () => {
  const inputs = fc.tuple(
    fc.constantFrom(...types.filter((type) => !type.startsWith('google.protobuf.'))),
    fc.array(fc.nat(), { maxLength: 8 }),
  );
  fc.assert(
    fc.property(inputs, ([type, picks]) => {
      const { bytes, path } = inject(type, picks);
      const where = path.length > 0 ? `${path.join('.')}: ` : '';
      assert.deepEqual(scan(type, bytes), [`${where}unknown field number 900`]);
    }),
    { numRuns: 1_000 },
  );
});

test('an unknown field is found beside any real content', () => {
  const inputs = fc
    .constantFrom<keyof Messages>('envoy.config.cluster.v3.Cluster', 'envoy.config.route.v3.RouteConfiguration')
    .chain((type) => messages(type).map((message) => [type, message as Input<Messages[typeof type]>] as const));
  fc.assert(
    fc.property(inputs, ([type, message]) => {
      const bytes = encode(type, message);
      assert.deepEqual(scan(type, Buffer.concat([bytes, unknown])), ['unknown field number 900']);
      assert.deepEqual(scan(type, Buffer.concat([unknown, bytes])), ['unknown field number 900']);
    }),
    { numRuns: 100 },
  );
});

test('bytes from anywhere are never an exception, and what the scan lets through can be decoded', () => {
  const noise = fc.uint8Array({ maxLength: 64 }).map((each) => Buffer.from(each));
  let passed = 0;
  fc.assert(
    fc.property(fc.constantFrom(...types), noise, (type, bytes) => {
      if (scan(type, bytes).length > 0) return;
      passed += 1;
      decode(type, bytes);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(passed > 0);
});

test('a real message with one byte changed or cut off is refused or can be decoded', () => {
  const inputs = fc
    .constantFrom(...types)
    .chain((type) =>
      messages(type).map((message) => ({ type, bytes: encode(type, message as Input<Messages[typeof type]>) })),
    );
  fc.assert(
    fc.property(inputs, fc.nat(), fc.nat(255), fc.boolean(), ({ type, bytes }, at, byte, cut) => {
      if (bytes.length === 0) return;
      const changed = Buffer.from(bytes);
      changed[at % bytes.length] = byte;
      const damaged = cut ? bytes.subarray(0, at % bytes.length) : changed;
      if (scan(type, damaged).length === 0) decode(type, damaged);
    }),
    { numRuns: 1_000 },
  );
});
