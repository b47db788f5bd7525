import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from '../../../shared/xds/codec.ts';

const cluster = 'envoy.config.cluster.v3.Cluster';
const route = 'envoy.config.route.v3.RouteAction';
const bytes = (...all: number[]): Buffer => Buffer.from(all);

test('numbers keep their value up to 2^53, negative ones too', () => {
  for (const seconds of [0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35, 2 ** 53 - 1]) {
    for (const sign of [1, -1]) {
      const message = { seconds: sign * seconds || 0, nanos: sign };
      assert.deepEqual(decode('google.protobuf.Duration', encode('google.protobuf.Duration', message)), message);
    }
  }
  for (const value of [0, 2 ** 31, 2 ** 32 - 1]) {
    assert.deepEqual(decode('google.protobuf.UInt32Value', encode('google.protobuf.UInt32Value', { value })), {
      value,
    });
  }
});

test('texts and messages longer than one byte can count come back whole', () => {
  for (const length of [127, 128, 16_383, 16_384, 2_097_152]) {
    const name = 'ü'.repeat(length / 2) + 'x'.repeat(length % 2);
    const message = { endpoints: [{ lb_endpoints: [{ endpoint: { hostname: name } }] }] };
    const type = 'envoy.config.endpoint.v3.ClusterLoadAssignment';
    assert.equal(decode(type, encode(type, message)).endpoints[0]?.lb_endpoints[0]?.endpoint?.hostname, name);
  }
});

test('of what stands twice the last counts; messages are filled further; a oneof has one member', () => {
  const twice = (...all: Parameters<typeof encode<typeof cluster>>[1][]): Buffer =>
    Buffer.concat(all.map((each) => encode(cluster, each)));
  assert.equal(decode(cluster, twice({ name: 'a' }, { name: 'b' })).name, 'b');
  const timeout = twice({ connect_timeout: { seconds: 3 } }, { connect_timeout: { nanos: 5 } });
  assert.deepEqual(decode(cluster, timeout).connect_timeout, { seconds: 3, nanos: 5 });
  const load = twice({ load_assignment: { cluster_name: 'a' } }, { load_assignment: { endpoints: [{ priority: 1 }] } });
  assert.equal(decode(cluster, load).load_assignment?.cluster_name, 'a');
  assert.equal(decode(cluster, load).load_assignment?.endpoints.length, 1);
  const one = Buffer.concat([encode(route, { cluster: 'a' }), encode(route, { weighted_clusters: {} })]);
  assert.equal(decode(route, one).cluster, undefined);
});

test('packed numbers may come one by one, fields that nobody knows are passed over', () => {
  const retry = 'envoy.config.route.v3.RetryPolicy';
  const single = bytes((7 << 3) | 0, 1, (7 << 3) | 0, 2, (7 << 3) | 2, 1, 3);
  assert.deepEqual(decode(retry, single).retriable_status_codes, [1, 2, 3]);
  // Number 100: a varint, eight bytes, a length, four bytes.
  const unknown = bytes(0xa0, 6, 0x96, 1, 0xa1, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xa2, 6, 2, 9, 9, 0xa5, 6, 1, 2, 3, 4);
  assert.equal(decode(cluster, Buffer.concat([unknown, encode(cluster, { name: 'a' }), unknown])).name, 'a');
});

test('a map entry without key or value has their defaults, and no key reaches a prototype', () => {
  const type = 'envoy.config.core.v3.Metadata';
  assert.deepEqual(decode(type, bytes(0x0a, 0)).filter_metadata, { '': { fields: {} } });
  const bad = encode(type, { filter_metadata: Object.fromEntries([['__proto__', {}]]) });
  const { filter_metadata } = decode(type, bad);
  assert.deepEqual(Object.keys(filter_metadata), ['__proto__']);
  assert.equal(Object.getPrototypeOf(filter_metadata), Object.prototype);
});

test('bytes that are no message are an error', () => {
  const wrong = [
    bytes(0x0a),
    bytes(0x0a, 5, 97),
    bytes(0x80),
    bytes(...Array(10).fill(0xff), 0x01),
    // A length where a number stands, and a group.
    bytes((1 << 3) | 0, 1),
    bytes(0xa3, 6, 0xa4, 6),
    // An inner message that ends behind its outer one.
    bytes(0x22, 2, 0x08, 0x80, 0x01),
  ];
  for (const each of wrong) assert.throws(() => decode(cluster, each), RangeError, each.toString('hex'));
});
