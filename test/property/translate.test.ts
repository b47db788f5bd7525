/** Whatever the API accepts can be translated, and what comes out is understood by the kind of client that it is for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MeshNode, NodeKind } from '../../control-plane/translate/caller.ts';
import { translate } from '../../control-plane/translate/translation.ts';
import { encode } from '../../shared/xds/codec.ts';
import type { Messages } from '../../shared/xds/messages.gen.ts';
import { scan } from '../../shared/xds/strict.ts';
import { nameOf } from '../../shared/xds/type-url.ts';
import { readResource } from '../../sidecar/plan/resource.ts';
import { accepted, worldOf } from '../support/world.ts';

const service = fc.constantFrom('cart', 'prices', 'nobody');
const namespace = fc.constantFrom('default', 'shop');
const portNumber = fc.constantFrom(80, 8080, 50_051);
const span = fc.constantFrom('1ms', '250ms', '1.5s', '90s', '1m30s');
const percent = fc.constantFrom(0, 0.0001, 12.5, 100);
const path = fc.constantFrom('/', '/a', '/a/', '/a/b', '/a.b/(c)', '/%C3%BC');
const target = (name: string): object => ({ group: '', kind: 'Service', name });
const maybe = <T>(what: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(what, { nil: undefined });

const ports = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('http', 'http-api', 'grpc', 'tcp-raw', 'other'),
    port: portNumber,
    appProtocol: maybe(fc.constantFrom('http', 'kubernetes.io/h2c', 'grpc', 'tcp', 'my.own/thing')),
  }),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name, comparator: (a, b) => a === b },
);
const serviceObject = fc
  .record({ name: service, namespace, ports })
  .filter(({ ports: all }) => new Set(all.map(({ port }) => port)).size === all.length)
  .map(({ name, namespace: home, ports: all }) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: home },
    spec: { ports: all },
  }));

const valueMatch = fc.record({
  name: fc.constantFrom('X-One', 'x-two', 'Host'),
  type: fc.constantFrom('Exact', 'RegularExpression'),
  value: fc.constantFrom('a', 'a|b', '100%', '(x)+'),
});
const matches = fc.array(
  fc.record({
    path: maybe(
      fc.oneof(
        fc.record({ type: fc.constantFrom('Exact', 'PathPrefix'), value: path }),
        fc.record({ type: fc.constant('RegularExpression'), value: fc.constantFrom('/item/[0-9]+', '/(a|b).*') }),
      ),
    ),
    method: maybe(fc.constantFrom('GET', 'POST', 'PURGE')),
    headers: fc.uniqueArray(valueMatch, { maxLength: 2, selector: ({ name }) => name.toLowerCase() }),
    queryParams: fc.uniqueArray(valueMatch, { maxLength: 1, selector: ({ name }) => name }),
  }),
  { minLength: 1, maxLength: 3 },
);
const modifier = fc.record({
  set: fc.constantFrom([], [{ name: 'X-Set', value: '50% %REQ(x)%' }]),
  add: fc.constantFrom([], [{ name: 'X-Add', value: '' }]),
  remove: fc.constantFrom([], ['X-Gone']),
});
const pathModifier = fc.oneof(
  fc.record({ type: fc.constant('ReplaceFullPath'), replaceFullPath: fc.constantFrom('/', '/x', '/a\\1') }),
  fc.record({ type: fc.constant('ReplacePrefixMatch'), replacePrefixMatch: fc.constantFrom('', '/', '/x', '/x/') }),
);
const filters = fc.record({
  request: maybe(modifier.map((each) => ({ type: 'RequestHeaderModifier', requestHeaderModifier: each }))),
  response: maybe(modifier.map((each) => ({ type: 'ResponseHeaderModifier', responseHeaderModifier: each }))),
  rewrite: maybe(
    fc
      .record({ hostname: maybe(fc.constant('other.example')), path: maybe(pathModifier) })
      .map((each) => ({ type: 'URLRewrite', urlRewrite: each })),
  ),
  redirect: maybe(
    fc
      .record({
        scheme: maybe(fc.constantFrom('http', 'https')),
        hostname: maybe(fc.constant('other.example')),
        port: maybe(portNumber),
        path: maybe(pathModifier),
        statusCode: fc.constantFrom(301, 302, 308),
      })
      .map((each) => ({ type: 'RequestRedirect', requestRedirect: each })),
  ),
});
const backendRefs = fc.array(
  fc.record({ name: service, namespace: maybe(namespace), port: portNumber, weight: fc.constantFrom(0, 1, 9) }),
  { maxLength: 3 },
);
const timeouts = maybe(
  fc.record({ request: fc.constantFrom('0s', '10s'), backendRequest: maybe(fc.constantFrom('0s', '1s')) }),
);
const rule = fc.record({
  matches,
  filters,
  backendRefs,
  timeouts,
  retry: maybe(
    fc.record({
      codes: fc.constantFrom([], [500, 503]),
      attempts: maybe(fc.nat(10)),
      backoff: maybe(fc.constantFrom('1ms', '30s')),
    }),
  ),
});
const routeObject = fc
  .record({
    name: fc.constantFrom('one', 'two'),
    namespace,
    parent: service,
    home: maybe(namespace),
    port: maybe(portNumber),
    rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
  })
  .map(({ name, namespace: own, parent, home, port, rules }) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: own },
    spec: { parentRefs: [{ ...target(parent), namespace: home, port }], rules: rules.map(ruleOf) },
  }));

const grpcMatches = fc.array(
  fc.record({
    method: maybe(
      fc.oneof(
        fc.record({ service: fc.constantFrom('shop.Cart', 'Other'), method: maybe(fc.constantFrom('Add', 'Get')) }),
        fc.record({ method: fc.constant('Check') }),
        fc.record({
          type: fc.constant('RegularExpression'),
          service: maybe(fc.constantFrom('^a|b$', 'shop\\..*')),
          method: fc.constantFrom('Get.*', '(x)+'),
        }),
      ),
    ),
    headers: fc.uniqueArray(valueMatch, { maxLength: 2, selector: ({ name }) => name.toLowerCase() }),
  }),
  { minLength: 1, maxLength: 3 },
);
const grpcRule = fc
  .record({
    matches: grpcMatches,
    request: maybe(modifier.map((each) => ({ type: 'RequestHeaderModifier', requestHeaderModifier: each }))),
    response: maybe(modifier.map((each) => ({ type: 'ResponseHeaderModifier', responseHeaderModifier: each }))),
    backendRefs,
    timeouts,
    retry: maybe(
      fc.record({
        codes: fc.subarray(['CANCELLED', 'INTERNAL', 'UNAVAILABLE'], { minLength: 1 }),
        attempts: maybe(fc.nat(10)),
        backoff: maybe(fc.constantFrom('1ms', '30s')),
      }),
    ),
  })
  .map(({ request, response, ...rest }) => ({
    ...rest,
    filters: [request, response].filter((each) => each !== undefined),
  }));
const grpcRouteObject = fc
  .record({
    name: fc.constantFrom('one', 'two'),
    namespace,
    parent: service,
    home: maybe(namespace),
    port: maybe(portNumber),
    rules: fc.array(grpcRule, { minLength: 1, maxLength: 3 }),
  })
  .map(({ name, namespace: own, parent, home, port, rules }) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata: { name, namespace: own },
    spec: { parentRefs: [{ ...target(parent), namespace: home, port }], rules },
  }));

/** Leaves out what the API would refuse: a redirect beside backends or a rewrite, a cut prefix without a prefix. */
function ruleOf({
  filters: chosen,
  backendRefs,
  matches: all,
  ...rest
}: typeof rule extends fc.Arbitrary<infer T> ? T : never): object {
  const { redirect, rewrite, request, response } = chosen;
  const prefixes = all.every((match) => (match.path?.type ?? 'PathPrefix') === 'PathPrefix');
  const cuts = (each: { path?: { type: string } | undefined } | undefined): boolean =>
    each?.path?.type === 'ReplacePrefixMatch';
  const turned = redirect && (prefixes || !cuts(redirect.requestRedirect)) ? redirect : undefined;
  const rewritten = rewrite && !turned && (prefixes || !cuts(rewrite.urlRewrite)) ? rewrite : undefined;
  const used = [request, response, turned, rewritten].filter((each) => each !== undefined);
  return { ...rest, matches: all, filters: used, backendRefs: turned ? [] : backendRefs };
}

