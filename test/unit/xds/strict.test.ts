import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, pack } from '../../../shared/xds/codec.ts';
import { scan } from '../../../shared/xds/strict.ts';

const cluster = 'envoy.config.cluster.v3.Cluster';
const hcm = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const listener = 'envoy.config.listener.v3.Listener';

/** A field on the wire: numbers as varint, bytes with their length. */
function field(number: number, value: number | Buffer): Buffer {
  return typeof value === 'number'
    ? Buffer.concat([varint(number * 8), varint(value)])
    : Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);
}
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

test('a message of supported fields has nothing to say', () => {
  assert.deepEqual(scan(cluster, Buffer.alloc(0)), []);
  const full = encode(cluster, {
    name: 'cart',
    type: 'EDS',
    outlier_detection: { consecutive_5xx: { value: 3 }, always_eject_one_host: { value: true } },
    metadata: {
      typed_filter_metadata: { 'aya.dev': pack('aya.v1.ClusterOptions', { retry_budget: { percent: 20 } }) },
    },
  });
  assert.deepEqual(scan(cluster, full), []);
  assert.deepEqual(
    scan(
      'envoy.config.route.v3.RetryPolicy',
      encode('envoy.config.route.v3.RetryPolicy', { retriable_status_codes: [500, 70_000] }),
    ),
    [],
  );
});

test('a field that Envoy has and Aya has not is named with its path', () => {
  const outlier = field(19, Buffer.concat([field(1, field(1, 3)), field(24, Buffer.alloc(0))]));
  assert.deepEqual(scan(cluster, outlier), ['outlier_detection.monitors: not supported']);
});

test('a number that nobody knows, an enum value that nobody knows', () => {
  assert.deepEqual(scan(cluster, field(900, 5)), ['unknown field number 900']);
  assert.deepEqual(scan(cluster, field(19, field(900, 5))), ['outlier_detection: unknown field number 900']);
  assert.deepEqual(scan(cluster, field(6, 9)), ['lb_policy: unknown value 9']);
});

test('the scan goes into Any, map entries and lists, and says where it was', () => {
  const manager = Buffer.concat([encode(hcm, { stat_prefix: 'in' }), field(7, Buffer.alloc(0))]);
  const typed_config = { type_url: `type.googleapis.com/${hcm}`, value: manager };
  const chains = [{ filters: [{ name: 'none' }] }, { filters: [{ name: 'http', typed_config }] }];
  const bytes = encode(listener, { filter_chains: chains });
  assert.deepEqual(scan(listener, bytes), ['filter_chains[1].filters[0].typed_config.tracing: not supported']);
  const route = encode('envoy.config.route.v3.Route', {
    typed_per_filter_config: { fault: { type_url: 'type.googleapis.com/a.B', value: Buffer.from([1]) } },
  });
  assert.deepEqual(scan('envoy.config.route.v3.Route', route), [
    'typed_per_filter_config["fault"]: type a.B is not supported',
  ]);
});

test('the same field of many elements is said once', () => {
  const endpoint = field(2, field(77, 1));
  const bytes = field(2, Buffer.concat([endpoint, endpoint, endpoint]));
  assert.deepEqual(scan('envoy.config.endpoint.v3.ClusterLoadAssignment', bytes), [
    'endpoints[0].lb_endpoints[0]: unknown field number 77',
  ]);
});

test('a flood of problems is cut short', () => {
  const bytes = Buffer.concat(Array.from({ length: 500 }, (_, i) => field(1000 + i, 1)));
  const problems = scan(cluster, bytes);
  assert.equal(problems.length, 51);
  assert.equal(problems[50], 'and perhaps more than these 50');
});

test('bytes that are no such message are a problem with the offset', () => {
  const cases: [Buffer, string][] = [
    [Buffer.from([0x0a]), 'malformed at byte 1'],
    [Buffer.from([0x0a, 0x05, 0x61]), 'malformed at byte 2'],
    [Buffer.from([0x0b]), 'name: wire type 3 does not fit string'],
    [Buffer.from([0x08, 0x01]), 'name: wire type 0 does not fit string'],
    [field(6, Buffer.from('x')), 'lb_policy: wire type 2 does not fit envoy.config.cluster.v3.Cluster.LbPolicy'],
    [Buffer.alloc(11, 0xff), 'malformed at byte 0'],
    [field(19, Buffer.from([0x0a, 0x7f])), 'outlier_detection: malformed at byte 5'],
  ];
  for (const [bytes, problem] of cases) assert.deepEqual(scan(cluster, bytes), [problem]);
});

test('a message nested without end is a problem, not a crash', () => {
  let bytes: Buffer = Buffer.alloc(0);
  for (let i = 0; i < 5_000; i++) bytes = field(6, field(1, bytes));
  const problems = scan('envoy.config.accesslog.v3.AccessLogFilter', bytes);
  assert.match(problems[0] ?? '', /nested deeper than 100 levels$/);
});

test('a map entry without a value is a problem, since decoding would stumble over it', () => {
  const bytes = field(36, field(1, Buffer.from('a')));
  assert.deepEqual(scan(cluster, bytes), ['typed_extension_protocol_options: key "a" has no value']);
});

test('a field beside the two of Any, or beside key and value of a map, is named too', () => {
  const any = field(3, Buffer.from('x'));
  assert.deepEqual(scan('envoy.config.listener.v3.Filter', field(4, any)), ['typed_config: unknown field number 3']);
  const entry = Buffer.concat([field(1, Buffer.from('a')), field(2, Buffer.alloc(0)), field(7, Buffer.from('x'))]);
  assert.deepEqual(scan(cluster, field(36, entry)), ['typed_extension_protocol_options: unknown field number 7']);
});
