import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromJson } from '../../shared/xds/json.ts';
import { Cluster } from '../../sidecar/cluster/cluster.ts';
import type { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import type { SubsetsPlan } from '../../sidecar/core/plan/subset.ts';
import { Preference } from '../../sidecar/core/preference.ts';
import { cluster as readCluster } from '../../sidecar/plan/cluster.ts';
import { allOf, Place } from '../../sidecar/plan/place.ts';
import { subsetKey } from '../../sidecar/plan/subset.ts';
import { setFlag } from '../../sidecar/worker/availability.ts';
import { clusterPlan, endpointsPlan, surroundings } from '../support/cluster.ts';

/** Of lb_subset_config, and what is wrong with it. */
function read(lb_subset_config: object): { subsets: SubsetsPlan | null; problems: string[] } {
  const { message, problems } = fromJson('envoy.config.cluster.v3.Cluster', { name: 'a', lb_subset_config });
  assert.deepEqual(problems, []);
  const place = new Place('');
  const { plan } = readCluster(message, place);
  return { subsets: plan.subsets, problems: allOf(place.findings) };
}

const selectors = [{ keys: ['version', 'stage'] }, { keys: ['version'] }];
const metadata: Readonly<Record<string, string>>[] = [
  { version: '"v1"', stage: '"prod"' },
  { version: '"v1"', stage: '"test"' },
  { version: '"v2"', stage: '"prod"', zones: '["a","b"]' },
  { version: '"v2"', stage: '"prod"' },
  {},
];

function scene(config: object): {
  cluster: Cluster;
  endpoints: readonly LiveEndpoint[];
  picked: (match?: object) => string;
} {
  const { subsets, problems } = read({ subset_selectors: selectors, ...config });
  assert.deepEqual(problems, []);
  const plan = { ...endpointsPlan(metadata.map(() => 1)), metadata };
  const { cluster } = Cluster.create(
    clusterPlan({ subsets, balancer: { kind: 'random' } }),
    surroundings(),
  ).withEndpoints(plan);
  const { endpoints } = cluster.set;
  /** Indexes that a route with this metadata_match reaches. */
  const picked = (match?: object): string => {
    const { message } = fromJson(
      'envoy.config.core.v3.Metadata',
      match ? { filter_metadata: { 'envoy.lb': match } } : {},
    );
    const key = subsetKey(message);
    const subset = key.length === 0 ? '' : JSON.stringify(key);
    const seen = new Set<string>();
    for (let pick = 0; pick < 100; pick += 1) {
      const endpoint = cluster.pick(null, 0, new Preference({ high: pick, low: pick }, '', false, subset));
      seen.add(endpoint ? String(endpoints.indexOf(endpoint)) : 'nobody');
    }
    return [...seen].sort().join(' ');
  };
  return { cluster, endpoints, picked };
}

test('requests go to the endpoints whose metadata match all that the route asks for', () => {
  const { picked } = scene({});
  assert.equal(picked({ version: 'v1' }), '0 1');
  assert.equal(picked({ stage: 'prod', version: 'v2' }), '2 3');
  assert.equal(picked({ stage: 'test', version: 'v1' }), '1');
});

test('what is no subset falls back as the cluster says', () => {
  for (const [config, expected] of [
    [{}, 'nobody'],
    [{ fallback_policy: 'ANY_ENDPOINT' }, '0 1 2 3 4'],
    [{ fallback_policy: 'DEFAULT_SUBSET', default_subset: { stage: 'prod' } }, '0 2 3'],
    [{ fallback_policy: 'DEFAULT_SUBSET', default_subset: { stage: 'none' } }, 'nobody'],
    [{ fallback_policy: 'DEFAULT_SUBSET', default_subset: { stage: 'none' }, panic_mode_any: true }, '0 1 2 3 4'],
  ] as const) {
    const { picked } = scene(config);
    const words = JSON.stringify(config);
    assert.equal(picked(), expected, `no metadata: ${words}`);
    assert.equal(picked({ stage: 'prod' }), expected, `no such selector: ${words}`);
    assert.equal(picked({ version: 'v9' }), expected, `no such endpoint: ${words}`);
  }
});

test('a selector may fall back in a way of its own', () => {
  const { picked } = scene({
    fallback_policy: 'ANY_ENDPOINT',
    subset_selectors: [
      { keys: ['version', 'stage'], fallback_policy: 'KEYS_SUBSET', fallback_keys_subset: ['version'] },
      { keys: ['version'], fallback_policy: 'NO_FALLBACK' },
    ],
  });
  assert.equal(picked({ version: 'v2', stage: 'test' }), '2 3');
  assert.equal(picked({ version: 'v9', stage: 'test' }), 'nobody');
  assert.equal(picked(), '0 1 2 3 4');
});

test('a subset whose endpoints are all out has nobody: the others are not asked for it', () => {
  const { cluster, endpoints, picked } = scene({ fallback_policy: 'ANY_ENDPOINT' });
  for (const index of [0, 1]) {
    const endpoint = endpoints[index];
    if (endpoint) setFlag(endpoint.slot, cluster.limits.slot, 'ejected', true);
  }
  assert.equal(picked({ version: 'v1' }), 'nobody');
  assert.equal(picked(), '2 3 4');
});

test('a retry stays in its subset', () => {
  const { cluster, endpoints } = scene({});
  const [one, two] = endpoints;
  assert.ok(one && two);
  const wanted = new Preference({ high: 1, low: 1 }, '', false, JSON.stringify([['version', '"v1"']]));
  for (let pick = 0; pick < 20; pick += 1) assert.equal(cluster.pick([one], 0, wanted), two);
});

test('a list matches by any of its elements where the cluster says so', () => {
  const subset_selectors = [{ keys: ['zones'] }];
  assert.equal(scene({ subset_selectors, list_as_any: true }).picked({ zones: 'b' }), '2');
  assert.equal(scene({ subset_selectors }).picked({ zones: 'b' }), 'nobody');
  assert.equal(scene({ subset_selectors }).picked({ zones: ['a', 'b'] }), '2');
});

test('a configuration without selectors is none, and one without sense is refused by its fields', () => {
  assert.equal(read({ fallback_policy: 'ANY_ENDPOINT' }).subsets, null);
  const { problems } = read({
    subset_selectors: [{ keys: [] }, { keys: ['a'], fallback_policy: 'KEYS_SUBSET', fallback_keys_subset: ['a'] }],
  });
  assert.deepEqual(problems, [
    'lb_subset_config.subset_selectors[0].keys: at least one is required',
    'lb_subset_config.subset_selectors[1].fallback_keys_subset: must be some of the keys, not all',
  ]);
});
