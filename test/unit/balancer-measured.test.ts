import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { BandwidthMeter } from '../../sidecar/cluster/balancer/bandwidth-meter.ts';
import { LatencyMeter } from '../../sidecar/cluster/balancer/latency-meter.ts';
import type { Cluster } from '../../sidecar/cluster/cluster.ts';
import type { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import type { BalancerPlan, LatencyPlan } from '../../sidecar/core/plan/balancer.ts';
import { clusterOf, clusterPlan } from '../support/cluster.ts';

const peak: LatencyPlan = { kind: 'peak-ewma', decay: 10_000, initial: 30, failure: 5_000 };
const mean: LatencyPlan = { ...peak, kind: 'least-response-time' };
const none = HeaderList.of();
const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 0.01 * expected + 1e-6, `${actual}, expected ${expected}`);

test('the peak jumps up at once and comes down by the decay', () => {
  const meter = new LatencyMeter(peak, 0);
  near(meter.latency(0), 30);
  meter.head(200, none, 5, 0);
  near(meter.latency(0), 5);
  meter.head(200, none, 100, 0);
  near(meter.latency(0), 100);
  meter.head(200, none, 10, 10_000);
  near(meter.latency(10_000), 10 + 90 / Math.E);
  meter.head(200, none, 400, 10_001);
  near(meter.latency(10_001), 400);
});

test('the mean goes by every response', () => {
  const meter = new LatencyMeter(mean, 0);
  near(meter.latency(0), 30);
  for (const ttfb of [10, 20, 60]) meter.head(200, none, ttfb, 0);
  near(meter.latency(0), 30);
  meter.head(200, none, 5, 100_000);
  near(meter.latency(100_000), 5);
});

for (const plan of [peak, mean]) {
  test(`${plan.kind}: failures count by their rate, however fast they came, and are forgotten`, () => {
    const meter = new LatencyMeter(plan, 0);
    for (let at = 0; at < 95; at += 1) meter.head(200, none, 20, at);
    near(meter.latency(94), 20);
    meter.head(429, none, 1, 95);
    assert.ok(meter.latency(95) > 60 && meter.latency(95) < 90, `one of a hundred: ${meter.latency(95)}`);
    for (let at = 0; at < 100; at += 1) meter.head(503, none, 1, 100 + at);
    assert.ok(meter.latency(200) > 2_300, `half of all: ${meter.latency(200)}`);
    const dead = new LatencyMeter(plan, 0);
    dead.failed(0);
    assert.ok(dead.latency(0) < 1_000, 'one failure is no verdict');
    for (let at = 0; at < 100; at += 1) dead.failed(at);
    assert.ok(dead.latency(100) > 4_500);
    assert.ok(dead.latency(90_000) < 30, `${dead.latency(90_000)}`);
  });

  test(`${plan.kind}: what was slow is forgotten when it is not asked any more, but not at once`, () => {
    const meter = new LatencyMeter(plan, 0);
    meter.head(200, none, 500, 0);
    near(meter.latency(5_000), 500);
    near(meter.latency(15_000), 500 / Math.E);
    assert.ok(meter.latency(100_000) < 1);
  });
}

test('bandwidth is bytes over the decay, forgotten by it', () => {
  const meter = new BandwidthMeter(1_000, 0);
  for (let at = 1; at <= 10_000; at += 1) meter.bytes(50, at);
  near(meter.rate(10_000), 50);
  near(meter.rate(11_000), 50 / Math.E);
});

/** Plays `requests` a ms apart: endpoint i answers after `serve(i)` ms with a status and bytes. Shares by endpoint. */
function play(
  balancer: BalancerPlan,
  endpoints: number,
  serve: (index: number) => { ms: number; status?: number; bytes?: number },
  requests = 20_000,
): { shares: number[]; cluster: Cluster } {
  const clock = { now: 0 };
  const scene = clusterOf(
    clusterPlan({ balancer }),
    new Array<number>(endpoints).fill(1),
    seededRandom(5),
    () => clock.now,
  );
  const under: { at: number; began: number; endpoint: LiveEndpoint; status: number; bytes: number }[] = [];
  const counts = new Map<LiveEndpoint, number>();
  for (let request = 0; request < requests; request += 1) {
    clock.now += 1;
    for (const each of under.filter((one) => one.at <= clock.now)) {
      under.splice(under.indexOf(each), 1);
      each.endpoint.meter?.head(each.status, none, each.at - each.began, each.at);
      each.endpoint.meter?.bytes(each.bytes, each.at);
      each.endpoint.end();
    }
    const endpoint = scene.cluster.pick(null, 0) as LiveEndpoint;
    endpoint.begin();
    const { ms, status = 200, bytes = 0 } = serve(scene.endpoints.indexOf(endpoint));
    under.push({ at: clock.now + ms, began: clock.now, endpoint, status, bytes });
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
  }
  return { cluster: scene.cluster, shares: scene.endpoints.map((each) => (counts.get(each) ?? 0) / requests) };
}

for (const plan of [peak, mean]) {
  test(`${plan.kind}: an endpoint that fails fast gets no more than its fair share, by far`, () => {
    for (const status of [429, 500, 503]) {
      const { shares } = play(plan, 5, (index) => (index === 2 ? { ms: 1, status } : { ms: 20 }));
      assert.ok((shares[2] ?? 0) < 0.05, `${status}: ${shares}`);
    }
  });

  test(`${plan.kind}: a slow endpoint gets little, but something, and others share evenly`, () => {
    const { shares } = play(plan, 5, (index) => (index === 2 ? { ms: 500 } : { ms: 20 }));
    assert.ok((shares[2] ?? 0) > 0 && (shares[2] ?? 0) < 0.05, `${shares}`);
    for (const [index, share] of shares.entries())
      if (index !== 2) assert.ok(Math.abs(share - 0.245) < 0.02, `${shares}`);
  });
}

test('least bandwidth spreads bytes, not requests', () => {
  const { shares } = play(
    { kind: 'least-bandwidth', decay: 1_000 },
    4,
    (index) => ({ ms: 5, bytes: index === 0 ? 30_000 : 10_000 }),
    40_000,
  );
  const bytes = shares.map((share, index) => share * (index === 0 ? 3 : 1));
  const sum = bytes.reduce((left, right) => left + right, 0);
  for (const each of bytes) assert.ok(Math.abs(each / sum - 0.25) < 0.05, `${bytes}`);
});

test('a changed policy measures anew, and a view from before still picks', () => {
  const { cluster, endpoints } = clusterOf(clusterPlan({ balancer: peak }), [1, 1]);
  const [first] = endpoints;
  const meter = first?.meter;
  assert.ok(meter instanceof LatencyMeter);
  const same = cluster.withPlan({ ...cluster.plan, balancer: { ...peak }, connectTimeout: 5 }).cluster;
  assert.equal(same.set.endpoints[0]?.meter, meter);
  const other = cluster.withPlan({ ...cluster.plan, balancer: { kind: 'least-bandwidth', decay: 1_000 } }).cluster;
  assert.ok(other.set.endpoints[0]?.meter instanceof BandwidthMeter);
  cluster.limits.slot.setShared(5, 99);
  assert.ok(cluster.pick(null, 0));
  assert.ok(other.pick(null, 0));
  assert.equal(
    cluster.withPlan({ ...cluster.plan, balancer: { kind: 'random' } }).cluster.set.endpoints[0]?.meter,
    null,
  );
});
