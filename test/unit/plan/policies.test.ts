import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromJson } from '../../../shared/xds/json.ts';
import type { Messages } from '../../../shared/xds/messages.gen.ts';
import { FLAG } from '../../../sidecar/core/slots.ts';
import { accessLog } from '../../../sidecar/plan/access-log.ts';
import { cluster, serviceOf } from '../../../sidecar/plan/cluster.ts';
import { endpointRows } from '../../../sidecar/plan/endpoints.ts';
import { faultAssignment, httpFault } from '../../../sidecar/plan/fault.ts';
import { routeMatch } from '../../../sidecar/plan/match.ts';
import { allOf, Place } from '../../../sidecar/plan/place.ts';
import { virtualHost } from '../../../sidecar/plan/route.ts';

/** Reads a message from JSON and resolves it; fails on any problem. */
function read<T extends keyof Messages, V>(
  type: T,
  json: object,
  resolve: (message: Messages[T], place: Place) => V,
): V {
  const { value, problems } = tryRead(type, json, resolve);
  assert.deepEqual(problems, []);
  return value;
}

function tryRead<T extends keyof Messages, V>(
  type: T,
  json: object,
  resolve: (message: Messages[T], place: Place) => V,
) {
  const { message, problems } = fromJson(type, json);
  assert.deepEqual(problems, []);
  const place = new Place('');
  const value = resolve(message, place);
  return { value, problems: allOf(place.findings) };
}

const type = (name: string): string => `type.googleapis.com/${name}`;
const CLUSTER = 'envoy.config.cluster.v3.Cluster';
const VHOST = 'envoy.config.route.v3.VirtualHost';

test("outlier detection has Envoy's defaults, and Aya's rule only for clusters of ours", () => {
  const plain = read(CLUSTER, { name: 'a', outlier_detection: {} }, cluster).plan;
  assert.deepEqual(plain.outlier, {
    consecutive5xx: 5,
    enforcingConsecutive5xx: 100,
    consecutiveGatewayFailure: 5,
    enforcingConsecutiveGatewayFailure: 0,
    splitLocalOrigin: false,
    consecutiveLocalOriginFailure: 5,
    enforcingConsecutiveLocalOriginFailure: 100,
    interval: 10_000,
    baseEjectionTime: 30_000,
    maxEjectionTime: 300_000,
    maxEjectionTimeJitter: 0,
    maxEjectionPercent: 10,
    alwaysEjectOne: false,
    neverEjectAll: false,
    successRate: { minimumHosts: 5, requestVolume: 100, stdevFactor: 1900, enforcing: 100, enforcingLocalOrigin: 100 },
    failurePercentage: { threshold: 85, minimumHosts: 5, requestVolume: 50, enforcing: 0, enforcingLocalOrigin: 0 },
    passedCheckReturns: true,
  });
  const metadata = {
    typed_filter_metadata: { 'aya.dev': { '@type': type('aya.v1.ClusterOptions'), retry_budget: { percent: 20 } } },
  };
  const ours = read(CLUSTER, { name: 'a', outlier_detection: { always_eject_one_host: true }, metadata }, cluster).plan;
  assert.equal(ours.outlier?.neverEjectAll, true);
  assert.equal(ours.outlier?.alwaysEjectOne, true);
  assert.deepEqual(ours.limits.retryBudget, { percent: 20, minPerSecond: 0, interval: 10_000 });
});

test("Envoy's retry budget keeps its own meaning and defaults", () => {
  const { limits } = read(
    CLUSTER,
    { name: 'a', circuit_breakers: { thresholds: [{ retry_budget: {} }] } },
    cluster,
  ).plan;
  assert.deepEqual(limits.envoyRetryBudget, { percent: 20, minConcurrency: 3 });
});

test('the service of a cluster is what faults are assigned to', () => {
  assert.equal(serviceOf('cart.shop:80'), 'cart.shop');
  assert.equal(serviceOf('cart.shop:80/v2'), 'cart.shop');
  assert.equal(serviceOf('inbound'), 'inbound');
});

