import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../../shared/struct/random.ts';
import type { AdaptiveConcurrencyPlan } from '../../../sidecar/core/plan/overload.ts';
import { Gradient } from '../../../sidecar/filter/overload/gradient.ts';
import { SuccessWindow } from '../../../sidecar/filter/overload/success-window.ts';

const gradientPlan = (over: Partial<AdaptiveConcurrencyPlan> = {}): AdaptiveConcurrencyPlan => ({
  percentile: 50,
  maxConcurrency: 1000,
  updateInterval: 100,
  minRttInterval: 60_000,
  requestCount: 10,
  jitter: 0,
  minConcurrency: 3,
  buffer: 25,
  status: 503,
  ...over,
});

describe('the gradient', () => {
  /** Requests of one latency until `windows` have passed, answered one per ms. */
  function run(gradient: Gradient, from: number, windows: number, latency: (limit: number) => number): number {
    let now = from;
    for (; now < from + windows * 100; now += 1) {
      gradient.sample(now - latency(gradient.limit), now);
      gradient.advance(now);
    }
    return now;
  }

  test('begins with a measurement at the least concurrency, of what began after it', () => {
    const gradient = new Gradient(gradientPlan(), () => 0, 1000);
    assert.deepEqual([gradient.limit, gradient.measuring], [3, true]);
    for (let nth = 0; nth < 20; nth += 1) gradient.sample(900, 1010);
    assert.ok(gradient.measuring, 'they began before');
    for (let nth = 0; nth < 10; nth += 1) gradient.sample(1010 + nth, 1020 + nth * 2);
    assert.deepEqual([gradient.measuring, gradient.minRtt], [false, 14]);
  });

  test('grows while latency is near its minimum, and shrinks when it is not', () => {
    const gradient = new Gradient(gradientPlan(), () => 0, 0);
    let now = run(gradient, 0, 1, () => 10);
    now = run(gradient, now, 20, () => 10);
    assert.equal(gradient.limit, 1000);
    now = run(gradient, now, 4, () => 100);
    assert.ok(gradient.limit < 250, String(gradient.limit));
  });

  test('settles where a service can no more, and does not hang at the least', () => {
    const gradient = new Gradient(gradientPlan(), () => 0, 0);
    // 40 at once are served in 10 ms; above that requests wait for each other.
    const service = (limit: number): number => 10 * Math.max(1, limit / 40);
    let now = run(gradient, 0, 1, service);
    now = run(gradient, now, 40, service);
    assert.ok(gradient.limit >= 40 && gradient.limit <= 120, String(gradient.limit));
    // The service became slower for good: the minimum is measured anew after some windows at the least.
    now = run(gradient, now, 40, () => 50);
    assert.ok(gradient.minRtt === 50, String(gradient.minRtt));
    run(gradient, now, 20, () => 50);
    assert.equal(gradient.limit, 1000);
  });

  test('measures again after its interval, spread by jitter, and goes on with the limit that it had', () => {
    const gradient = new Gradient(gradientPlan({ minRttInterval: 5000, jitter: 20 }), () => 0.5, 0);
    let now = run(gradient, 0, 1, () => 10);
    now = run(gradient, now, 10, () => 10);
    let { limit } = gradient;
    while (!gradient.measuring) {
      limit = gradient.limit;
      gradient.advance(now);
      now += 10;
    }
    assert.ok(now >= 5500 && now < 5700, String(now));
    assert.equal(gradient.limit, 3);
    for (let nth = 0; nth < 10; nth += 1) gradient.sample(now, now + 20);
    assert.deepEqual([gradient.limit, gradient.minRtt], [limit, 20]);
  });
});

describe('the window of admission control', () => {
  const plan = { window: 30_000, aggression: 1, threshold: 50, rps: 0, maxRejection: 80 };

  test("follows Envoy's formula", () => {
    const window = new SuccessWindow(plan);
    for (let nth = 0; nth < 100; nth += 1) window.record(nth < 30, 1000);
    assert.equal(window.rejection(1000), (100 - 30 / 0.5) / 101);
    for (let nth = 0; nth < 30; nth += 1) window.record(true, 1000);
    assert.equal(window.rejection(1000), (130 - 60 / 0.5) / 131);
    for (let nth = 0; nth < 100; nth += 1) window.record(true, 1000);
    assert.equal(window.rejection(1000), 0);
  });

  test('cuts at the maximum, and bends by aggression', () => {
    const window = new SuccessWindow(plan);
    for (let nth = 0; nth < 1000; nth += 1) window.record(false, 0);
    assert.equal(window.rejection(0), 0.8);
    const bent = new SuccessWindow({ ...plan, aggression: 2 });
    for (let nth = 0; nth < 99; nth += 1) bent.record(nth < 25, 0);
    assert.equal(bent.rejection(0), Math.sqrt((99 - 50) / 100));
  });

  test('forgets what has left, and looks away while there are few', () => {
    const window = new SuccessWindow({ ...plan, rps: 10 });
    for (let nth = 0; nth < 299; nth += 1) window.record(false, 500);
    assert.equal(window.rejection(500), 0, 'less than 10 per second');
    window.record(false, 500);
    assert.equal(window.rejection(500), 0.8);
    assert.equal(window.rejection(29_900), 0.8);
    assert.equal(window.rejection(30_600), 0);
    window.record(false, 1_000_000);
    assert.equal(window.rejection(1_000_000), 0);
  });

  test('lets a service that can do half of the load have about that', () => {
    const window = new SuccessWindow({ ...plan, threshold: 90, window: 3000 });
    const random = seededRandom(3);
    let [sent, now] = [0, 0];
    for (let second = 0; second < 60; second += 1) {
      let capacity = 50;
      for (let nth = 0; nth < 100; nth += 1) {
        now += 10;
        if (random() < window.rejection(now)) continue;
        if (second >= 30) sent += 1;
        capacity -= 1;
        window.record(capacity >= 0, now);
      }
    }
    assert.ok(sent / 30 < 75, `${sent / 30} a second of 100 offered, and 50 can be served`);
    assert.ok(sent / 30 >= 45);
  });
});
