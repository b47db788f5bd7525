import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterLimits } from '../../sidecar/cluster/limits.ts';
import { pageBytes, SlotTable } from '../../sidecar/core/slots.ts';
import { unlimited } from '../support/cluster.ts';

/** The limits of one cluster as its workers see them, under Aya's budget alone. */
function workers(count: number, percent: number, minPerSecond: number, interval = 10_000): ClusterLimits[] {
  const page = new SharedArrayBuffer(pageBytes(count));
  return Array.from({ length: count }, (_, me) => {
    const table = new SlotTable(count, me);
    table.addPage(page);
    const retryBudget = { percent, minPerSecond, interval };
    return new ClusterLimits(table.slot(0), { ...unlimited, maxRetries: 0, retryBudget }, 0);
  });
}

/** Sends `rate` requests a second, each of which fails and asks for a retry; returns the retries of each second. */
function failing(limits: readonly ClusterLimits[], rate: number, seconds: number, from = 0): number[] {
  return Array.from({ length: seconds }, (_, second) => {
    let retries = 0;
    for (let request = 0; request < rate; request += 1) {
      const now = (from + second) * 1000 + (request * 1000) / rate;
      const each = limits[request % limits.length];
      if (!each?.beginRequest(now)) continue;
      if (each.beginRetry(now)) {
        retries += 1;
        each.endRetry();
      }
      each.endRequest();
    }
    return retries;
  });
}

const sum = (counts: readonly number[]): number => counts.reduce((left, right) => left + right, 0);

for (const count of [1, 4]) {
  test(`when everything fails, retries are the budget's share of the requests (${count} workers)`, () => {
    const retries = failing(workers(count, 20, 10), 500, 30);
    const share = sum(retries) / (500 * 30);
    // Windows move by tenths, each worker's at its own moments.
    assert.ok(share > 0.19 && share < 0.202, `${share}`);
  });
}

test('at a low rate the floor per second holds', () => {
  assert.deepEqual(failing(workers(1, 20, 10), 10, 5), [10, 10, 10, 10, 10]);
  const retries = failing(workers(2, 20, 10), 40, 20);
  // 20 % of 40 is 8: the floor of 10 a second is what counts.
  for (const each of retries) assert.ok(each >= 10 && each <= 12, `${retries}`);
});

test('what was saved is forgotten after the interval', () => {
  const [limits] = workers(1, 20, 0);
  assert.ok(limits);
  for (let request = 0; request < 1000; request += 1) {
    limits.beginRequest(request);
    limits.endRequest();
  }
  const spent = (now: number): number => {
    let retries = 0;
    while (limits.beginRetry(now)) retries += 1;
    return retries;
  };
  assert.equal(spent(5000), 200);
  assert.equal(spent(9000), 0);
  assert.equal(spent(12_000), 0, 'both requests and retries are out of the window');
});

test('requests of a minute ago pay for no retry', () => {
  const limits = workers(1, 50, 0);
  failing(limits, 100, 2);
  assert.equal(limits[0]?.beginRetry(60_000), false);
});

test('without floor and without share there are no retries', () => {
  assert.equal(sum(failing(workers(1, 0, 0), 100, 3)), 0);
});

test('a budget that did not change keeps its window over an update', () => {
  const [limits] = workers(1, 20, 0);
  assert.ok(limits);
  for (let request = 0; request < 10; request += 1) limits.beginRequest(0);
  limits.adopt({ ...limits.plan, maxRequests: 77 }, 1);
  assert.ok(limits.beginRetry(1) && limits.beginRetry(1));
  assert.equal(limits.beginRetry(1), false);
  limits.adopt({ ...limits.plan, retryBudget: { percent: 100, minPerSecond: 0, interval: 10_000 } }, 2);
  assert.equal(limits.beginRetry(2), false, 'a new budget starts with what happens from now on');
});