test("a route's retry policy replaces its virtual host's, and has Envoy's meaning unless it carries Aya's options", () => {
  const host = read(
    VHOST,
    {
      name: 'a',
      domains: ['a'],
      retry_policy: { retry_on: '5xx', num_retries: 3 },
      routes: [
        { match: { prefix: '/own' }, route: { cluster: 'c', retry_policy: { retry_on: 'reset' } } },
        { match: { prefix: '/' }, route: { cluster: 'c' } },
        {
          match: { prefix: '/' },
          route: {
            cluster: 'c',
            retry_policy: {
              retry_on: 'retriable-status-codes,connect-failure',
              retriable_status_codes: [429],
              retry_back_off: { base_interval: '0.1s' },
              retry_host_predicate: [
                {
                  name: 'p',
                  typed_config: {
                    '@type': type('envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate'),
                  },
                },
              ],
            },
          },
          metadata: {
            typed_filter_metadata: {
              'aya.dev': { '@type': type('aya.v1.RouteOptions'), retry: { non_idempotent: true } },
            },
          },
        },
      ],
    },
    virtualHost,
  );
  const retries = host.routes.map(({ action }) => (action.kind === 'forward' ? action.retry : undefined));
  assert.deepEqual(retries[0], {
    attempts: 1,
    on: ['reset'],
    statusCodes: [],
    perTryTimeout: 0,
    perTryIdleTimeout: 0,
    hedgeAfter: 0,
    headers: [],
    rateLimited: null,
    backoffBase: 25,
    backoffMax: 250,
    avoidTried: false,
    hostSelectionAttempts: 1,
    classes: false,
    nonIdempotent: false,
  });
  assert.equal(retries[1]?.attempts, 3);
  assert.deepEqual(retries[1]?.on, ['5xx']);
  assert.deepEqual([retries[2]?.classes, retries[2]?.nonIdempotent, retries[2]?.avoidTried], [true, true, true]);
  assert.deepEqual([retries[2]?.backoffBase, retries[2]?.backoffMax, retries[2]?.statusCodes], [100, 1_000, [429]]);
});

test('per-filter settings of route configuration, virtual host and route keep apart', () => {
  const fault = (percent: number) => ({
    'envoy.filters.http.fault': {
      '@type': type('envoy.extensions.filters.http.fault.v3.HTTPFault'),
      abort: { http_status: 503, percentage: { numerator: percent } },
    },
  });
  const host = read(
    VHOST,
    {
      name: 'a',
      domains: ['A'],
      typed_per_filter_config: fault(10),
      routes: [{ match: { prefix: '/' }, route: { cluster: 'c' }, typed_per_filter_config: fault(20) }],
    },
    virtualHost,
  );
  assert.deepEqual(host.domains, ['a']);
  const percents = [host, host.routes[0]].map((each) => {
    const fault = each?.filterConfig['envoy.filters.http.fault'];
    return typeof fault === 'object' && 'abort' in fault ? fault.abort?.percent : fault;
  });
  assert.deepEqual(percents, [10, 20]);
});

test('matches: every form of path, header and query', () => {
  const match = (json: object) => read('envoy.config.route.v3.RouteMatch', json, routeMatch);
  assert.deepEqual(match({ path: '/a' }).path, { kind: 'exact', value: '/a' });
  assert.deepEqual(match({ path_separated_prefix: '/a' }).path, { kind: 'segments', value: '/a' });
  assert.deepEqual(match({ safe_regex: { regex: '/a.*' } }).path, { kind: 'regex', value: '/a.*' });
  const full = match({
    prefix: '/',
    case_sensitive: false,
    runtime_fraction: { default_value: { numerator: 25, denominator: 'TEN_THOUSAND' } },
    headers: [
      { name: 'X-A', string_match: { exact: 'v', ignore_case: true } },
      { name: 'x-b', range_match: { start: '1', end: '10' }, invert_match: true },
      { name: 'x-c' },
      { name: 'x-d', present_match: false },
      { name: 'x-e', exact_match: 'old' },
      { name: 'x-f', contains_match: 'old', treat_missing_header_as_empty: true },
    ],
    query_parameters: [{ name: 'q', string_match: { prefix: 'p' } }, { name: 'r' }],
  });
  assert.equal(full.caseSensitive, false);
  assert.equal(full.percent, 0.25);
  assert.deepEqual(
    full.headers.map((each) => each.test),
    [
      { kind: 'exact', value: 'v', ignoreCase: true },
      { kind: 'range', start: 1, end: 10 },
      { kind: 'present', present: true },
      { kind: 'present', present: false },
      { kind: 'exact', value: 'old', ignoreCase: false },
      { kind: 'contains', value: 'old', ignoreCase: false },
    ],
  );
  assert.deepEqual(
    [full.headers[0]?.name, full.headers[1]?.invert, full.headers[5]?.missingAsEmpty],
    ['x-a', true, true],
  );
  assert.deepEqual(full.query[1]?.test, { kind: 'present', present: true });
});

