import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromJson } from '../../../shared/xds/json.ts';
import type { BalancerPlan } from '../../../sidecar/core/plan/balancer.ts';
import { cluster as readCluster } from '../../../sidecar/plan/cluster.ts';
import { allOf, Place } from '../../../sidecar/plan/place.ts';

function tryRead(json: object) {
  const { message, problems } = fromJson('envoy.config.cluster.v3.Cluster', { name: 'a', ...json });
  assert.deepEqual(problems, []);
  const place = new Place('');
  const { plan } = readCluster(message, place);
  return { plan, problems: allOf(place.findings) };
}

function read(json: object) {
  const { plan, problems } = tryRead(json);
  assert.deepEqual(problems, []);
  return plan;
}

const policy = (name: string, message = {}): object => ({
  typed_extension_config: {
    name,
    typed_config: { '@type': `type.googleapis.com/envoy.extensions.load_balancing_policies.${name}`, ...message },
  },
});

const own = (name: string, message = {}): object => ({
  load_balancing_policy: {
    policies: [
      { typed_extension_config: { name, typed_config: { '@type': `type.googleapis.com/aya.v1.${name}`, ...message } } },
    ],
  },
});

const listedPolicy = (name: string, message = {}): object => ({
  name: 'a',
  load_balancing_policy: { policies: [policy(name, message)] },
});

test('the first balancing policy of a list that we have is taken, whatever lb_policy says', () => {
  const plan = read({
    name: 'a',
    lb_policy: 'RANDOM',
    load_balancing_policy: {
      policies: [
        policy('common.v3.SlowStartConfig'),
        policy('least_request.v3.LeastRequest', { choice_count: 3, selection_method: 'FULL_SCAN' }),
        policy('round_robin.v3.RoundRobin'),
      ],
    },
  });
  assert.deepEqual(plan.balancer, { kind: 'least-request', choices: 3, bias: 1, fullScan: true });
});

test('slow start and locality weights come with either spelling of a policy', () => {
  const slow = {
    slow_start_window: '30s',
    aggression: { default_value: 2, runtime_key: 'x' },
    min_weight_percent: { value: 5 },
  };
  const expected = { window: 30_000, aggression: 2, minWeight: 5 };
  const old = read({
    name: 'a',
    round_robin_lb_config: { slow_start_config: slow },
    common_lb_config: { locality_weighted_lb_config: {} },
  });
  assert.deepEqual(
    [old.balancer, old.slowStart, old.locality],
    [{ kind: 'round-robin' }, expected, { kind: 'weighted' }],
  );
  const listed = { policies: [policy('least_request.v3.LeastRequest', { slow_start_config: slow })] };
  const wrr = policy('wrr_locality.v3.WrrLocality', { endpoint_picking_policy: listed });
  const plan = read({ load_balancing_policy: { policies: [wrr] } });
  assert.deepEqual(
    [plan.balancer.kind, plan.slowStart, plan.locality],
    ['least-request', expected, { kind: 'weighted' }],
  );
  const plain = read({});
  assert.deepEqual([plain.slowStart, plain.locality], [null, { kind: 'none' }]);
});

test('consistent hashing comes with either spelling of a policy', () => {
  const common = { use_hostname_for_hashing: true, hash_balance_factor: 150 };
  const bound = { byHostname: true, balanceFactor: 150 };
  const ring = { minimum_ring_size: 2048, maximum_ring_size: 4096, hash_function: 'MURMUR_HASH_2' };
  const plans = [
    {
      name: 'a',
      lb_policy: 'RING_HASH',
      ring_hash_lb_config: ring,
      common_lb_config: { consistent_hashing_lb_config: common },
    },
    listedPolicy('ring_hash.v3.RingHash', { ...ring, consistent_hashing_lb_config: common }),
  ].map((each) => read(each).balancer);
  for (const plan of plans) {
    assert.deepEqual(plan, { kind: 'ring-hash', hash: 'murmur2', minSize: 2048, maxSize: 4096, ...bound });
  }
  const maglevs = [
    { name: 'a', lb_policy: 'MAGLEV', maglev_lb_config: { table_size: 503 } },
    listedPolicy('maglev.v3.Maglev', { table_size: 503, locality_weighted_lb_config: {} }),
  ].map((each) => read(each));
  for (const { balancer } of maglevs) {
    assert.deepEqual(balancer, { kind: 'maglev', tableSize: 503, byHostname: false, balanceFactor: 0 });
  }
  assert.deepEqual(
    maglevs.map((each) => each.locality.kind),
    ['none', 'weighted'],
  );
});

