import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, pack, typeOf, unpack } from '../../../shared/xds/codec.ts';
import { fromMs, toMs } from '../../../shared/xds/duration.ts';
import { CLUSTER, ENDPOINT, FAULT_ASSIGNMENT, nameOf, urlOf } from '../../../shared/xds/type-url.ts';

const cluster = 'envoy.config.cluster.v3.Cluster';
const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

test('what is not set is absent after decoding, but lists and maps are always there', () => {
  const decoded = decode(cluster, encode(cluster, { name: 'cart' }));
  assert.deepEqual(decoded, { name: 'cart', health_checks: [], typed_extension_protocol_options: {} });
});

test('durations, wrappers, enums and 64-bit integers are plain values', () => {
  const input = {
    type: 'EDS',
    lb_policy: 'LEAST_REQUEST',
    connect_timeout: fromMs(250),
    ring_hash_lb_config: { minimum_ring_size: { value: 2 ** 40 } },
    circuit_breakers: { thresholds: [{ priority: 'HIGH', max_requests: { value: 0 } }] },
  } as const;
  const decoded = decode(cluster, encode(cluster, input));
  assert.equal(decoded.type, 'EDS');
  assert.equal(decoded.lb_policy, 'LEAST_REQUEST');
  assert.deepEqual(decoded.connect_timeout, { seconds: 0, nanos: 250_000_000 });
  assert.equal(decoded.ring_hash_lb_config?.minimum_ring_size?.value, 2 ** 40);
  const [thresholds] = decoded.circuit_breakers?.thresholds ?? [];
  assert.equal(thresholds?.priority, 'HIGH');
  assert.deepEqual(thresholds?.max_requests, { value: 0 }, 'a wrapper that holds 0 is set');
  assert.equal(thresholds?.max_pending_requests, undefined);
});

test('a member of a oneof that has its default is still set', () => {
  const type = 'envoy.config.core.v3.DataSource';
  assert.equal(decode(type, encode(type, { inline_string: '' })).inline_string, '');
  assert.equal(decode(cluster, encode(cluster, { type: 'STATIC' })).type, 'STATIC');
});

test('repeated numbers are packed, as proto3 sends them', () => {
  const bytes = encode('envoy.config.route.v3.RetryPolicy', { retriable_status_codes: [1, 2, 3] });
  assert.deepEqual([...bytes], [(7 << 3) | 2, 3, 1, 2, 3]);
});

test('equal messages have equal bytes, in whatever order they were written', () => {
  const one = encode(cluster, {
    name: 'a',
    metadata: { typed_filter_metadata: { a: { type_url: 'x' }, b: {} } },
    lb_policy: 'ROUND_ROBIN',
    health_checks: [],
    connect_timeout: undefined,
  });
  const other = encode(cluster, { metadata: { typed_filter_metadata: { b: {}, a: { type_url: 'x' } } }, name: 'a' });
  assert.deepEqual(one, other);
});

test('a misspelt name, an enum value that is none, and two members of a oneof are bugs, not silence', () => {
  // @ts-expect-error: the compiler sees it too
  assert.throws(() => encode(cluster, { nme: 'a' }), { message: `${cluster} has no field nme` });
  // @ts-expect-error: likewise
  assert.throws(() => encode(cluster, { lb_policy: 'NOPE' }), /lb_policy: NOPE is no/);
  assert.throws(
    () => encode(cluster, { ring_hash_lb_config: {}, maglev_lb_config: {} }),
    /both ring_hash_lb_config and maglev_lb_config/,
  );
});

test('Any carries a message with its type', () => {
  const any = pack(options, { explicit_http_config: { http2_protocol_options: {} } });
  assert.equal(any.type_url, `type.googleapis.com/${options}`);
  assert.equal(typeOf(any), options);
  const inside = decode(cluster, encode(cluster, { typed_extension_protocol_options: { [options]: any } }));
  const again = inside.typed_extension_protocol_options[options];
  assert.deepEqual(again && unpack(options, again), { explicit_http_config: { http2_protocol_options: {} } });
  assert.throws(() => unpack(cluster, any), { message: `expected ${cluster}, got ${options}` });
  assert.equal(typeOf({ type_url: 'example.org/deep/path/a.B', value: Buffer.alloc(0) }), 'a.B');
  assert.equal(typeOf({ type_url: '', value: Buffer.alloc(0) }), '');
});

test('type URLs name the resource types', () => {
  assert.equal(CLUSTER, 'type.googleapis.com/envoy.config.cluster.v3.Cluster');
  assert.equal(ENDPOINT, 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment');
  assert.equal(FAULT_ASSIGNMENT, urlOf('aya.v1.FaultAssignment'));
  assert.equal(nameOf(FAULT_ASSIGNMENT), 'aya.v1.FaultAssignment');
});

test('durations convert to milliseconds and back', () => {
  assert.equal(toMs(undefined), undefined);
  assert.equal(toMs({ seconds: 0, nanos: 0 }), 0);
  assert.equal(toMs({ seconds: 1, nanos: 500_000 }), 1000.5);
  assert.deepEqual(fromMs(1500), { seconds: 1, nanos: 500_000_000 });
  assert.deepEqual(fromMs(-1500), { seconds: -1, nanos: -500_000_000 });
  assert.deepEqual(fromMs(999.999_999_9), { seconds: 1, nanos: 0 });
});
