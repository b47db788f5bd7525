import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBootstrap, validateBootstrap } from '../../../sidecar/plan/bootstrap-file.ts';

type Json = { [key: string]: unknown };

const type = (name: string): string => `type.googleapis.com/${name}`;
const socket = (port: number, address = '127.0.0.1'): Json => ({ socket_address: { address, port_value: port } });
const router = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': type('envoy.extensions.filters.http.router.v3.Router') },
};

/** A bootstrap that is whole; `change` may edit its parts before it is read. */
function bootstrap(change: (parts: Parts) => void = () => {}): string {
  const parts = {
    route: { match: { prefix: '/' }, route: { cluster: 'back' } } as Json,
    host: { name: 'all', domains: ['*'] } as Json,
    manager: {
      '@type': type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: 'in',
      http_filters: [router],
    } as Json,
    listener: { name: 'in', address: socket(8080) } as Json,
    chain: {} as Json,
    cluster: { name: 'back', connect_timeout: '1s' } as Json,
    root: { node: { id: 'n', cluster: 'c' }, admin: { address: socket(0) } } as Json,
  };
  parts.host.routes = [parts.route];
  parts.manager.route_config = { name: 'local', virtual_hosts: [parts.host] };
  parts.chain.filters = [{ name: 'hcm', typed_config: parts.manager }];
  parts.listener.filter_chains = [parts.chain];
  parts.cluster.load_assignment = {
    cluster_name: 'back',
    endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(9000) } }] }],
  };
  parts.root.static_resources = { listeners: [parts.listener], clusters: [parts.cluster] };
  change(parts);
  return JSON.stringify(parts.root);
}

interface Parts {
  route: Json;
  host: Json;
  manager: Json;
  listener: Json;
  chain: Json;
  cluster: Json;
  root: Json;
}

const problemsOf = (change: (parts: Parts) => void): string[] => validateBootstrap(bootstrap(change), 'b.json');
const L = 'static_resources.listeners[0]';
const H = `${L}.filter_chains[0].filters[0].typed_config`;
const V = `${H}.route_config.virtual_hosts[0]`;
const R = `${V}.routes[0]`;
const C = 'static_resources.clusters[0]';

test('a whole bootstrap has no problems, and its pieces have the defaults of Envoy', () => {
  const { findings, listeners, clusters, admin, ads, node } = readBootstrap(bootstrap(), 'b.json');
  assert.deepEqual(findings, { wrong: [], unsupported: [] });
  assert.deepEqual(admin, { host: '127.0.0.1', port: 0 });
  assert.equal(ads, null);
  assert.equal(node.id, 'n');
  const [first] = listeners;
  const filter = first?.listener.chains[0]?.filter;
  assert.ok(first && filter?.kind === 'http');
  const { http } = filter;
  const [routes] = first.routes;
  assert.equal(http.routeConfig, routes?.config.name);
  assert.deepEqual(first.listener.sniff, { tls: false, http: false, timeout: 15_000, continueOnTimeout: false });
  assert.equal(http.maxHeadBytes, 60 * 1024);
  assert.equal(http.maxHeaders, 100);
  assert.equal(http.streamIdleTimeout, 300_000);
  assert.equal(http.idleTimeout, 3_600_000);
  assert.equal(http.headersTimeout, 0);
  assert.equal(http.drainTimeout, 5_000);
  assert.equal(http.generateRequestId, true);
  assert.equal(http.useRemoteAddress, false);
  const action = routes?.config.virtualHosts[0]?.routes[0]?.action;
  assert.ok(action?.kind === 'forward');
  assert.equal(action.timeout, 15_000);
  assert.equal(action.retry, null);
  assert.equal(action.bufferLimit, 1 << 20);
  assert.equal(action.clusterNotFoundStatus, 503);
  const plan = clusters[0]?.plan;
  assert.deepEqual(plan?.balancer, { kind: 'round-robin' });
  assert.deepEqual(plan?.limits, {
    maxConnections: 1024,
    maxPendingRequests: 1024,
    maxRequests: 1024,
    maxRetries: 3,
    maxConnectionsPerEndpoint: 2_147_483_647,
    trackRemaining: false,
    envoyRetryBudget: null,
    retryBudget: null,
  });
  assert.equal(plan?.connectTimeout, 1_000);
  assert.equal(plan?.idleTimeout, 3_600_000);
  assert.equal(plan?.panicThreshold, 50);
  assert.equal(plan?.outlier, null);
});

