import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import type { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import { LoadEstimate } from '../../sidecar/cluster/prequal/load-estimate.ts';
import { PrequalPicker, type ProbeAnswer } from '../../sidecar/cluster/prequal/prequal-picker.ts';
import { ProbePool } from '../../sidecar/cluster/prequal/probe-pool.ts';
import { RecentLoads } from '../../sidecar/cluster/prequal/recent-loads.ts';
import type { PrequalPlan } from '../../sidecar/core/plan/balancer.ts';
import { clusterOf, clusterPlan } from '../support/cluster.ts';

const plan: PrequalPlan = {
  kind: 'prequal',
  probesPerRequest: 3,
  poolSize: 16,
  maxAge: 1_000,
  hotQuantile: 0.84,
  removalsPerRequest: 1,
  reuseExcess: 1,
};
/** Without removals, so that a test sees the other rules. */
const lasting: PrequalPlan = { ...plan, removalsPerRequest: 0, reuseExcess: 1_000 };

const endpointsOf = (count: number): readonly LiveEndpoint[] =>
  clusterOf(clusterPlan(), new Array<number>(count).fill(1)).endpoints;
const at = (endpoints: readonly LiveEndpoint[], index: number): LiveEndpoint => endpoints[index] as LiveEndpoint;

test('quantiles are those of the last 128 loads', () => {
  const loads = new RecentLoads();
  assert.equal(loads.quantile(0.84), 0);
  for (let load = 0; load < 100; load += 1) loads.add(load);
  assert.equal(loads.quantile(0.84), 83);
  assert.equal(loads.quantile(0), 0);
  assert.equal(loads.quantile(1), 99);
  for (let more = 0; more < 128; more += 1) loads.add(7);
  assert.equal(loads.quantile(0), 7);
  loads.add(5_000);
  assert.equal(loads.quantile(1), 1_023);
});

test('cold endpoints are compared by latency, whatever they have in flight', () => {
  const endpoints = endpointsOf(100);
  const pool = new ProbePool(lasting, 100, seededRandom(1));
  pool.add(at(endpoints, 0), 9, 10, 0);
  for (let index = 1; index < 10; index += 1) pool.add(at(endpoints, index), 1, 50, 0);
  // Only the first has more in flight than 84 % of the probes: it is hot, fast as it is.
  assert.notEqual(pool.choose(0), at(endpoints, 0));
  pool.add(at(endpoints, 10), 1, 20, 0);
  assert.equal(pool.choose(0), at(endpoints, 10));
});

test('when all are hot the one with the fewest in flight is taken, and what we send counts', () => {
  const endpoints = endpointsOf(100);
  const pool = new ProbePool(lasting, 100, seededRandom(1));
  // Most loads heard of lately are low, so these two are hot.
  for (let more = 0; more < 40; more += 1) pool.add(at(endpoints, 50), 0, 1, 0);
  pool.add(at(endpoints, 0), 9, 10, 1_500);
  pool.add(at(endpoints, 1), 7, 80, 1_500);
  const chosen = Array.from({ length: 4 }, () => pool.choose(1_500)?.name);
  const [one, zero] = [at(endpoints, 1).name, at(endpoints, 0).name];
  assert.deepEqual(chosen.slice(0, 2), [one, one], 'until as many are in flight there');
  assert.ok(chosen.includes(zero));
});

test('with fewer than two probes, or only old ones, there is nothing to choose', () => {
  const endpoints = endpointsOf(100);
  const pool = new ProbePool(lasting, 100, seededRandom(1));
  assert.equal(pool.choose(0), null);
  pool.add(at(endpoints, 0), 1, 1, 0);
  assert.equal(pool.choose(0), null);
  pool.add(at(endpoints, 1), 1, 2, 500);
  assert.equal(pool.choose(1_000), at(endpoints, 0));
  assert.equal(pool.choose(1_001), null, 'the first is too old');
});

test('a newer answer of an endpoint replaces the older one, and the oldest makes room', () => {
  const endpoints = endpointsOf(100);
  const pool = new ProbePool(lasting, 100, seededRandom(1));
  for (let index = 0; index < 40; index += 1) pool.add(at(endpoints, index), 1, index, 0);
  assert.equal(pool.size, 16);
  assert.equal(pool.choose(0), at(endpoints, 24), 'the best of the last 16');
  pool.add(at(endpoints, 24), 1, 99, 0);
  assert.equal(pool.size, 16);
  assert.equal(pool.choose(0), at(endpoints, 25));
});

test("probes are used up and removed at the paper's rates", () => {
  const endpoints = endpointsOf(100);
  const random = seededRandom(3);
  const pool = new ProbePool(plan, 100, random);
  let [chosen, sizes] = [0, 0];
  const counts = new Map<LiveEndpoint | null, number>();
  for (let request = 0; request < 10_000; request += 1) {
    for (let probe = 0; probe < 3; probe += 1) {
      pool.add(at(endpoints, Math.floor(random() * 100)), Math.floor(random() * 10), random() * 100, request);
    }
    const endpoint = pool.choose(request);
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
    if (endpoint) chosen += 1;
    sizes += pool.size;
  }
  assert.equal(chosen, 10_000);
  assert.ok(sizes / 10_000 > 10 && sizes / 10_000 <= 16, `mean size ${sizes / 10_000}`);
  assert.ok(Math.max(...counts.values()) < 300, 'nobody is flooded');
});

test('small clusters keep a pool that is smaller than they are, and it does not run dry', () => {
  for (const count of [2, 3, 5, 10, 20]) {
    const endpoints = endpointsOf(count);
    const random = seededRandom(3);
    const pool = new ProbePool(plan, count, random);
    let chosen = 0;
    for (let request = 0; request < 2_000; request += 1) {
      for (let probe = 0; probe < 3; probe += 1) {
        pool.add(at(endpoints, Math.floor(random() * count)), Math.floor(random() * 4), random() * 100, request);
      }
      if (pool.choose(request)) chosen += 1;
    }
    assert.ok(chosen > 1_900, `${count}: ${chosen}`);
  }
});

test('the called side answers with the median latency at about this load', () => {
  const estimate = new LoadEstimate();
  const record = (inFlight: number, latency: number, failed = false, now = 0): void =>
    estimate.record(inFlight, latency, failed, now);
  assert.equal(estimate.at(3, 0), 0);
  for (let sample = 0; sample < 31; sample += 1) record(2, 1);
  assert.equal(estimate.at(2, 0), 0, 'a few requests say nothing');
  for (let sample = 0; sample < 40; sample += 1) {
    record(2, 20 + (sample % 3));
    record(50, 200 + (sample % 3));
    record(5_000, 1_000);
  }
  const table: [number, number][] = [
    [2, 21],
    [3, 21],
    [52, 201],
    [100_000, 1_000],
  ];
  for (const [inFlight, latency] of table) assert.equal(estimate.at(inFlight, 0), latency);
  for (let sample = 0; sample < 16; sample += 1) record(2, 5, false, 8_000);
  assert.equal(estimate.at(2, 8_000), 5, 'only the latest count');
  assert.equal(estimate.at(2, 12_000), 5, 'what is old is forgotten');
  assert.equal(estimate.at(2, 18_001), 0);
  for (let sample = 0; sample < 16; sample += 1) record(2, 1, sample < 10, 20_000);
  assert.equal(estimate.at(2, 20_000), 5_000, 'who fails fast is not fast');
});

/** A picker over endpoints that answer by `answer`, at once. */
function pickerOf(count: number, answer: (index: number) => ProbeAnswer, over: Partial<PrequalPlan> = {}) {
  const endpoints = endpointsOf(count);
  const clock = { now: 0 };
  const asked: number[] = [];
  const fallback = { pick: (random: () => number) => at(endpoints, Math.floor(random() * count)) };
  const random = seededRandom(5);
  const weights = new Array<number>(count).fill(1);
  const picker = new PrequalPicker(
    endpoints,
    weights,
    { ...plan, ...over },
    fallback,
    (endpoint, done) => {
      const index = endpoints.indexOf(endpoint);
      asked.push(index);
      done(answer(index));
    },
    random,
    () => clock.now,
  );
  const pick = (attempt = 0): number => {
    clock.now += 1;
    return endpoints.indexOf(picker.pick(random, null, attempt));
  };
  return { pick, asked, clock };
}

test('each request sends three probes to different endpoints, a retry none', () => {
  const { pick, asked } = pickerOf(50, () => ({ inFlight: 1, latency: 1 }));
  for (let request = 0; request < 100; request += 1) {
    asked.length = 0;
    pick();
    assert.equal(asked.length, 3);
    assert.equal(new Set(asked).size, 3);
  }
  asked.length = 0;
  pick(1);
  assert.equal(asked.length, 0);
});

test('a number of probes that is not whole holds on average', () => {
  const { pick, asked } = pickerOf(50, () => ({ inFlight: 1, latency: 1 }), { probesPerRequest: 0.5 });
  for (let request = 0; request < 100; request += 1) pick();
  assert.equal(asked.length, 50);
});

test('requests go to the fast ones', () => {
  const { pick } = pickerOf(50, (index) => ({ inFlight: 1, latency: index < 25 ? 10 : 100 }));
  let fast = 0;
  for (let request = 0; request < 1_000; request += 1) if (pick() < 25) fast += 1;
  assert.ok(fast > 900, `${fast}`);
});

test('endpoints that answer no probes get their share by the fallback, and are not asked for a while', () => {
  const { pick, asked, clock } = pickerOf(20, (index) => (index < 10 ? null : { inFlight: 1, latency: 1 }));
  for (let request = 0; request < 500; request += 1) pick();
  asked.length = 0;
  let mute = 0;
  for (let request = 0; request < 2_000; request += 1) if (pick() < 10) mute += 1;
  // Half of the requests go through the fallback, which gives half of them to these; few to others than them.
  assert.ok(mute > 400 && mute < 1_100, `${mute}`);
  assert.ok(asked.every((index) => index >= 10));
  clock.now += 60_000;
  asked.length = 0;
  for (let request = 0; request < 100; request += 1) pick();
  assert.ok(asked.some((index) => index < 10));
});
