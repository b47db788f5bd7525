import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../shared/struct/random.ts';
import type { Clock } from '../../../shared/time/clock.ts';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import { Wheel, WheelTimer } from '../../../shared/time/wheel.ts';

test('timers fire in time: never early, and at most a tick late', () => {
  const clock = new VirtualClock();
  const wheel = new Wheel(clock);
  const random = seededRandom(1);
  let left = 1000;
  for (let count = 0; count < 1000; count += 1) {
    const wait = random() * 20_000;
    const due = clock.now() + wait;
    const timer = new WheelTimer(() => {
      left -= 1;
      assert.ok(clock.now() >= due && clock.now() <= due + 10, `due ${due}, fired ${clock.now()}`);
    });
    wheel.start(timer, wait, clock.now());
    clock.advance(random() * 20);
  }
  clock.advance(21_000);
  assert.deepEqual([left, wheel.running], [0, 0]);
});

test('a timer that is stopped, or started anew, does not fire at its old time', () => {
  const clock = new VirtualClock();
  const wheel = new Wheel(clock);
  const fired: number[] = [];
  const stopped = new WheelTimer(() => fired.push(-1));
  const moved = new WheelTimer(() => fired.push(clock.now()));
  wheel.start(stopped, 50, 0);
  wheel.start(moved, 50, 0);
  clock.advance(40);
  wheel.stop(stopped);
  wheel.start(moved, 100, clock.now());
  clock.advance(500);
  assert.deepEqual(fired, [140]);
  assert.equal(wheel.running, 0);
});

test('no timer of the wheel runs while none is started', () => {
  let intervals = 0;
  const virtual = new VirtualClock();
  const clock: Clock = {
    now: () => virtual.now(),
    wall: () => virtual.wall(),
    after: (ms, action) => virtual.after(ms, action),
    every(ms, action) {
      intervals += 1;
      const cancel = virtual.every(ms, action);
      return () => {
        intervals -= 1;
        cancel();
      };
    },
  };
  const wheel = new Wheel(clock);
  assert.equal(intervals, 0);
  wheel.start(new WheelTimer(() => {}), 30, 0);
  assert.equal(intervals, 1);
  virtual.advance(100);
  assert.equal(intervals, 0);
});

/** A clock whose one interval is called by hand, as an event loop calls it after it was held up. */
class LateClock implements Clock {
  time = 0;
  tick: () => void = () => {};
  now = (): number => this.time;
  wall = (): number => this.time;
  after = (): (() => void) => () => {};
  every(_ms: number, action: () => void): () => void {
    this.tick = action;
    return () => {};
  }
}

test('a thread that was held up looks for input once before it finds anything too late', () => {
  const clock = new LateClock();
  const wheel = new Wheel(clock);
  let fired = 0;
  const timers = [100, 200, 5000].map(() => new WheelTimer(() => (fired += 1)));
  for (const [at, ms] of [100, 200, 5000].entries()) wheel.start(timers[at] as WheelTimer, ms, 0);
  clock.time = 150;
  clock.tick();
  assert.equal(fired, 0, 'it was held up for 150 ms: the input first');
  // What came meanwhile stops a timer; the other is late indeed.
  clock.time = 161;
  clock.tick();
  assert.equal(fired, 1);
  clock.time = 400;
  clock.tick();
  wheel.stop(timers[1] as WheelTimer);
  clock.tick();
  assert.equal(fired, 1);
  // Held up again and again, it does not put things off for ever.
  for (clock.time = 700; clock.time < 6000; clock.time += 200) clock.tick();
  assert.equal(fired, 2);
  assert.equal(wheel.running, 0);
});