test('YAML reads like JSON, and a syntax error names line and column', () => {
  const yaml = 'admin:\n  address:\n    socket_address: {address: 127.0.0.1, port_value: 15000}\n';
  assert.deepEqual(readBootstrap(yaml, 'b.yaml').admin, { host: '127.0.0.1', port: 15_000 });
  assert.match(validateBootstrap('admin: {\n  x', 'b.yaml')[0] ?? '', /^b\.yaml:\d+:\d+: /);
});

/** What is refused, by which line. */
const refused: [string, (parts: Parts) => void, string][] = [
  ['an unknown field', ({ cluster }) => (cluster.naem = 'x'), `${C}.naem: unknown field, did you mean "name"?`],
  [
    'a field of Envoy that Aya does not have',
    ({ cluster }) => (cluster.cluster_type = {}),
    `${C}.cluster_type: not supported`,
  ],
  ['an unknown enum value', ({ cluster }) => (cluster.lb_policy = 'FOO'), `${C}.lb_policy: unknown value "FOO"`],
  [
    'a policy that is not built yet',
    ({ cluster }) => (cluster.lb_policy = 'CLUSTER_PROVIDED'),
    `${C}.lb_policy: not supported yet (CLUSTER_PROVIDED)`,
  ],
  [
    'a downstream transport socket',
    ({ chain }) => (chain.transport_socket = { name: 'tls' }),
    `${L}.filter_chains[0].transport_socket: not supported yet`,
  ],
  [
    'two filter chains for the same connections',
    ({ listener, chain }) => (listener.filter_chains = [chain, chain]),
    `${L}.filter_chains[1].filter_chain_match: has a condition of filter_chains[0]`,
  ],
  [
    'a filter chain without a filter',
    ({ listener, chain }) => (listener.filter_chains = [chain, { filter_chain_match: { server_names: ['a'] } }]),
    `${L}.filter_chains[1].filters: one is required`,
  ],
  [
    'a server name that is no name',
    ({ chain }) => (chain.filter_chain_match = { server_names: ['a.*'] }),
    `${L}.filter_chains[0].filter_chain_match.server_names[0]: "a.*": a name, or *.SUFFIX`,
  ],
  ['a listener without chains', ({ listener }) => (listener.filter_chains = []), `${L}.filter_chains: one is required`],
  [
    'a name for an address',
    ({ listener }) => (listener.address = socket(1, 'localhost')),
    `${L}.address.socket_address.address: "localhost" is no IP address`,
  ],
  [
    'a port that is none',
    ({ listener }) => (listener.address = socket(70_000)),
    `${L}.address.socket_address.port_value: 70000 is no port`,
  ],
  [
    'a TCP proxy without a cluster',
    ({ chain }) =>
      (chain.filters = [
        { typed_config: { '@type': type('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'), stat_prefix: 'x' } },
      ]),
    `${L}.filter_chains[0].filters[0].typed_config: one of cluster or weighted_clusters is required`,
  ],
  [
    'original_dst',
    ({ listener }) =>
      (listener.listener_filters = [
        { name: 'x', typed_config: { '@type': type('envoy.extensions.filters.listener.original_dst.v3.OriginalDst') } },
      ]),
    `${L}.listener_filters[0]: not supported yet (envoy.extensions.filters.listener.original_dst.v3.OriginalDst)`,
  ],
  [
    'no router',
    ({ manager }) => (manager.http_filters = []),
    `${H}.http_filters: the last filter must be a envoy.extensions.filters.http.router.v3.Router`,
  ],
  [
    'a filter that we do not have',
    ({ manager }) =>
      (manager.http_filters = [
        { name: 'x', typed_config: { '@type': type('envoy.extensions.filters.http.rbac.v3.RBAC') } },
        router,
      ]),
    `${H}.http_filters[0].typed_config: type envoy.extensions.filters.http.rbac.v3.RBAC is not supported`,
  ],
  ['HTTP/3', ({ manager }) => (manager.codec_type = 'HTTP3'), `${H}.codec_type: not supported yet (HTTP3)`],
  [
    'an upgrade to HTTP/2',
    ({ manager }) => (manager.upgrade_configs = [{ upgrade_type: 'h2c' }]),
    `${H}.upgrade_configs[0].upgrade_type: not supported yet (h2c)`,
  ],
  [
    'CONNECT on an ordinary route',
    ({ route }) =>
      (route.route = { cluster: 'back', upgrade_configs: [{ upgrade_type: 'CONNECT', connect_config: {} }] }),
    `${R}.route.upgrade_configs: CONNECT needs a connect_matcher`,
  ],
  [
    'CONNECT that goes on as CONNECT',
    ({ route }) => (route.route = { cluster: 'back', upgrade_configs: [{ upgrade_type: 'CONNECT' }] }),
    `${R}.route.upgrade_configs[0]: not supported yet (CONNECT that goes on as CONNECT; set connect_config)`,
  ],
  ['path normalisation', ({ manager }) => (manager.normalize_path = true), `${H}.normalize_path: not supported yet`],
  ['no statistics prefix', ({ manager }) => delete manager.stat_prefix, `${H}.stat_prefix: is required`],
  [
    'a negative duration',
    ({ manager }) => (manager.drain_timeout = '-1s'),
    `${H}.drain_timeout: a duration must not be negative`,
  ],
  ['no domains', ({ host }) => (host.domains = []), `${V}.domains: at least one is required`],
  ['the same domain twice', ({ host }) => (host.domains = ['a', 'A']), `${V}.domains[1]: "a" belongs to "all" already`],
  [
    'a star within a domain',
    ({ host }) => (host.domains = ['a*b']),
    `${V}.domains[0]: "a*b": a "*" may stand at one end only`,
  ],
  ['hedging', ({ host }) => (host.hedge_policy = {}), `${V}.hedge_policy: not supported yet`],
  ['no match', ({ route }) => delete route.match, `${R}.match: is required`],
  [
    'a match without a path',
    ({ route }) => (route.match = {}),
    `${R}.match: one of prefix, path, path_separated_prefix, safe_regex or connect_matcher is required`,
  ],
  ['no action', ({ route }) => delete route.route, `${R}: one of route, redirect or direct_response is required`],
  [
    'a back-reference',
    ({ route }) => (route.match = { safe_regex: { regex: '(a)\\1' } }),
    `${R}.match.safe_regex.regex: "(a)\\1" is not supported: back-reference "\\1" cannot be matched in linear time`,
  ],
  [
    'mirroring',
    ({ route }) => (route.route = { cluster: 'back', request_mirror_policies: [{ cluster: 'back' }] }),
    `${R}.route.request_mirror_policies: not supported yet`,
  ],
  [
    'a hash policy without a source',
    ({ route }) => (route.route = { cluster: 'back', hash_policy: [{}] }),
    `${R}.route.hash_policy[0]: one of header, cookie, connection_properties or query_parameter is required`,
  ],
  [
    'an unknown retry condition',
    ({ route }) => (route.route = { cluster: 'back', retry_policy: { retry_on: '5xx,sometimes' } }),
    `${R}.route.retry_policy.retry_on: not supported yet (condition "sometimes")`,
  ],
  [
    'weights of nothing',
    ({ route }) => (route.route = { weighted_clusters: { clusters: [{ name: 'back', weight: 0 }] } }),
    `${R}.route.weighted_clusters: the weights must add up to more than 0`,
  ],
  [
    'a cluster that is not there',
    ({ route }) => (route.route = { cluster: 'gone' }),
    `${L}: listener "in", virtual host "all": there is no static cluster "gone"`,
  ],
  [
    'a status that is none',
    ({ route }) => Object.assign(route, { route: undefined, direct_response: { status: 99 } }),
    `${R}.direct_response.status: must be from 200 to 599, is 99`,
  ],
  [
    'a header that splits messages',
    ({ route }) => (route.request_headers_to_add = [{ header: { key: 'x', value: 'a\r\nb: c' } }]),
    `${R}.request_headers_to_add[0].header.value: holds a character that a header value must not have`,
  ],
  [
    'a framing header',
    ({ route }) => (route.response_headers_to_remove = ['Content-Length']),
    `${R}.response_headers_to_remove[0]: "Content-Length" belongs to the framing and cannot be changed here`,
  ],
  [
    'an unknown command in a header',
    ({ route }) => (route.request_headers_to_add = [{ header: { key: 'x', value: '%FOO%' } }]),
    `${R}.request_headers_to_add[0].header.value: %FOO%: this command operator is not supported`,
  ],
  [
    'EDS without a control plane',
    ({ cluster }) =>
      Object.assign(cluster, {
        type: 'EDS',
        load_assignment: undefined,
        eds_cluster_config: { eds_config: { ads: {} } },
      }),
    `${C}.type: EDS needs dynamic_resources.ads_config`,
  ],
  [
    'a name in a STATIC cluster',
    ({ cluster }) =>
      (cluster.load_assignment = {
        endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(1, 'back.example') } }] }],
      }),
    `${C}.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address: "back.example" is no IP address`,
  ],
  [
    'a second health check',
    ({ cluster }) => {
      const check = {
        timeout: '1s',
        interval: '1s',
        unhealthy_threshold: 1,
        healthy_threshold: 1,
        tcp_health_check: {},
      };
      cluster.health_checks = [check, check];
    },
    `${C}.health_checks[1]: a cluster has one health check at most`,
  ],
  [
    'what Envoy does not look at per host either',
    ({ cluster }) => (cluster.circuit_breakers = { per_host_thresholds: [{ max_requests: 5 }] }),
    `${C}.circuit_breakers.per_host_thresholds[0].max_requests: not supported yet`,
  ],
  [
    'one choice',
    ({ cluster }) =>
      Object.assign(cluster, { lb_policy: 'LEAST_REQUEST', least_request_lb_config: { choice_count: 1 } }),
    `${C}.least_request_lb_config.choice_count: must be at least 2, is 1`,
  ],
  [
    'an ejection that must end before it began to be long enough',
    ({ cluster }) => (cluster.outlier_detection = { base_ejection_time: '20s', max_ejection_time: '10s' }),
    `${C}.outlier_detection.max_ejection_time: must be at least base_ejection_time (20000 ms), is 10000 ms`,
  ],
  [
    'more than everything',
    ({ cluster }) => (cluster.outlier_detection = { max_ejection_percent: 101 }),
    `${C}.outlier_detection.max_ejection_percent: must not be more than 100, is 101`,
  ],
  [
    'a connect timeout of nothing',
    ({ cluster }) => (cluster.connect_timeout = '0s'),
    `${C}.connect_timeout: must be more than 0s`,
  ],
  [
    'the same cluster twice',
    ({ cluster, root }) => ((root.static_resources as Json).clusters = [cluster, cluster]),
    'static_resources.clusters[1].name: "back" is taken',
  ],
  [
    'a control plane in SotW',
    ({ root, route }) => {
      route.route = undefined;
      route.redirect = {};
      root.dynamic_resources = {
        ads_config: {
          api_type: 'GRPC',
          transport_api_version: 'V3',
          grpc_services: [{ envoy_grpc: { cluster_name: 'back' } }],
        },
      };
    },
    'dynamic_resources.ads_config.api_type: not supported yet (GRPC, use DELTA_GRPC)',
  ],
  [
    'a control plane that is not there',
    ({ root }) =>
      (root.dynamic_resources = {
        ads_config: {
          api_type: 'DELTA_GRPC',
          transport_api_version: 'V3',
          grpc_services: [{ envoy_grpc: { cluster_name: 'cp' } }],
        },
      }),
    'dynamic_resources.ads_config.grpc_services[0].envoy_grpc.cluster_name: there is no static cluster "cp"',
  ],
  [
    'a custom JSON log',
    ({ manager }) =>
      (manager.access_log = [
        {
          typed_config: {
            '@type': type('envoy.extensions.access_loggers.file.v3.FileAccessLog'),
            path: '/x',
            log_format: { json_format: { a: 'b' } },
          },
        },
      ]),
    `${H}.access_log[0].typed_config.log_format.json_format: not supported yet (leave it empty for the fields of Aya)`,
  ],
];

