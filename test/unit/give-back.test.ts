import assert from 'node:assert/strict';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { giveBack } from '../../shared/lifecycle/give-back.ts';

/** How often memory is given back with so much of the heap in use, where Node lets us. */
function collections(t: TestContext, heapMiB: number): number {
  const before = globalThis.gc;
  const gc = t.mock.fn();
  const usage = { ...process.memoryUsage(), heapUsed: heapMiB * 1024 * 1024 };
  const memory = t.mock.method(process, 'memoryUsage', () => usage);
  globalThis.gc = gc as unknown as NodeJS.GCFunction;
  try {
    giveBack();
  } finally {
    globalThis.gc = before;
    memory.mock.restore();
  }
  return gc.mock.callCount();
}

test('what a start left behind is collected once, and a large heap is left alone', (t) => {
  assert.equal(collections(t, 12), 1);
  assert.equal(collections(t, 200), 0);
});

test('without the flag of the launcher nothing happens', () => {
  assert.equal(globalThis.gc, undefined);
  giveBack();
});
