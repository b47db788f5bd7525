import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import { Circuit, type CircuitState } from '../../../sidecar/cluster/breaker/circuit.ts';
import { rotation } from '../../../sidecar/cluster/breaker/kit.ts';
import { errorRatePlan } from '../../support/breaker.ts';

/** A circuit whose library and whose window both go by times that the test sets. */
class Bench {
  readonly clock = new VirtualClock();
  readonly states: CircuitState[] = [];
  readonly circuit: Circuit;
  readonly #t: TestContext;

  constructor(t: TestContext, over: Parameters<typeof errorRatePlan>[0] = {}) {
    this.#t = t;
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    const plan = errorRatePlan(over);
    const { emitter } = rotation(plan.window, this.clock);
    this.circuit = new Circuit(plan, emitter, (state) => this.states.push(state));
    t.after(() => this.circuit.close());
  }

  async feed(successes: number, failures: number): Promise<CircuitState> {
    this.circuit.feed(successes, failures);
    await new Promise((resolve) => setImmediate(resolve));
    return this.circuit.state;
  }

  advance(ms: number): void {
    this.clock.advance(ms);
    this.#t.mock.timers.tick(ms);
  }
}

test('it opens when the share of failures in the window reaches the threshold', async (t) => {
  const bench = new Bench(t, { threshold: 50, minRequests: 10 });
  assert.equal(await bench.feed(6, 5), 'closed');
  assert.equal(await bench.feed(0, 1), 'open', '6 of 12');
});

test('too few attempts say nothing, whatever came of them', async (t) => {
  const bench = new Bench(t, { minRequests: 10 });
  assert.equal(await bench.feed(0, 9), 'closed');
  assert.equal(await bench.feed(0, 1), 'open');
});

test('a threshold of 100 % wants all to fail', async (t) => {
  const bench = new Bench(t, { threshold: 100, minRequests: 10 });
  assert.equal(await bench.feed(1, 99), 'closed');
  bench.advance(10_000);
  assert.equal(await bench.feed(0, 10), 'open');
});

test('what has left the window no longer counts', async (t) => {
  const bench = new Bench(t, { window: 10_000, minRequests: 10, threshold: 60 });
  await bench.feed(100, 0);
  bench.advance(5000);
  assert.equal(await bench.feed(0, 60), 'closed', '60 of 160');
  bench.advance(5000);
  assert.equal(await bench.feed(0, 1), 'open', '61 of 61');
});

test('of very many attempts a sample is told, of the same ratio', async (t) => {
  const bench = new Bench(t, { threshold: 50, minRequests: 1000 });
  assert.equal(await bench.feed(51_000, 49_000), 'closed');
  assert.deepEqual(bench.circuit.window, { attempts: 1000, failures: 490 });
  bench.advance(10_000);
  assert.equal(await bench.feed(49_000, 51_000), 'open');
  assert.deepEqual(bench.circuit.window, { attempts: 1000, failures: 510 });
});

test('it is half-open after its time, closes with an empty window when the trial passed', async (t) => {
  const bench = new Bench(t, { openFor: 5000, minRequests: 10 });
  await bench.feed(0, 10);
  bench.advance(4999);
  assert.equal(bench.circuit.state, 'open');
  assert.equal(await bench.feed(1000, 0), 'open', 'what was under way says nothing new');
  bench.advance(1);
  assert.equal(bench.circuit.state, 'half-open');
  assert.equal(await bench.feed(0, 1000), 'half-open');
  bench.circuit.decide(true);
  assert.equal(bench.circuit.state, 'closed');
  assert.equal(await bench.feed(5, 4), 'closed');
  assert.deepEqual(bench.states, ['open', 'half-open', 'closed']);
  assert.equal(await bench.feed(0, 1), 'open', 'it goes on working');
});

test('each failed trial doubles the time that it is open, up to the maximum; a passed one begins anew', async (t) => {
  const bench = new Bench(t, { openFor: 1000, maxOpenFor: 3000, minRequests: 1 });
  await bench.feed(0, 1);
  const openFor = (): number => {
    let waited = 0;
    for (; bench.circuit.state === 'open'; waited += 100) bench.advance(100);
    return waited;
  };
  const times: number[] = [];
  for (let trial = 0; trial < 4; trial += 1) {
    times.push(openFor());
    bench.circuit.decide(false);
  }
  assert.deepEqual(times, [1000, 2000, 3000, 3000]);
  openFor();
  bench.circuit.decide(true);
  await bench.feed(0, 1);
  assert.equal(openFor(), 1000);
});
