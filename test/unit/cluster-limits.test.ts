import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterLimits } from '../../sidecar/cluster/limits.ts';
import type { LimitsPlan } from '../../sidecar/core/plan/cluster.ts';
import { pageBytes, ROW, SlotTable } from '../../sidecar/core/slots.ts';
import { slotTable, unlimited } from '../support/cluster.ts';

const limitsOf = (over: Partial<LimitsPlan>): ClusterLimits =>
  new ClusterLimits(slotTable().slot(0), { ...unlimited, ...over }, 0);

test('each limit admits exactly as many as it says', () => {
  const limits = limitsOf({ maxRequests: 2, maxPendingRequests: 1, maxRetries: 3, maxConnections: 1 });
  const granted = (begin: () => boolean): number => [1, 2, 3, 4, 5].filter(begin).length;
  assert.equal(
    granted(() => limits.beginRequest(0)),
    2,
  );
  assert.equal(
    granted(() => limits.beginPending()),
    1,
  );
  assert.equal(
    granted(() => limits.beginRetry(0)),
    3,
  );
  assert.equal(
    granted(() => limits.beginConnection(false)),
    1,
  );
  limits.endRequest();
  limits.endPending();
  limits.endRetry();
  limits.endConnection();
  assert.equal(
    granted(() => limits.beginRequest(0)),
    1,
  );
  assert.equal(
    granted(() => limits.beginPending()),
    1,
  );
  assert.equal(
    granted(() => limits.beginRetry(0)),
    1,
  );
  assert.equal(
    granted(() => limits.beginConnection(false)),
    1,
  );
});

test('a limit of 0 admits nobody', () => {
  const limits = limitsOf({ maxRequests: 0, maxPendingRequests: 0, maxRetries: 0, maxConnections: 0 });
  assert.equal(limits.beginRequest(0) || limits.beginPending() || limits.beginRetry(0), false);
  assert.equal(limits.slot.sum(ROW.requests), 0, 'what was not admitted is no request');
});

test('a pool without a connection may open one even above the limit', () => {
  const limits = limitsOf({ maxConnections: 1 });
  assert.ok(limits.beginConnection(true));
  assert.equal(limits.beginConnection(false), false);
  assert.ok(limits.beginConnection(true));
  assert.equal(limits.slot.sum(ROW.connections), 2);
});

test('the limits of a cluster hold over its workers', () => {
  const page = new SharedArrayBuffer(pageBytes(3));
  const workers = [0, 1, 2].map((me) => {
    const table = new SlotTable(3, me);
    table.addPage(page);
    return new ClusterLimits(table.slot(0), { ...unlimited, maxRequests: 5 }, 0);
  });
  let granted = 0;
  for (let round = 0; round < 10; round += 1) for (const each of workers) if (each.beginRequest(0)) granted += 1;
  assert.equal(granted, 5);
});

test('new numbers hold at once, and what is under way stays counted', () => {
  const limits = limitsOf({ maxRequests: 3 });
  for (let count = 0; count < 3; count += 1) assert.ok(limits.beginRequest(0));
  limits.adopt({ ...unlimited, maxRequests: 2 }, 0);
  limits.endRequest();
  assert.equal(limits.beginRequest(0), false);
  limits.endRequest();
  assert.ok(limits.beginRequest(0));
});

test("Envoy's retry budget is a share of what is active and pending, with a floor", () => {
  const limits = limitsOf({ maxRetries: 0, envoyRetryBudget: { percent: 20, minConcurrency: 2 } });
  assert.ok(limits.beginRetry(0) && limits.beginRetry(0));
  assert.equal(limits.beginRetry(0), false, 'the floor is 2');
  for (let count = 0; count < 14; count += 1) limits.beginRequest(0);
  assert.equal(limits.beginRetry(0), false, '20 % of 14 is 2');
  limits.beginPending();
  assert.ok(limits.beginRetry(0), '20 % of 15 is 3');
  assert.equal(limits.beginRetry(0), false);
});
