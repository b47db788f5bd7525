import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../shared/struct/random.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import type { SessionPlan } from '../../../sidecar/core/plan/route.ts';
import type { SubsetKey } from '../../../sidecar/core/plan/subset.ts';
import { Preference } from '../../../sidecar/core/preference.ts';
import { STICK_TABLE_BYTES, StickTable } from '../../../sidecar/core/stick-table.ts';
import { Affinity } from '../../../sidecar/route/affinity.ts';
import { setFlag } from '../../../sidecar/worker/availability.ts';
import { clusterOf, clusterPlan } from '../../support/cluster.ts';
import { exchangeOf, linesOf } from '../../support/exchange.ts';
import { clusterPlan as routeCluster } from '../../support/route-plan.ts';

const session: SessionPlan = { name: 'sid', ttl: 0, path: '/', strict: false };
const around = {
  manager: { useRemoteAddress: true, xffTrustedHops: 0 },
  random: seededRandom(1),
  sticks: new StickTable(new SharedArrayBuffer(STICK_TABLE_BYTES)),
  wall: () => 1_000_000,
};
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A request with this cookie header ('' = none), and what is set after `upstream` answered. */
function asked(plan: SessionPlan, cookie: string, upstream: string) {
  const x = exchangeOf({ headers: cookie === '' ? [] : ['cookie', cookie] });
  const affinity = Affinity.of({ hash: [], session: plan, stickToSource: 0, subset: [], clusters: [] });
  affinity?.stamp(x, false, around);
  x.upstream = upstream;
  const response = HeaderList.of();
  affinity?.respond(x, response, around);
  return { preference: x.hash, set: linesOf(response) };
}

test('a route without either holds nothing together', () => {
  assert.equal(Affinity.of({ hash: [], session: null, stickToSource: 0, subset: [], clusters: [] }), null);
});

test('a client without a cookie gets one that names its endpoint; one that comes back with it gets none', () => {
  const value = base64('10.0.0.1:80');
  const first = asked(session, '', '10.0.0.1:80');
  assert.deepEqual(first.set, [`set-cookie: sid="${value}"; Path=/; HttpOnly`]);
  const back = asked(session, `a=b; sid="${value}"`, '10.0.0.1:80');
  assert.ok(back.preference instanceof Preference);
  assert.deepEqual([back.preference.endpoint, back.preference.strict], ['10.0.0.1:80', false]);
  assert.deepEqual(back.set, []);
  const moved = asked({ ...session, ttl: 60, path: '' }, `sid=${value}`, '10.0.0.2:80');
  assert.deepEqual(moved.set, [`set-cookie: sid="${base64('10.0.0.2:80')}"; Max-Age=60; HttpOnly`]);
});

test('a request that reached no endpoint sets no cookie, and nonsense in a cookie names none', () => {
  assert.deepEqual(asked(session, '', '').set, []);
  const { cluster } = clusterOf(clusterPlan(), [1, 1]);
  const { preference } = asked(session, 'sid=%%%', '10.0.0.1:80');
  assert.ok(cluster.pick(null, 0, preference));
});

test('the endpoint of a session is picked as long as it can be had, whatever the policy', () => {
  for (const balancer of [
    { kind: 'random' },
    { kind: 'maglev', tableSize: 65_537, byHostname: false, balanceFactor: 0 },
  ] as const) {
    const { cluster, endpoints } = clusterOf(clusterPlan({ balancer }), [1, 1, 1, 1]);
    const own = endpoints[2];
    assert.ok(own);
    const prefers = (strict: boolean): Preference => new Preference({ high: 1, low: 1 }, own.name, strict);
    for (let pick = 0; pick < 20; pick += 1) assert.equal(cluster.pick(null, 0, prefers(false)), own);
    assert.notEqual(cluster.pick([own], 3, prefers(false)), own);
    assert.equal(cluster.pick([own], 3, prefers(true)), null);
    const [lenient, strict] = [prefers(false), prefers(true)];
    const again = Array.from({ length: 30 }, () => [cluster.pick(null, 0, lenient), cluster.pick(null, 0, strict)]);
    assert.ok(again.every(([, only]) => only === own));
    if (balancer.kind === 'random')
      assert.ok(
        again.some(([any]) => any !== own),
        'a retry may go elsewhere',
      );
    setFlag(own.slot, cluster.limits.slot, 'degraded', true);
    assert.equal(cluster.pick(null, 0, prefers(false)), own);
    setFlag(own.slot, cluster.limits.slot, 'draining', true);
    assert.notEqual(cluster.pick(null, 0, prefers(false)), own);
    assert.equal(cluster.pick(null, 0, prefers(true)), null);
    const gone = new Preference({ high: 1, low: 1 }, '10.9.9.9:80', false);
    assert.ok(cluster.pick(null, 0, gone));
    setFlag(own.slot, cluster.limits.slot, 'draining', false);
  }
});

test('a first visit is balanced as any, though it has no hash', () => {
  const { cluster, endpoints } = clusterOf(
    clusterPlan({ balancer: { kind: 'maglev', tableSize: 65_537, byHostname: false, balanceFactor: 0 } }),
    [1, 1, 1, 1],
  );
  const seen = new Set(Array.from({ length: 100 }, () => cluster.pick(null, 0, asked(session, '', '').preference)));
  assert.equal(seen.size, endpoints.length);
});

test('a route asks for the subset of the cluster that it chose', () => {
  const version = (name: string): SubsetKey => [['version', JSON.stringify(name)]];
  const clusters = [
    routeCluster('a', 1, { subset: version('v1') }),
    routeCluster('b'),
    routeCluster('c', 1, { subset: version('v2') }),
  ];
  const affinity = Affinity.of({ hash: [], session: null, stickToSource: 0, subset: [], clusters });
  const asks = [0, 1, 2].map((choice) => {
    const x = exchangeOf();
    x.choice = choice;
    affinity?.stamp(x, false, around);
    return x.hash instanceof Preference ? x.hash.subset : null;
  });
  assert.deepEqual(asks, ['[["version","\\"v1\\""]]', '', '[["version","\\"v2\\""]]']);
});