const slowStart = maybe(fc.record({ window: span, aggression: fc.constantFrom(0.5, 1, 2), minWeightPercent: percent }));
const balanceFactor = maybe(fc.integer({ min: 100, max: 200 }));
const hash = fc.array(
  fc.oneof(
    fc.record({ header: fc.constantFrom('x-user', 'X-Tenant'), terminal: fc.boolean() }),
    fc.record({ queryParameter: fc.constant('user') }),
    fc.record({ sourceIp: fc.constant(true) }),
    fc.record({ cookie: fc.record({ name: fc.constant('aff'), ttl: maybe(fc.constantFrom('0s', '1h')) }) }),
  ),
  { minLength: 1, maxLength: 3 },
);
const measured = { slowStart, decay: maybe(span), defaultLatency: maybe(span), failureLatency: maybe(span) };
const loadBalancing = fc.oneof(
  fc.record({
    policy: fc.constant('LeastRequest'),
    choiceCount: fc.integer({ min: 2, max: 10 }),
    slowStart,
  }),
  fc.record({
    policy: fc.constantFrom('RoundRobin', 'LeastConnection'),
    slowStart,
    sessionCookie: maybe(fc.record({ name: fc.constant('sid'), strict: fc.boolean() })),
  }),
  fc.record({ policy: fc.constant('Random'), zoneAware: maybe(fc.record({ percent })) }),
  fc.record({ policy: fc.constantFrom('ClientSideWeightedRoundRobin', 'Prequal') }),
  fc.record({ policy: fc.constantFrom('PeakEwma', 'LeastResponseTime'), ...measured }),
  fc.record({ policy: fc.constant('LeastBandwidth'), slowStart, decay: maybe(span) }),
  fc.record({ policy: fc.constantFrom('RingHash', 'Maglev'), hash, balanceFactor }),
  fc.record({ policy: fc.constant('SourceIp'), balanceFactor }),
);

