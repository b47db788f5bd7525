import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import { HeadGrace, HeldHead } from '../../../sidecar/http/held-head.ts';

test('heads go on after 2 ms, in the order in which they came, each in a turn', () => {
  const clock = new VirtualClock();
  let turns = 0;
  const grace = new HeadGrace(clock, (run) => {
    turns += 1;
    run();
  });
  const passed: [number, number][] = [];
  const hold = (status: number): void =>
    grace.hold(new HeldHead(status, HeaderList.of(), -1, { pass: (head) => passed.push([head.status, clock.now()]) }));
  const began = clock.now();
  hold(200);
  hold(201);
  clock.advance(1);
  hold(202);
  assert.deepEqual(passed, []);
  clock.advance(1);
  assert.deepEqual(passed, [
    [200, began + 2],
    [201, began + 2],
  ]);
  clock.advance(1);
  assert.deepEqual(passed.at(-1), [202, began + 3]);
  // With nobody in line no timer runs.
  clock.advance(100);
  assert.equal(turns, 2);
  hold(203);
  clock.advance(2);
  assert.deepEqual(passed.at(-1), [203, began + 105]);
});
