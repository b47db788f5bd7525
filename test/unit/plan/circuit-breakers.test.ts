import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromJson } from '../../../shared/xds/json.ts';
import { cluster } from '../../../sidecar/plan/cluster.ts';
import { allOf, Place } from '../../../sidecar/plan/place.ts';

function read(fields: object) {
  const { message, problems } = fromJson('envoy.config.cluster.v3.Cluster', { name: 'cart', ...fields });
  assert.deepEqual(problems, []);
  const place = new Place('');
  const { plan } = cluster(message, place);
  return { plan, problems: allOf(place.findings) };
}

const aya = (options: object): object => ({
  metadata: {
    typed_filter_metadata: { 'aya.dev': { '@type': 'type.googleapis.com/aya.v1.ClusterOptions', ...options } },
  },
});

test('each priority has its own thresholds, and the defaults where it has none', () => {
  const { plan, problems } = read({
    circuit_breakers: {
      thresholds: [
        { max_requests: 10, track_remaining: true },
        { priority: 'HIGH', max_requests: 20, retry_budget: {} },
      ],
      per_host_thresholds: [{ max_connections: 3 }],
    },
  });
  assert.deepEqual(problems, []);
  const { limits, highLimits } = plan;
  assert.deepEqual([limits.maxRequests, highLimits.maxRequests], [10, 20]);
  assert.deepEqual([limits.maxPendingRequests, highLimits.maxPendingRequests], [1024, 1024]);
  assert.deepEqual([limits.trackRemaining, highLimits.trackRemaining], [true, false]);
  assert.deepEqual([limits.envoyRetryBudget, highLimits.envoyRetryBudget], [null, { percent: 20, minConcurrency: 3 }]);
  assert.deepEqual([limits.maxConnectionsPerEndpoint, highLimits.maxConnectionsPerEndpoint], [3, 2_147_483_647]);
});

test('two sets of thresholds for one priority contradict each other', () => {
  assert.deepEqual(read({ circuit_breakers: { thresholds: [{}, { priority: 'HIGH' }, {}] } }).problems, [
    'circuit_breakers.thresholds[2]: only one set of thresholds per priority',
  ]);
});

test('a cluster without options has neither breaker nor limit per endpoint', () => {
  const { plan } = read({});
  assert.deepEqual([plan.breaker, plan.maxRequestsPerEndpoint], [null, 0]);
});

test('the error-rate breaker has its defaults', () => {
  const { plan, problems } = read(aya({ error_rate: { threshold: 30 }, max_requests_per_endpoint: 7 }));
  assert.deepEqual(problems, []);
  assert.equal(plan.maxRequestsPerEndpoint, 7);
  assert.deepEqual(plan.breaker, {
    per: 'service',
    threshold: 30,
    window: 10_000,
    minRequests: 20,
    openFor: 5_000,
    maxOpenFor: 50_000,
    probes: 1,
  });
});

describe('the error-rate breaker is refused with the path of the field', () => {
  const at = 'metadata.typed_filter_metadata["aya.dev"].error_rate';
  const cases: readonly [object, string][] = [
    [{}, `${at}.threshold: must be above 0 and at most 100, is 0`],
    [{ threshold: 101 }, `${at}.threshold: must be above 0 and at most 100, is 101`],
    [{ threshold: 50, window: '0s' }, `${at}.window: must be more than 0s`],
    [
      { threshold: 50, open_for: '10s', max_open_for: '5s' },
      `${at}.max_open_for: must be at least open_for (10000 ms), is 5000 ms`,
    ],
  ];
  for (const [error_rate, problem] of cases) {
    test(JSON.stringify(error_rate), () => assert.deepEqual(read(aya({ error_rate })).problems, [problem]));
  }
});
