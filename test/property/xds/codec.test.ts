import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Input } from '../../../shared/xds/canonical.ts';
import { decode, encode } from '../../../shared/xds/codec.ts';
import { fromJson, toJson } from '../../../shared/xds/json.ts';
import type { Messages } from '../../../shared/xds/messages.gen.ts';
import { scan } from '../../../shared/xds/strict.ts';
import { messages, types } from './arbitrary.ts';

type Any = Input<Messages[keyof Messages]>;
const big: (keyof Messages)[] = [
  'envoy.config.cluster.v3.Cluster',
  'envoy.config.listener.v3.Listener',
  'envoy.config.route.v3.RouteConfiguration',
  'envoy.config.bootstrap.v3.Bootstrap',
  'aya.v1.FaultAssignment',
];
const anything = fc
  .oneof(fc.constantFrom(...types), fc.constantFrom(...big))
  .chain((type) => messages(type).map((message) => ({ type, message: message as Any })));

test('what is encoded is decoded again, and the scan has nothing against it', () => {
  fc.assert(
    fc.property(anything, ({ type, message }) => {
      const bytes = encode(type, message);
      assert.deepEqual(scan(type, bytes), []);
      assert.deepEqual(decode(type, bytes), message);
      assert.deepEqual(encode(type, decode(type, bytes) as Any), bytes);
    }),
    { numRuns: 300 },
  );
});

test('what is written as JSON is read again, in either spelling of names', () => {
  fc.assert(
    fc.property(anything, fc.constantFrom('json' as const, 'proto' as const), ({ type, message }, names) => {
      const json = JSON.parse(JSON.stringify(toJson(type, message, names)));
      const { message: again, problems } = fromJson(type, json);
      assert.deepEqual(problems, []);
      assert.deepEqual(again, message);
    }),
    { numRuns: 300 },
  );
});

test('any JSON at all is read or refused with words, never with an exception', () => {
  const names = [
    'name',
    'type',
    'match',
    'route',
    'typed_config',
    '@type',
    'routes',
    'domains',
    'clusters',
    'metadata',
  ];
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.constantFrom('', '1s', 'EDS', 'type.googleapis.com/envoy.config.cluster.v3.Cluster'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(fc.constantFrom(...types), json, (type, value) => {
      const { message, problems } = fromJson(type, value);
      for (const problem of problems) assert.ok(problem.length > 0);
      encode(type, message as Any);
    }),
    { numRuns: 1_000 },
  );
});
