import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRetryOn } from '../../control-plane/model/yaml-on.ts';
import { cartTarget, check } from '../support/documents.ts';

const policy = (fields: object) => check('TrafficPolicy', { targetRefs: cartTarget, ...fields });

test('a policy without blocks stores nothing but its target', () => {
  assert.deepEqual(policy({}), { body: { spec: { targetRefs: cartTarget } }, problems: [] });
});

test('a block that is there is stored with its defaults', () => {
  const { body, problems } = policy({
    loadBalancing: {},
    outlierDetection: {},
    circuitBreaker: {},
    retry: {},
    timeouts: {},
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(body.spec, {
    targetRefs: cartTarget,
    loadBalancing: { policy: 'LeastRequest', choiceCount: 2 },
    outlierDetection: {
      consecutive5xx: 5,
      consecutiveGatewayErrors: 0,
      interval: '10s',
      baseEjectionTime: '30s',
      maxEjectionTime: '5m',
      maxEjectionPercent: 50,
      splitLocalOriginErrors: false,
      consecutiveLocalOriginFailures: 5,
    },
    circuitBreaker: { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024 },
    retry: {
      attempts: 1,
      on: ['connect-failure', 'refused-stream', 'reset'],
      nonIdempotent: false,
      statusCodes: [],
      budget: { percent: 20, minPerSecond: 10 },
    },
    timeouts: {},
  });
});

test('the policy of the design page is accepted', () => {
  const { problems } = policy({
    loadBalancing: { policy: 'LeastRequest', choiceCount: 2, slowStart: { window: '30s' } },
    outlierDetection: { consecutive5xx: 5, interval: '10s', baseEjectionTime: '30s', maxEjectionPercent: 50 },
    circuitBreaker: {
      maxConnections: 1024,
      maxPendingRequests: 1024,
      maxRequests: 1024,
      errorRate: { threshold: 50, window: '10s', minRequests: 20, openFor: '5s' },
    },
    retry: {
      attempts: 2,
      on: ['connect-failure', 'reset', '5xx'],
      perTryTimeout: '1s',
      budget: { percent: 20, minPerSecond: 10 },
    },
    timeouts: { request: '5s', idle: '60s', connect: '1s' },
    healthCheck: {
      http: { path: '/healthz' },
      interval: '5s',
      timeout: '1s',
      unhealthyThreshold: 3,
      healthyThreshold: 2,
    },
  });
  assert.deepEqual(problems, []);
});

test('what protects endpoints has its defaults', () => {
  const { body, problems } = policy({
    outlierDetection: { successRate: {}, failurePercentage: {} },
    circuitBreaker: { errorRate: {} },
    healthCheck: { http: { path: '/healthz' } },
  });
  assert.deepEqual(problems, []);
  const { circuitBreaker, healthCheck, outlierDetection } = body.spec as Record<string, Record<string, unknown>>;
  assert.deepEqual(outlierDetection?.successRate, { minimumHosts: 5, requestVolume: 100, stdevFactor: 1.9 });
  assert.deepEqual(outlierDetection?.failurePercentage, { threshold: 85, minimumHosts: 5, requestVolume: 50 });
  assert.deepEqual(circuitBreaker?.errorRate, {
    per: 'Service',
    threshold: 50,
    window: '10s',
    minRequests: 20,
    openFor: '5s',
    probes: 1,
  });
  assert.deepEqual(healthCheck, {
    http: { path: '/healthz', method: 'GET', statuses: [{ from: 200, to: 399 }] },
    interval: '10s',
    timeout: '1s',
    unhealthyThreshold: 3,
    healthyThreshold: 2,
  });
});

const wrong: [what: string, fields: object, problems: string[]][] = [
  [
    'a health check of two kinds',
    { healthCheck: { http: { path: '/' }, tcp: {} } },
    ['spec.healthCheck: must have exactly one of http, tcp and grpc; got 2'],
  ],
  [
    'a health check by a command',
    { healthCheck: { tcp: {}, command: ['true'] } },
    ['spec.healthCheck.command: not supported yet'],
  ],
  [
    'a health check with a line break in its path',
    { healthCheck: { http: { path: '/a\r\nb' } } },
    ['spec.healthCheck.http.path: must be a path of visible ASCII characters; got "/a\\r\\nb"'],
  ],
  [
    'statuses from above to below',
    { healthCheck: { http: { path: '/', statuses: [{ from: 300, to: 200 }] } } },
    ['spec.healthCheck.http.statuses[0].to: must be at least from (300); got 200'],
  ],
  [
    'a breaker that never opens',
    { circuitBreaker: { errorRate: { threshold: 0 } } },
    ['spec.circuitBreaker.errorRate.threshold: must be at least 0.1; got 0'],
  ],
  [
    'a breaker whose longest time is its shortest',
    { circuitBreaker: { errorRate: { openFor: '10s', maxOpenFor: '5s' } } },
    ['spec.circuitBreaker.errorRate.maxOpenFor: must be at least openFor (10s); got 5s'],
  ],
  [
    'an unknown balancer',
    { loadBalancing: { policy: 'LeastRequests' } },
    [
      'spec.loadBalancing.policy: must be one of LeastRequest, LeastConnection, RoundRobin, Random, RingHash, Maglev, SourceIp, PeakEwma, LeastResponseTime, LeastBandwidth, ClientSideWeightedRoundRobin, Prequal; got "LeastRequests"; did you mean LeastRequest?',
    ],
  ],
  [
    'a choice count for what makes no choices',
    { loadBalancing: { policy: 'RoundRobin', choiceCount: 3 } },
    ['spec.loadBalancing.choiceCount: has no meaning with policy RoundRobin'],
  ],
  [
    'slow start where all endpoints are alike anyway',
    { loadBalancing: { policy: 'Random', slowStart: { window: '30s' } } },
    ['spec.loadBalancing.slowStart: has no meaning with policy Random'],
  ],
  [
    'hashing by nothing',
    { loadBalancing: { policy: 'Maglev' } },
    ['spec.loadBalancing.hash: required with policy Maglev: what should a request stick to its endpoint by?'],
  ],
  [
    'two sources in one, and none',
    { loadBalancing: { policy: 'RingHash', hash: [{ header: 'x-user', sourceIp: true }, { terminal: true }] } },
    [
      'spec.loadBalancing.hash[0]: must have exactly one of header, queryParameter, sourceIp: true, cookie',
      'spec.loadBalancing.hash[1]: must have exactly one of header, queryParameter, sourceIp: true, cookie',
    ],
  ],
  [
    'a bound below the mean',
    { loadBalancing: { policy: 'SourceIp', balanceFactor: 99 } },
    ['spec.loadBalancing.balanceFactor: must be at least 100; got 99'],
  ],
  [
    "another policy's parameter",
    { loadBalancing: { policy: 'PeakEwma', hotQuantile: 0.5 } },
    ['spec.loadBalancing.hotQuantile: has no meaning with policy PeakEwma'],
  ],
  [
    'a session without a name',
    { loadBalancing: { sessionCookie: { path: 'shop' } } },
    [
      'spec.loadBalancing.sessionCookie.name: required',
      'spec.loadBalancing.sessionCookie.path: must be a path; got "shop"',
    ],
  ],
  ['subsets', { loadBalancing: { subsets: [] } }, ['spec.loadBalancing.subsets: not supported yet']],
  ['one choice', { loadBalancing: { choiceCount: 1 } }, ['spec.loadBalancing.choiceCount: must be at least 2; got 1']],
  [
    'a percentage over 100',
    { outlierDetection: { maxEjectionPercent: 101 } },
    ['spec.outlierDetection.maxEjectionPercent: must be at most 100; got 101'],
  ],
  [
    'half an error',
    { outlierDetection: { consecutive5xx: 1.5 } },
    ['spec.outlierDetection.consecutive5xx: must be a whole number; got 1.5'],
  ],
  [
    'a longest ejection below the first',
    { outlierDetection: { baseEjectionTime: '10m' } },
    ['spec.outlierDetection.maxEjectionTime: must be at least baseEjectionTime (10m); got 5m'],
  ],
  [
    'a duration without unit',
    { timeouts: { request: '5' } },
    ['spec.timeouts.request: must be a duration like "250ms", "1.5s" or "1m30s"; got "5"'],
  ],
  ['a hedge without delay', { retry: { hedge: {} } }, ['spec.retry.hedge.delay: required']],
  [
    'a back-off that ends before it begins',
    { retry: { backoff: { base: '1s', max: '10ms' } } },
    ['spec.retry.backoff.max: must be at least base (1s); got 10ms'],
  ],
  [
    'another namespace',
    { targetRefs: [{ ...cartTarget[0], namespace: 'x' }] },
    ['spec.targetRefs[0].namespace: not supported yet'],
  ],
  [
    'the same target twice',
    { targetRefs: [...cartTarget, ...cartTarget] },
    ['spec.targetRefs[1].name: "cart" is already used by spec.targetRefs[0]'],
  ],
];

for (const [what, fields, problems] of wrong) {
  test(`a TrafficPolicy with ${what} is refused by path`, () => assert.deepEqual(policy(fields).problems, problems));
}

test('a key that a YAML 1.1 reader took for true is `on` again', () => {
  const read = { spec: { retry: { true: ['reset'], attempts: 1 } } };
  assert.deepEqual(withRetryOn(read), { spec: { retry: { on: ['reset'], attempts: 1 } } });
  assert.deepEqual(withRetryOn({ spec: { retry: { true: null } } }), { spec: { retry: { on: null } } });
  const requoted = { spec: { retry: { true: null, on: ['reset'] } } };
  assert.deepEqual(withRetryOn(requoted), { spec: { retry: { on: ['reset'] } } });
  const unquoted = { spec: { retry: { true: ['reset'], on: null } } };
  assert.deepEqual(withRetryOn(unquoted), { spec: { retry: { on: ['reset'] } } });
  assert.deepEqual(withRetryOn({ spec: {} }), { spec: {} });
});
