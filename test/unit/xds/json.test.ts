import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unpack } from '../../../shared/xds/codec.ts';
import { fromJson, toJson } from '../../../shared/xds/json.ts';
import type { Messages } from '../../../shared/xds/messages.gen.ts';

const bootstrap = 'envoy.config.bootstrap.v3.Bootstrap';
const cluster = 'envoy.config.cluster.v3.Cluster';
const route = 'envoy.config.route.v3.Route';
const filter = 'envoy.config.listener.v3.Filter';
const hcm = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const fault = 'envoy.extensions.filters.http.fault.v3.HTTPFault';
const url = (type: string): string => `type.googleapis.com/${type}`;

/** The message, when there are no problems. */
function read<T extends keyof Messages>(type: T, value: unknown): Messages[T] {
  const { message, problems } = fromJson(type, value);
  assert.deepEqual(problems, []);
  return message;
}
const problemsOf = (type: keyof Messages, value: unknown, at?: string): string[] => fromJson(type, value, at).problems;

test('a message read from JSON has the shape of a decoded one', () => {
  const message = read(cluster, {
    name: 'cart',
    type: 'STRICT_DNS',
    connectTimeout: '0.25s',
    lb_policy: 1,
    circuit_breakers: { thresholds: [{ maxConnections: 10, max_requests: '20', priority: 'DEFAULT' }] },
    ringHashLbConfig: { minimumRingSize: '1024' },
  });
  assert.deepEqual(message, {
    name: 'cart',
    type: 'STRICT_DNS',
    connect_timeout: { seconds: 0, nanos: 250_000_000 },
    lb_policy: 'LEAST_REQUEST',
    circuit_breakers: {
      thresholds: [{ max_connections: { value: 10 }, max_requests: { value: 20 } }],
      per_host_thresholds: [],
    },
    ring_hash_lb_config: { minimum_ring_size: { value: 1024 } },
    health_checks: [],
    typed_extension_protocol_options: {},
  });
});

test('an Any is expanded by its @type, at every depth', () => {
  const message = read(filter, {
    name: 'http',
    typed_config: {
      '@type': url(hcm),
      stat_prefix: 'in',
      http_filters: [
        {
          name: 'fault',
          typed_config: { '@type': url(fault), delay: { fixed_delay: '1s', percentage: { numerator: 20 } } },
        },
      ],
    },
  });
  assert.ok(message.typed_config);
  const [inner] = unpack(hcm, message.typed_config).http_filters;
  assert.ok(inner?.typed_config);
  assert.deepEqual(unpack(fault, inner.typed_config).delay, {
    fixed_delay: { seconds: 1, nanos: 0 },
    percentage: { numerator: 20 },
  });
});

test('problems name the path, what is wrong, and what may have been meant', () => {
  const wrong: [keyof Messages, unknown, string[]][] = [
    [
      bootstrap,
      { static_resources: { clusters: [{ lb_policy: 'FOO' }] } },
      ['static_resources.clusters[0].lb_policy: unknown value "FOO"'],
    ],
    [
      cluster,
      { lb_policy: 'LEAST_REQUESTS' },
      ['lb_policy: unknown value "LEAST_REQUESTS", did you mean "LEAST_REQUEST"?'],
    ],
    [cluster, { lb_policy: 77 }, ['lb_policy: unknown value 77']],
    [cluster, { nmae: 'x' }, ['nmae: unknown field, did you mean "name"?']],
    [cluster, { connectTimeuot: '1s' }, ['connectTimeuot: unknown field, did you mean "connectTimeout"?']],
    [cluster, { zzzzzzzz: 1 }, ['zzzzzzzz: unknown field']],
    [cluster, { original_dst_lb_config: {} }, ['original_dst_lb_config: not supported']],
    [cluster, { originalDstLbConfig: {} }, ['originalDstLbConfig: not supported']],
    [cluster, { name: 7 }, ['name: expected a string, got 7']],
    [cluster, { respect_dns_ttl: 'yes' }, ['respect_dns_ttl: expected true or false, got "yes"']],
    [cluster, { connect_timeout: 5 }, ['connect_timeout: expected a duration in seconds such as "0.25s", got 5']],
    [
      cluster,
      { connect_timeout: '5ms' },
      ['connect_timeout: expected a duration in seconds such as "0.25s", got "5ms"'],
    ],
    [cluster, { health_checks: {} }, ['health_checks: expected a list, got an object']],
    [cluster, { outlier_detection: [] }, ['outlier_detection: expected an object, got a list']],
    [cluster, { health_checks: [null] }, ['health_checks[0]: expected an object, got null']],
    [cluster, 'text', ['expected an object, got "text"']],
    [
      cluster,
      { outlier_detection: { interval: null, consecutive_5xx: -1, max_ejection_percent: 1.5 } },
      [
        'outlier_detection.consecutive_5xx: -1 is out of range: 0 to 4294967295',
        'outlier_detection.max_ejection_percent: expected a whole number, got 1.5',
      ],
    ],
    [
      cluster,
      { ring_hash_lb_config: { minimum_ring_size: '99999999999999999999' } },
      ['ring_hash_lb_config.minimum_ring_size: 99999999999999999999 is out of range: 0 to 9007199254740991'],
    ],
    [
      route,
      { match: { prefix: '/', path: '/a' }, route: {}, redirect: {} },
      [
        'match: both "prefix" and "path" are set; only one of them may be',
        'both "route" and "redirect" are set; only one of them may be',
      ],
    ],
    [
      route,
      { name: 'a', match: {}, response_headers_to_add: [{ header: { key: 'x' }, append: true }] },
      ['response_headers_to_add[0].append: not supported'],
    ],
    [
      cluster,
      { connect_timeout: '1s', connectTimeout: '1s' },
      ['connectTimeout: set twice, also as "connect_timeout"'],
    ],
    [filter, { typed_config: { stat_prefix: 'x' } }, ['typed_config: "@type" is missing']],
    [filter, { typed_config: { '@type': url('a.B'), x: 1 } }, ['typed_config: type a.B is not supported']],
    [
      route,
      { typed_per_filter_config: { 'envoy.fault': { '@type': url(fault), abort: { http_statsu: 503 } } } },
      ['typed_per_filter_config["envoy.fault"].abort.http_statsu: unknown field, did you mean "http_status"?'],
    ],
    [
      route,
      { typed_per_filter_config: JSON.parse('{"__proto__": {}}') },
      ['typed_per_filter_config["__proto__"]: this key is not possible'],
    ],
    [
      'envoy.config.core.v3.DataSource',
      { inline_bytes: 'not base64!' },
      ['inline_bytes: expected bytes in base64, got "not base64!"'],
    ],
  ];
  for (const [type, value, expected] of wrong) assert.deepEqual(problemsOf(type, value), expected);
  assert.deepEqual(problemsOf(cluster, { name: 1 }, 'clusters[3]'), ['clusters[3].name: expected a string, got 1']);
  assert.deepEqual(problemsOf(cluster, 1, 'clusters[3]'), ['clusters[3]: expected an object, got 1']);
});

