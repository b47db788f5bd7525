import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../shared/struct/random.ts';
import { zoneShares } from '../../sidecar/cluster/balancer/zone-aware.ts';
import { Cluster } from '../../sidecar/cluster/cluster.ts';
import type { HerePlan, LocalityPlan, ZoneAwarePlan } from '../../sidecar/core/plan/balancer.ts';
import { setFlag } from '../../sidecar/worker/availability.ts';
import { clusterPlan, endpointsPlan, surroundings } from '../support/cluster.ts';

const zone = (name: string): LocalityPlan => ({ region: 'r', zone: name, subZone: '', weight: 0 });
/** We are in zone a; callers by zone. */
const here = (callers: Readonly<Record<string, number>>): HerePlan => ({
  ...{ region: 'r', zone: 'a', subZone: '' },
  callers: Object.entries(callers).map(([name, count]) => ({ region: 'r', zone: name, subZone: '', count })),
});
const shares = (usable: Readonly<Record<string, number>>, callers: Readonly<Record<string, number>>): number[] | null =>
  zoneShares(Object.keys(usable).map(zone), Object.values(usable), here(callers));
const rounded = (list: readonly number[] | null): number[] | undefined =>
  list?.map((each) => Math.round(1000 * each) / 10);

test('all stays in our zone when it has its part of the endpoints', () => {
  assert.deepEqual(shares({ a: 3, b: 3 }, { a: 5, b: 5 }), [1, 0]);
  assert.deepEqual(shares({ a: 4, b: 2 }, { a: 5, b: 5 }), [1, 0]);
  assert.deepEqual(shares({ a: 1, b: 5 }, { b: 5 }), [1, 0], 'none of the others like us is here');
});

test('what our endpoints cannot take goes where endpoints are left over', () => {
  // 20 % of the endpoints, 50 % of the callers: 40 % stays. Zone b is short, too, c and d are left with 10 and 20 %.
  assert.deepEqual(rounded(shares({ a: 2, b: 2, c: 2, d: 4 }, { a: 50, b: 20, c: 10, d: 20 })), [40, 0, 20, 40]);
  assert.deepEqual(rounded(shares({ a: 1, b: 3 }, { a: 1, b: 1 })), [50, 50]);
});

test('localities are no matter with one of them, none of ours, or callers that nobody knows', () => {
  assert.equal(shares({ a: 6 }, { a: 1, b: 1 }), null);
  assert.equal(shares({ a: 0, b: 6, c: 1 }, { a: 1, b: 1 }), null);
  assert.equal(shares({ b: 3, c: 3 }, { a: 1, b: 1 }), null);
  assert.equal(shares({ a: 3, b: 3 }, {}), null);
});

test('when every zone does so, every endpoint gets the same', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(counts, counts, (endpoints, callers) => {
      const zones = Math.min(endpoints.length, callers.length);
      const names = Array.from({ length: zones }, (_, at) => String.fromCharCode(97 + at));
      const usable = endpoints.slice(0, zones);
      const all = callers
        .slice(0, zones)
        .map((count, at) => ({ region: 'r', zone: names[at] ?? '', subZone: '', count }));
      const total = all.reduce((sum, { count }) => sum + count, 0);
      const got = usable.map(() => 0);
      for (const { zone: home, count } of all) {
        const own = { region: 'r', zone: home, subZone: '', callers: all };
        const list = zoneShares(names.map(zone), usable, own) ?? [];
        list.forEach((share, at) => {
          got[at] = (got[at] ?? 0) + (share * count) / total;
        });
        assert.ok(Math.abs(list.reduce((left, right) => left + right, 0) - 1) < 1e-9);
      }
      const sum = usable.reduce((left, right) => left + right, 0);
      got.forEach((share, at) => {
        assert.ok(Math.abs(share - (usable[at] ?? 0) / sum) < 1e-9, `${got}, endpoints ${usable}`);
      });
    }),
  );
});

const plan: ZoneAwarePlan = {
  kind: 'zone-aware',
  routing: 100,
  minSize: 6,
  failOnPanic: false,
  here: here({ a: 1, b: 1 }),
};

/** Share of picks by zone: endpoints in a and b. */
function picked(
  over: Partial<ZoneAwarePlan>,
  zones: string,
  out: readonly number[] = [],
  panicThreshold = 0,
): Record<string, number> {
  const names = ['a', 'b'];
  const endpoints = {
    ...endpointsPlan(Array.from(zones, () => 1)),
    locality: Array.from(zones, (each) => names.indexOf(each)),
    localities: names.map(zone),
  };
  const around = surroundings({ random: seededRandom(5) });
  const { cluster } = Cluster.create(
    clusterPlan({ locality: { ...plan, ...over }, panicThreshold }),
    around,
  ).withEndpoints(endpoints);
  for (const index of out) {
    const endpoint = cluster.set.endpoints[index];
    if (endpoint) setFlag(endpoint.slot, cluster.limits.slot, 'ejected', true);
  }
  const counts: Record<string, number> = {};
  for (let pick = 0; pick < 4_000; pick += 1) {
    const endpoint = cluster.pick(null, 0);
    const name = endpoint ? (names[endpoint.locality] ?? '') : 'none';
    counts[name] = (counts[name] ?? 0) + 1 / 4_000;
  }
  for (const name of Object.keys(counts)) counts[name] = Math.round(100 * (counts[name] ?? 0));
  return counts;
}

test('requests stay in their zone while it can take them', () => {
  assert.deepEqual(picked({}, 'aaabbb'), { a: 100 });
  assert.deepEqual(picked({}, 'aabbbb'), { a: 67, b: 33 });
  assert.deepEqual(picked({}, 'aaaabbbb', [0]), { a: 86, b: 14 }, 'what is out takes nothing');
});

test('a small cluster, a rule that is off and callers that are not known leave zones alone', () => {
  assert.deepEqual(picked({}, 'aabbb'), { a: 40, b: 60 });
  assert.deepEqual(picked({ routing: 0 }, 'aaabbb'), { a: 50, b: 50 });
  assert.deepEqual(picked({ here: null }, 'aaabbb'), { a: 50, b: 50 });
  assert.deepEqual(picked({ routing: 50 }, 'aaabbb'), { a: 75, b: 25 });
});

test('in panic everybody is asked, or nobody where the cluster says so', () => {
  const out = [0, 1, 2, 3];
  assert.deepEqual(picked({}, 'aaabbb', out, 50), { a: 50, b: 50 });
  assert.deepEqual(picked({ failOnPanic: true }, 'aaabbb', out, 50), { none: 100 });
});