for (const [what, change, line] of refused) {
  test(`${what} is refused with the path of the field`, () => assert.deepEqual(problemsOf(change), [line]));
}

test('all problems are named at once, and the pieces that are well are still read', () => {
  const result = readBootstrap(
    bootstrap(({ cluster, chain }) => {
      cluster.lb_policy = 'CLUSTER_PROVIDED';
      chain.transport_socket = { name: 'x' };
    }),
    'b',
  );
  assert.equal(result.findings.unsupported.length, 1);
  assert.equal(result.findings.wrong.length, 1, 'plain text in place of TLS is wrong even for the lenient');
  assert.equal(result.listeners.length, 1);
});

test('an optional filter that we do not have is left out', () => {
  const rbac = {
    name: 'x',
    is_optional: true,
    typed_config: { '@type': type('envoy.extensions.filters.http.rbac.v3.RBAC') },
  };
  assert.deepEqual(
    problemsOf(({ manager }) => (manager.http_filters = [rbac, router])),
    [],
  );
});

test('the cluster of the control plane is read for its addresses, by priority, and is no cluster for requests', () => {
  const result = readBootstrap(
    bootstrap(({ root }) => {
      const http2 = {
        '@type': type('envoy.extensions.upstreams.http.v3.HttpProtocolOptions'),
        explicit_http_config: { http2_protocol_options: {} },
      };
      const endpoint = (port: number, host: string) => ({
        lb_endpoints: [{ endpoint: { address: socket(port, host) } }],
      });
      const clusters = (root.static_resources as { clusters: Json[] }).clusters;
      clusters.push({
        name: 'cp',
        type: 'STRICT_DNS',
        typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http2 },
        load_assignment: { endpoints: [{ ...endpoint(2, 'spare.example'), priority: 1 }, endpoint(1, 'cp.example')] },
      });
      root.dynamic_resources = {
        ads_config: {
          api_type: 'DELTA_GRPC',
          transport_api_version: 'V3',
          grpc_services: [{ envoy_grpc: { cluster_name: 'cp' } }],
        },
        lds_config: { ads: {}, resource_api_version: 'V3' },
      };
    }),
    'b',
  );
  assert.deepEqual(result.findings, { wrong: [], unsupported: [] });
  assert.deepEqual(result.ads, {
    cluster: 'cp',
    servers: [
      { host: 'cp.example', port: 1 },
      { host: 'spare.example', port: 2 },
    ],
    listeners: true,
    clusters: false,
  });
  assert.deepEqual(
    result.clusters.map((each) => each.plan.name),
    ['back'],
  );
});