const few = fc.integer({ min: 1, max: 9 });
const healthChecks: readonly object[] = [
  { http: { path: '/healthz', statuses: [{ from: 200, to: 204 }], body: 'ok' }, interval: '1s' },
  { http: { path: '/', host: 'cart.test', method: 'HEAD' } },
  { tcp: {} },
  { tcp: { send: 'PING', expect: 'PONG' }, timeout: '10ms' },
  { grpc: { service: 'shop.Cart' }, healthyThreshold: 5 },
];

const policyObject = fc
  .record({
    name: service,
    namespace,
    loadBalancing: maybe(loadBalancing),
    outlierDetection: maybe(
      fc.record({
        consecutive5xx: fc.nat(9),
        consecutiveGatewayErrors: fc.nat(9),
        maxEjectionPercent: percent,
        splitLocalOriginErrors: fc.boolean(),
        successRate: maybe(fc.record({ minimumHosts: few, stdevFactor: fc.constantFrom(0, 1.5, 1.9) })),
        failurePercentage: maybe(fc.record({ threshold: percent, requestVolume: few })),
      }),
    ),
    circuitBreaker: maybe(
      fc.record({
        maxRequests: few,
        maxRetries: maybe(fc.nat(5)),
        maxConnectionsPerEndpoint: maybe(few),
        maxRequestsPerEndpoint: maybe(few),
        errorRate: maybe(fc.record({ per: fc.constantFrom('Service', 'Endpoint'), threshold: few, probes: few })),
      }),
    ),
    healthCheck: maybe(fc.oneof(...healthChecks.map((each) => fc.constant(each)))),
    connectionPool: maybe(
      fc.record({
        idleTimeout: maybe(span),
        maxRequestsPerConnection: maybe(fc.nat(5)),
        maxStreamsPerConnection: maybe(fc.integer({ min: 1, max: 5 })),
        keepalive: maybe(fc.record({ interval: fc.constant('30s'), timeout: fc.constant('5s') })),
      }),
    ),
    retry: maybe(
      fc.record({
        attempts: fc.nat(10),
        on: fc.subarray([
          'connect-failure',
          'refused-stream',
          'reset',
          'reset-before-request',
          '5xx',
          'gateway-error',
          'retriable-4xx',
        ]),
        perTryTimeout: maybe(span),
        nonIdempotent: fc.boolean(),
        statusCodes: fc.constantFrom([], [409, 500]),
        budget: maybe(fc.record({ percent, minPerSecond: fc.constantFrom(0, 3, 1000) })),
      }),
    ),
    timeouts: maybe(
      fc.record({
        request: maybe(fc.constantFrom('0s', '1s')),
        idle: maybe(fc.constantFrom('0s', '1s')),
        connect: maybe(span),
      }),
    ),
  })
  .map(({ name, namespace: own, ...spec }) => ({
    apiVersion: 'aya.dev/v1alpha1',
    kind: 'TrafficPolicy',
    metadata: { name, namespace: own },
    spec: { targetRefs: [target(name)], ...spec },
  }));