test('tables that cannot be are refused by their fields', () => {
  const table: [object, string][] = [
    [
      { lb_policy: 'MAGLEV', maglev_lb_config: { table_size: 65536 } },
      'maglev_lb_config.table_size: must be a prime, is 65536',
    ],
    [
      { lb_policy: 'MAGLEV', maglev_lb_config: { table_size: 5000011 } },
      'maglev_lb_config.table_size: not supported yet (at most 65537, is 5000011)',
    ],
    [
      { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: 8388608 } },
      'ring_hash_lb_config.minimum_ring_size: not supported yet (at most 4096, is 8388608)',
    ],
    [
      { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: 1024, maximum_ring_size: 1000 } },
      'ring_hash_lb_config.minimum_ring_size: must not be more than maximum_ring_size (1000)',
    ],
    [
      { lb_policy: 'RING_HASH', common_lb_config: { consistent_hashing_lb_config: { hash_balance_factor: 99 } } },
      'common_lb_config.consistent_hashing_lb_config.hash_balance_factor: must be at least 100, is 99',
    ],
  ];
  for (const [json, problem] of table) {
    assert.deepEqual(tryRead({ ...json }).problems, [problem]);
  }
});

test('slow start without sense is refused by its fields', () => {
  const slow_start_config = { slow_start_window: '0s', aggression: { default_value: 0, runtime_key: 'x' } };
  const { problems } = tryRead({ round_robin_lb_config: { slow_start_config } });
  assert.deepEqual(problems, [
    'round_robin_lb_config.slow_start_config.slow_start_window: must be more than 0s',
    'round_robin_lb_config.slow_start_config.aggression: must be more than 0, is 0',
  ]);
});

test('a list of balancing policies in which we have none is refused by their names', () => {
  const name = 'common.v3.SlowStartConfig';
  const list = { policies: [policy(name)] };
  const { problems } = tryRead({ load_balancing_policy: list });
  assert.deepEqual(problems, [
    `load_balancing_policy.policies: not supported yet (none of envoy.extensions.load_balancing_policies.${name})`,
  ]);
});

const reportEvery = ({ balancer }: { balancer: BalancerPlan }): number =>
  balancer.kind === 'client-side-weights' ? balancer.reportEvery : 0;

test('load reports and policies of our own have their defaults', () => {
  const cswrr = 'client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin';
  const table: [object, BalancerPlan][] = [
    [
      listedPolicy(cswrr, {}),
      {
        kind: 'client-side-weights',
        blackout: 10_000,
        expiration: 180_000,
        update: 1_000,
        errorPenalty: 1,
        reportEvery: 0,
      },
    ],
    [
      listedPolicy(cswrr, { blackout_period: '0s', weight_update_period: '0.01s', error_utilization_penalty: 2 }),
      { kind: 'client-side-weights', blackout: 0, expiration: 180_000, update: 100, errorPenalty: 2, reportEvery: 0 },
    ],
    [own('PeakEwma'), { kind: 'peak-ewma', decay: 10_000, initial: 30, failure: 5_000 }],
    [
      own('LeastResponseTime', { decay: '5s' }),
      { kind: 'least-response-time', decay: 5_000, initial: 30, failure: 5_000 },
    ],
    [own('LeastBandwidth'), { kind: 'least-bandwidth', decay: 1_000 }],
    [
      own('Prequal'),
      {
        kind: 'prequal',
        probesPerRequest: 3,
        poolSize: 16,
        maxAge: 1_000,
        hotQuantile: 0.84,
        removalsPerRequest: 1,
        reuseExcess: 1,
      },
    ],
  ];
  for (const [json, plan] of table) assert.deepEqual(read(json).balancer, plan);
  const oob = (over: object) => listedPolicy(cswrr, { enable_oob_load_report: true, ...over });
  assert.deepEqual(reportEvery(read(oob({}))), 10_000);
  assert.deepEqual(reportEvery(read(oob({ oob_reporting_period: '2s' }))), 2_000);
  assert.match(
    tryRead(oob({ oob_reporting_period: '0s' })).problems.join(),
    /oob_reporting_period: must be more than 0/,
  );
});