test('a fault without a percentage never happens, as in Envoy; a gRPC status travels in a 200', () => {
  const plan = read(
    'envoy.extensions.filters.http.fault.v3.HTTPFault',
    { delay: { fixed_delay: '0.3s' }, abort: { grpc_status: 14, percentage: { numerator: 5 } } },
    httpFault,
  );
  assert.deepEqual(plan.delay, { percent: 0, fixed: 300 });
  assert.deepEqual(plan.abort, { percent: 5, status: 200, grpcStatus: 14 });
});

test('an assigned fault answers gRPC callers with its status and others with one of HTTP', () => {
  const plan = read(
    'aya.v1.FaultAssignment',
    {
      rules: [
        { policy: 'shop/slow', at: 'REQUEST', max_active: 5, delay: { percentage: { numerator: 20 }, fixed: '0.1s' } },
        { policy: 'shop/bad', abort: { percentage: { numerator: 1 }, grpc_status: 14 } },
      ],
    },
    (message, place) => faultAssignment('cart.shop', message, place),
  );
  assert.equal(plan.service, 'cart.shop');
  assert.deepEqual([plan.rules[0]?.at, plan.rules[0]?.maxActive, plan.rules[0]?.delay?.fixed], ['request', 5, 100]);
  assert.deepEqual(plan.rules[1]?.abort, { percent: 1, status: 503, grpcStatus: 14 });
});

test('health from discovery becomes flags: the unhealthy and the leaving are kept out', () => {
  const address = { socket_address: { address: '10.0.0.1', port_value: 80 } };
  const rows = read(
    'envoy.config.endpoint.v3.ClusterLoadAssignment',
    {
      cluster_name: 'a',
      endpoints: [
        {
          priority: 1,
          locality: { zone: 'z' },
          lb_endpoints: ['HEALTHY', 'UNHEALTHY', 'DRAINING', 'TIMEOUT', 'DEGRADED'].map((health_status) => ({
            endpoint: { address },
            health_status,
            load_balancing_weight: 7,
          })),
        },
      ],
    },
    (message, place) => endpointRows(message, 'ip', place),
  );
  assert.deepEqual(
    rows.map((each) => each.flags),
    [0, FLAG.unhealthy, FLAG.draining, FLAG.unhealthy, FLAG.degraded],
  );
  assert.deepEqual([rows[0]?.priority, rows[0]?.weight], [1, 7]);
  assert.deepEqual(rows[4]?.locality, { region: '', zone: 'z', subZone: '', weight: 0 });
});

test("an access log is Envoy's text unless it asks for JSON, and may be for errors only", () => {
  const log = (config: object, filter?: object) =>
    read(
      'envoy.config.accesslog.v3.AccessLog',
      {
        ...(filter && { filter }),
        typed_config: { '@type': type('envoy.extensions.access_loggers.file.v3.FileAccessLog'), path: '/x', ...config },
      },
      accessLog,
    );
  assert.equal(log({})?.format.kind, 'text');
  assert.deepEqual(log({ log_format: { json_format: {} } })?.format, { kind: 'json' });
  assert.deepEqual(log({ log_format: { text_format_source: { inline_string: '%PROTOCOL%\n' } } })?.format, {
    kind: 'text',
    text: '%PROTOCOL%\n',
  });
  const errors = {
    or_filter: {
      filters: [
        { status_code_filter: { comparison: { op: 'GE', value: { default_value: 500, runtime_key: 'x' } } } },
        { response_flag_filter: {} },
      ],
    },
  };
  assert.equal(log({}, errors)?.only, 'errors');
});