test('a document nested without end is a problem, not a crash', () => {
  let deep: object = {};
  for (let i = 0; i < 20_000; i++) deep = { and_filter: { filters: [deep] } };
  assert.match(
    problemsOf('envoy.config.accesslog.v3.AccessLogFilter', deep)[0] ?? '',
    /nested deeper than 100 levels$/,
  );
  let struct: object = {};
  for (let i = 0; i < 20_000; i++) struct = { a: struct };
  assert.deepEqual(problemsOf('envoy.config.core.v3.Node', { metadata: struct }), [
    'metadata: nested deeper than 100 levels',
  ]);
});

test('free-form metadata keeps every kind of value', () => {
  assert.deepEqual(problemsOf('envoy.config.core.v3.Node', { metadata: JSON.parse('{"a": [{"__proto__": 1}]}') }), [
    'metadata: the key "__proto__" is not possible',
  ]);
  const metadata = { a: [1, 'x', true, null, { b: {} }], c: -0.5 };
  const node = read('envoy.config.core.v3.Node', { metadata });
  assert.deepEqual(toJson('envoy.config.core.v3.Node', node), { metadata });
});

test('durations keep nanoseconds and their sign', () => {
  const type = 'envoy.service.discovery.v3.Resource';
  for (const ttl of ['0s', '3s', '0.250s', '1.000001s', '-0.500s', '0.000000001s', '315576000000s']) {
    assert.deepEqual(toJson(type, read(type, { ttl })), { ttl });
  }
  assert.deepEqual(read(type, { ttl: '-1.5s' }).ttl, { seconds: -1, nanos: -500_000_000 });
  assert.deepEqual(problemsOf(type, { ttl: '315576000001s' }), ['ttl: 315576000001s is out of range']);
});

test('JSON is written canonically, or with the names of the .proto as Envoy does', () => {
  const message = {
    name: 'x',
    lb_policy: 'ROUND_ROBIN',
    type: 'STATIC',
    ring_hash_lb_config: { minimum_ring_size: { value: 5 } },
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    circuit_breakers: { thresholds: [{ max_requests: { value: 0 } }] },
  } as const;
  assert.deepEqual(toJson(cluster, message), {
    name: 'x',
    type: 'STATIC',
    ringHashLbConfig: { minimumRingSize: '5' },
    commonLbConfig: { healthyPanicThreshold: {} },
    circuitBreakers: { thresholds: [{ maxRequests: 0 }] },
  });
  assert.deepEqual(toJson('envoy.config.core.v3.DataSource', { inline_bytes: Buffer.from([251, 255]) }, 'proto'), {
    inline_bytes: '+/8=',
  });
});

test('an Any that cannot be read keeps its bytes in JSON', () => {
  const bytes = Buffer.from([1, 2]);
  for (const type of ['a.B', cluster]) {
    assert.deepEqual(toJson(filter, { typed_config: { type_url: url(type), value: bytes } }), {
      typedConfig: { '@type': url(type), value: 'AQI=' },
    });
  }
  assert.deepEqual(toJson(filter, { name: 'f', typed_config: {} }), { name: 'f', typedConfig: {} });
});
