import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { Cluster } from '../../sidecar/cluster/cluster.ts';
import type { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import { priorityLoads } from '../../sidecar/cluster/priority-load.ts';
import type { ClusterPlan } from '../../sidecar/core/plan/cluster.ts';
import { setFlag } from '../../sidecar/worker/availability.ts';
import { clusterOf, clusterPlan, endpointsPlan, surroundings } from '../support/cluster.ts';

const policies: readonly ClusterPlan['balancer'][] = [
  { kind: 'round-robin' },
  { kind: 'random' },
  { kind: 'least-request', choices: 2, bias: 1, fullScan: false },
  { kind: 'least-request', choices: 2, bias: 1, fullScan: true },
];

const eject = (cluster: Cluster, endpoint: LiveEndpoint | undefined, on = true): void => {
  if (endpoint) setFlag(endpoint.slot, cluster.limits.slot, 'ejected', on);
};

function picked(cluster: Cluster, picks = 3000): Map<string, number> {
  const counts = new Map<string, number>();
  for (let pick = 0; pick < picks; pick += 1) {
    const name = cluster.pick(null, 0)?.name ?? 'none';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

for (const balancer of policies) {
  for (const weights of [
    [1, 1, 1],
    [1, 2, 3],
  ]) {
    const words = `${balancer.kind}${'fullScan' in balancer && balancer.fullScan ? ' of all' : ''}, weights ${weights}`;
    test(`what is ejected is not picked, and the others share its part by weight (${words})`, () => {
      const { cluster, endpoints } = clusterOf(clusterPlan({ balancer }), weights);
      assert.equal(picked(cluster).size, 3);
      eject(cluster, endpoints[1]);
      const counts = picked(cluster);
      assert.equal(counts.get('10.0.0.1:80'), undefined);
      const fair = (3000 * (weights[0] ?? 0)) / ((weights[0] ?? 0) + (weights[2] ?? 0));
      assert.ok(Math.abs((counts.get('10.0.0.0:80') ?? 0) - fair) < 150, `${[...counts]}`);
      eject(cluster, endpoints[1], false);
      assert.equal(picked(cluster).size, 3);
    });
  }
}

test('with nobody available nobody is picked, unless the cluster panics', () => {
  for (const [panicThreshold, expected] of [
    [0, 1],
    [50, 3],
  ] as const) {
    const { cluster, endpoints } = clusterOf(clusterPlan({ panicThreshold }), [1, 1, 1]);
    for (const each of endpoints) eject(cluster, each);
    const counts = picked(cluster, 300);
    assert.equal(counts.size, expected);
    assert.equal(counts.has('none'), expected === 1);
  }
});

test('panic begins below the threshold, not at it', () => {
  const { cluster, endpoints } = clusterOf(clusterPlan({ panicThreshold: 50 }), [1, 1, 1, 1]);
  eject(cluster, endpoints[0]);
  eject(cluster, endpoints[1]);
  assert.equal(picked(cluster, 100).size, 2);
  eject(cluster, endpoints[2]);
  assert.equal(picked(cluster, 100).size, 4);
});

test('a cluster without endpoints picks nobody', () => {
  assert.equal(Cluster.create(clusterPlan(), surroundings()).pick(null, 0), null);
});

test('traffic spills to the next priority by the 1.4 rule', () => {
  // Available and total per level, panic threshold -> load per level, '!' = panic. Rows 1 to 6: Envoy, "Priority levels".
  const table: [string, number, string][] = [
    ['100/100 100/100', 0, '100 0'],
    ['72/100 72/100', 0, '100 0'],
    ['71/100 71/100', 0, '99 1'],
    ['50/100 50/100', 0, '70 30'],
    ['25/100 100/100', 0, '35 65'],
    ['25/100 25/100', 0, '50 50'],
    // Nobody anywhere: all levels panic, and traffic follows the number of endpoints.
    ['0/30 0/10', 50, '75! 25!'],
    ['0/30 0/10', 0, '0 0'],
    // As long as the levels together carry everything, none of them panics.
    ['10/100 100/100', 50, '14 86'],
    ['1/100 30/100', 50, '50! 50!'],
    ['60/100 1/100', 50, '99 1!'],
    ['', 50, ''],
  ];
  for (const [levels, threshold, expected] of table) {
    const counts = levels.split(' ').filter((each) => each !== '');
    const loads = priorityLoads(
      counts.map((each) => {
        const [available = 0, total = 0, degraded = 0] = each.split('/').map(Number);
        return { available, degraded, total };
      }),
      threshold,
    );
    const words = loads.map(({ load, panic }) => `${Math.round(load)}${panic ? '!' : ''}`);
    assert.equal(words.join(' '), expected, levels);
  }
});

test('endpoints of a lower priority wait until they are needed', () => {
  const around = surroundings();
  const { cluster } = Cluster.create(clusterPlan(), around).withEndpoints(endpointsPlan([1, 1, 1], [0, 0, 1]));
  const [first, second, third] = cluster.set.endpoints;
  assert.equal(picked(cluster).has(third?.name ?? ''), false);
  eject(cluster, first);
  const half = picked(cluster).get(third?.name ?? '') ?? 0;
  assert.ok(half > 800 && half < 1000, `70/30 expected, got ${half} of 3000`);
  eject(cluster, second);
  assert.deepEqual([...picked(cluster).keys()], [third?.name]);
});

test('a retry avoids what was tried as long as another endpoint is available', () => {
  for (const balancer of policies) {
    const { cluster, endpoints } = clusterOf(clusterPlan({ balancer }), [1, 50, 1], seededRandom(5));
    const [first, second, third] = endpoints;
    assert.ok(first && second && third);
    for (let round = 0; round < 200; round += 1) {
      assert.notEqual(cluster.pick([second], 1), second);
      assert.equal(cluster.pick([second, first], 1), third);
    }
    eject(cluster, third);
    assert.ok([first, second].includes(cluster.pick([second, first], 1) ?? third), 'all tried: the draw stands');
  }
});
