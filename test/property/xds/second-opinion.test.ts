import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical, type Input } from '../../../shared/xds/canonical.ts';
import { decode, encode } from '../../../shared/xds/codec.ts';
import type { Messages } from '../../../shared/xds/messages.gen.ts';
import { codecOf } from '../../support/protobufjs.ts';
import { messages, types } from './arbitrary.ts';

type Type = keyof Messages;
const big: Type[] = [
  'envoy.config.cluster.v3.Cluster',
  'envoy.config.listener.v3.Listener',
  'envoy.config.route.v3.RouteConfiguration',
  'envoy.config.bootstrap.v3.Bootstrap',
  'envoy.service.discovery.v3.DeltaDiscoveryRequest',
  'google.protobuf.Struct',
];
const anything = fc
  .oneof(fc.constantFrom(...types), fc.constantFrom(...big))
  .chain((type) => messages(type).map((message) => ({ type, message: message as Input<Messages[Type]> })));

test('our bytes are those of protobufjs, and we read what it writes', () => {
  fc.assert(
    fc.property(anything, ({ type, message }) => {
      const theirs = codecOf(type).serialize(canonical(type, message));
      assert.deepEqual(encode(type, message), theirs);
      assert.deepEqual(decode(type, theirs), message);
    }),
    { numRuns: 500 },
  );
});

test('fields in any order, and lists in several parts, are the same message', () => {
  const type = 'envoy.config.route.v3.VirtualHost';
  const some = messages(type).map((message) => encode(type, message as Input<Messages[typeof type]>));
  fc.assert(
    fc.property(some, some, (first, second) => {
      const both = Buffer.concat([first, second]);
      const merged = decode(type, both);
      assert.deepEqual(merged.domains, [...decode(type, first).domains, ...decode(type, second).domains]);
      assert.equal(merged.name, decode(type, second).name ?? decode(type, first).name);
    }),
    { numRuns: 100 },
  );
});
