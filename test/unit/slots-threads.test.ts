import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { pageBytes, ROW, SlotTable } from '../../sidecar/core/slots.ts';
import type { HammerOrder } from '../support/slot-hammer.ts';

for (const [workers, cap] of [
  [4, 1],
  [4, 3],
  [2, 1],
] as const) {
  test(`${workers} threads that claim at once never hold more than ${cap}, and give everything back`, async () => {
    const page = new SharedArrayBuffer(pageBytes(workers));
    const inside = new SharedArrayBuffer(12);
    const threads = Array.from({ length: workers }, (_, me) => {
      const workerData: HammerOrder = { page, inside, workers, me, cap, rounds: 50_000 };
      return new Worker(new URL('../support/slot-hammer.ts', import.meta.url), { workerData });
    });
    const results = await Promise.all(threads.map(async (thread) => (await once(thread, 'message'))[0]));
    const [holders, most] = new Int32Array(inside);
    assert.equal(holders, 0);
    assert.ok((most ?? 0) <= cap, `${most} held at once`);
    assert.ok(results.some((each: { granted: number }) => each.granted > 0));
    const table = new SlotTable(workers, -1);
    table.addPage(page);
    for (let worker = 0; worker < workers; worker += 1) assert.equal(table.slot(3).rowOf(worker, ROW.active), 0);
  });
}
