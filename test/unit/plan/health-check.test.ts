import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../../../shared/xds/codec.ts';
import { fromJson } from '../../../shared/xds/json.ts';
import { CLUSTER } from '../../../shared/xds/type-url.ts';
import { cluster } from '../../../sidecar/plan/cluster.ts';
import { endpointColumns } from '../../../sidecar/plan/endpoint-columns.ts';
import { endpointRows } from '../../../sidecar/plan/endpoints.ts';
import { allOf, Place } from '../../../sidecar/plan/place.ts';
import { readResource } from '../../../sidecar/plan/resource.ts';

const required = { timeout: '1s', interval: '5s', unhealthy_threshold: 3, healthy_threshold: 2 };
const type = 'envoy.config.cluster.v3.Cluster';

function read(check: object, commands = false) {
  const { message, problems } = fromJson(type, { name: 'cart', health_checks: [{ ...required, ...check }] });
  assert.deepEqual(problems, []);
  const place = new Place('');
  const { plan } = cluster(message, place, commands);
  return { check: plan.healthCheck, problems: allOf(place.findings) };
}

test("a health check has Envoy's defaults", () => {
  const { check, problems } = read({ http_health_check: { path: '/healthz' } });
  assert.deepEqual(problems, []);
  assert.deepEqual(check, {
    timeout: 1000,
    interval: 5000,
    initialJitter: 0,
    intervalJitter: 0,
    intervalJitterPercent: 0,
    unhealthyThreshold: 3,
    healthyThreshold: 2,
    noTrafficInterval: 60_000,
    noTrafficHealthyInterval: 60_000,
    unhealthyInterval: 5000,
    unhealthyEdgeInterval: 5000,
    healthyEdgeInterval: 5000,
    reuseConnection: true,
    logFailures: false,
    logSuccesses: false,
    tls: null,
    probe: {
      kind: 'http',
      http2: false,
      host: '',
      path: '/healthz',
      method: 'GET',
      headers: [],
      remove: [],
      expected: [{ start: 200, end: 201 }],
      retriable: [],
      receive: [],
      responseBuffer: 1024,
    },
  });
});

test('intervals that are not given follow those that are', () => {
  const { check } = read({ tcp_health_check: {}, unhealthy_interval: '7s', no_traffic_interval: '9s' });
  assert.deepEqual(
    [check?.unhealthyEdgeInterval, check?.healthyEdgeInterval, check?.noTrafficHealthyInterval],
    [7000, 5000, 9000],
  );
});

test('bytes may be given as hexadecimal or as they are', () => {
  const binary = Buffer.from('PONG').toString('base64');
  const { check } = read({ tcp_health_check: { send: { text: '50494E47' }, receive: [{ binary }] } });
  assert.deepEqual(check?.probe, { kind: 'tcp', send: '50494e47', receive: ['504f4e47'] });
});

describe('a health check is refused with the path of the field', () => {
  const command = (...words: string[]): object => ({
    name: 'command',
    typed_config: { '@type': 'type.googleapis.com/aya.v1.CommandHealthCheck', command: words },
  });
  const at = 'health_checks[0]';
  const cases: readonly [string, object, string, boolean?][] = [
    ['no checker', {}, `${at}: one of http_health_check, tcp_health_check, grpc_health_check is required`],
    ['no path', { http_health_check: {} }, `${at}.http_health_check.path: is required`],
    [
      'a path with a line break',
      { http_health_check: { path: '/a\r\nb' } },
      `${at}.http_health_check.path: holds a character that a request target must not have: percent-encode it`,
    ],
    [
      'HTTP/3',
      { http_health_check: { path: '/', codec_client_type: 'HTTP3' } },
      `${at}.http_health_check.codec_client_type: not supported yet (HTTP3)`,
    ],
    [
      'statuses that are none',
      { http_health_check: { path: '/', expected_statuses: [{ start: 200, end: 700 }] } },
      `${at}.http_health_check.expected_statuses[0]: 200 to 700: must be a half-open range from 100 to 600`,
    ],
    [
      'bytes that are none',
      { tcp_health_check: { send: { text: 'PING' } } },
      `${at}.tcp_health_check.send.text: "PING" is no hexadecimal`,
    ],
    [
      'nothing to be received',
      { tcp_health_check: { receive: [{}] } },
      `${at}.tcp_health_check.receive[0]: is empty: it would be found in anything`,
    ],
    ['no time', { tcp_health_check: {}, timeout: '0s' }, `${at}.timeout: must be more than 0s`],
    [
      'a command without a program',
      { custom_health_check: command() },
      `${at}.custom_health_check.typed_config.command: is required`,
      true,
    ],
    [
      'a command that did not come from a bootstrap file',
      { custom_health_check: command('true') },
      `${at}.custom_health_check.typed_config: a command is taken from a bootstrap file only`,
    ],
    [
      'another extension',
      { custom_health_check: { name: 'x' } },
      `${at}.custom_health_check.typed_config: not supported yet (nothing, expected aya.v1.CommandHealthCheck)`,
    ],
  ];
  for (const [name, check, problem, commands] of cases) {
    test(name, () => assert.deepEqual(read(check, commands).problems, [problem]));
  }

  test('a command from a control plane, even when it is lenient', () => {
    const { message } = fromJson(type, {
      name: 'cart',
      health_checks: [{ ...required, custom_health_check: command('true') }],
    });
    const { resource, problems } = readResource(CLUSTER, 'cart', encode(type, message), true);
    assert.equal(resource, undefined);
    assert.match(problems[0] ?? '', /a command is taken from a bootstrap file only/);
  });
});

test('an endpoint may be checked elsewhere, or not at all', () => {
  const { message, problems } = fromJson('envoy.config.endpoint.v3.ClusterLoadAssignment', {
    endpoints: [
      {
        lb_endpoints: [
          {},
          { health_check_config: { port_value: 9000, hostname: 'health.test' } },
          { health_check_config: { disable_active_health_check: true } },
        ].map((more, index) => ({
          endpoint: { address: { socket_address: { address: '10.0.0.1', port_value: 80 + index } }, ...more },
        })),
      },
    ],
  });
  assert.deepEqual(problems, []);
  const plan = endpointColumns('cart', endpointRows(message, 'ip', new Place('')), [1, 2, 3]);
  assert.deepEqual(plan.checks, [
    null,
    { port: 9000, hostname: 'health.test', disabled: false },
    { port: 0, hostname: '', disabled: true },
  ]);
});