const faultValue = fc.oneof(
  fc.record({
    name: fc.constantFrom('X-One', 'x-two'),
    type: fc.constantFrom('Exact', 'Prefix', 'Suffix', 'Contains', 'RegularExpression'),
    value: fc.constant('a'),
  }),
  fc.record({ name: fc.constant('x-three'), type: fc.constant('Present') }),
);
const faultObject = fc
  .record({
    name: fc.constantFrom('f', 'g'),
    namespace,
    targets: fc.uniqueArray(service, { minLength: 1, maxLength: 2 }),
    from: fc.array(fc.record({ service: fc.constantFrom('web', 'other'), namespace: maybe(namespace) }), {
      maxLength: 2,
    }),
    match: fc.array(
      fc.record({
        path: maybe(
          fc.oneof(
            path.map((exact) => ({ exact })),
            path.map((prefix) => ({ prefix })),
            fc.constant({ regex: '/(a|b)' }),
          ),
        ),
        method: maybe(fc.constantFrom('GET', 'POST')),
        headers: fc.array(faultValue, { maxLength: 2 }),
        queryParams: fc.array(faultValue, { maxLength: 1 }),
      }),
      { maxLength: 2 },
    ),
    delay: maybe(fc.record({ percent, fixed: span })),
    abort: fc.oneof(
      fc.record({ percent, httpStatus: fc.integer({ min: 200, max: 599 }) }),
      fc.record({ percent, grpcStatus: fc.integer({ min: 1, max: 16 }) }),
    ),
    at: fc.constantFrom('Attempt', 'Request'),
    maxActive: maybe(fc.integer({ min: 1, max: 9 })),
  })
  .map(({ name, namespace: own, targets, delay, abort, ...spec }) => ({
    apiVersion: 'aya.dev/v1alpha1',
    kind: 'FaultPolicy',
    metadata: { name, namespace: own },
    spec: { ...spec, targetRefs: targets.map(target), faults: { delay, abort } },
  }));

const slice = fc
  .record({
    name: service,
    namespace,
    port: fc.constantFrom('http', 'grpc', 'other'),
    zone: maybe(fc.constantFrom('a', 'eu/b')),
    ready: fc.boolean(),
  })
  .map(({ name, namespace: own, port, zone, ready }) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-${port}`, namespace: own, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], zone, conditions: { ready } }],
    ports: [{ name: port, port: 8080 }],
  }));

const node = (kind: NodeKind, level: number): MeshNode => {
  const at = (port: number) => ({ host: '127.0.0.1', port });
  return {
    kind,
    level,
    id: 'web-1',
    namespace: 'default',
    service: 'web',
    outbound: at(1),
    inbound: at(2),
    app: at(3),
  };
};

test('whatever the API accepts is translated into what each kind of client understands', () => {
  const object = fc.oneof(serviceObject, serviceObject, routeObject, grpcRouteObject, policyObject, faultObject, slice);
  fc.assert(
    fc.property(fc.array(object, { maxLength: 16, size: 'max' }), (objects) => {
      const world = worldOf(objects);
      const kinds = [
        ['aya', 1],
        ['aya', 2],
        ['envoy', 0],
        ['grpc', 0],
      ] as const;
      for (const [kind, level] of kinds) {
        const { resources } = translate(world, node(kind, level), accepted);
        const names = resources.map(({ type, name }) => `${type} ${name}`);
        assert.deepEqual(names.length, new Set(names).size, 'every name once');
        const domains = new Set<string>();
        for (const draft of resources) {
          const type = nameOf(draft.type) as keyof Messages;
          const bytes = encode(type, draft.message);
          const wrong =
            kind === 'aya' ? readResource(draft.type, draft.name, bytes, false).problems : scan(type, bytes);
          assert.deepEqual(wrong, [], `${kind} ${draft.name}`);
          for (const alias of [draft.name, ...draft.aliases]) {
            assert.ok(!domains.has(`${type} ${alias}`), `${alias} is answered twice`);
            domains.add(`${type} ${alias}`);
          }
        }
      }
    }),
    { numRuns: 500 },
  );
});
