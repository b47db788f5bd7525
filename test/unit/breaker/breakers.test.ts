import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import * as kit from '../../../sidecar/cluster/breaker/kit.ts';
import type { ErrorRatePlan } from '../../../sidecar/core/plan/cluster.ts';
import { BREAKER, FLAG, pageBytes, ROW, SHARED, SlotTable } from '../../../sidecar/core/slots.ts';
import { StatsCollector } from '../../../sidecar/telemetry/collect.ts';
import { type BreakerEvent, Breakers } from '../../../sidecar/worker/breakers.ts';
import { errorRatePlan } from '../../support/breaker.ts';
import { clusterPlan, endpointsPlan } from '../../support/cluster.ts';

/** Main's breakers of the cluster `cart` with two endpoints in slots 1 and 2. */
class Bench {
  readonly clock = new VirtualClock();
  readonly stats = new StatsCollector();
  readonly slots = new SlotTable(1, 0);
  readonly events: BreakerEvent[] = [];
  readonly breakers: Breakers;
  readonly #t: TestContext;
  loads = 0;

  constructor(t: TestContext) {
    this.#t = t;
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    this.slots.addPage(new SharedArrayBuffer(pageBytes(1)));
    this.breakers = new Breakers({
      slots: this.slots,
      clock: this.clock,
      stats: this.stats.own,
      load: async () => {
        this.loads += 1;
        return kit;
      },
      onEvent: (event) => this.events.push(event),
    });
    t.after(() => this.breakers.close());
  }

  async put(plan: Partial<ErrorRatePlan> | null, endpoints = 2): Promise<void> {
    const breaker = plan && errorRatePlan(plan);
    this.breakers.put(clusterPlan({ breaker }), endpointsPlan(new Array(endpoints).fill(1)));
    await this.settle();
  }

  did(slot: number, successes: number, failures: number): void {
    this.slots.slot(slot).add(ROW.successes, successes);
    this.slots.slot(slot).add(ROW.failures, failures);
  }

  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(100, left));
      this.#t.mock.timers.tick(Math.min(100, left));
      await this.settle();
    }
  }

  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  shared(slot: number, cell: number): number {
    return this.slots.slot(slot).shared(cell);
  }

  gauge(name: 'open' | 'half_open'): number {
    return this.stats.value('gauge', 'cluster', 'cart', `circuit_breakers.error_rate.${name}`);
  }
}

test('the library is loaded only when a cluster has a breaker', async (t) => {
  const bench = new Bench(t);
  await bench.put(null);
  assert.equal(bench.loads, 0);
  await bench.put({});
  await bench.put({ probes: 2 });
  assert.equal(bench.loads, 1);
});

test('a service is cut off within a tick, tried with its probes, and back when all passed', async (t) => {
  const bench = new Bench(t);
  await bench.put({ openFor: 1000, probes: 2 });
  bench.did(1, 10, 0);
  bench.did(2, 0, 15);
  await bench.advance(100);
  assert.equal(bench.shared(0, SHARED.breaker), BREAKER.open);
  assert.equal(bench.gauge('open'), 1);
  assert.equal(bench.events[0]?.reason, '60 % of 25 attempts within 10000 ms failed, open for 1000 ms');
  assert.equal(bench.shared(1, SHARED.flags), 0, 'no endpoint is to blame');
  await bench.advance(1000);
  assert.equal(bench.shared(0, SHARED.breaker), BREAKER.halfOpen);
  assert.deepEqual([bench.shared(0, SHARED.permits), bench.shared(0, SHARED.trial)], [2, 1]);
  bench.breakers.ended(0, 1, 'passed');
  assert.equal(bench.shared(0, SHARED.breaker), BREAKER.halfOpen);
  bench.breakers.ended(0, 1, 'passed');
  assert.equal(bench.shared(0, SHARED.breaker), BREAKER.closed);
  assert.deepEqual([bench.gauge('open'), bench.gauge('half_open')], [0, 0]);
  assert.deepEqual(
    bench.events.map((each) => each.state),
    ['open', 'half-open', 'closed'],
  );
});

test('an attempt of an earlier trial decides nothing, and an abandoned one gives its permit back', async (t) => {
  const bench = new Bench(t);
  await bench.put({ openFor: 1000, minRequests: 1 });
  bench.did(1, 0, 1);
  await bench.advance(1100);
  bench.breakers.ended(0, 1, 'failed');
  assert.equal(bench.shared(0, SHARED.breaker), BREAKER.open);
  await bench.advance(2000);
  assert.equal(bench.shared(0, SHARED.trial), 2);
  bench.breakers.ended(0, 1, 'passed');
  assert.equal(bench.shared(0, SHARED.breaker), BREAKER.halfOpen);
  assert.ok(bench.slots.slot(0).take(SHARED.permits));
  assert.ok(!bench.slots.slot(0).take(SHARED.permits));
  bench.breakers.ended(0, 2, 'abandoned');
  assert.ok(bench.slots.slot(0).take(SHARED.permits));
});

test('a worker that dies in the middle of a trial, or an attempt that is never heard of, begins another', async (t) => {
  const bench = new Bench(t);
  await bench.put({ openFor: 1000, minRequests: 1 });
  bench.did(1, 0, 1);
  await bench.advance(1100);
  bench.slots.slot(0).take(SHARED.permits);
  bench.breakers.workerDied();
  assert.deepEqual([bench.shared(0, SHARED.permits), bench.shared(0, SHARED.trial)], [1, 2]);
  bench.slots.slot(0).take(SHARED.permits);
  await bench.advance(59_000);
  assert.equal(bench.shared(0, SHARED.permits), 0);
  await bench.advance(2000);
  assert.equal(bench.shared(0, SHARED.permits), 1);
});

test('a breaker per endpoint takes that endpoint out of the rotation until its trial', async (t) => {
  const bench = new Bench(t);
  await bench.put({ per: 'endpoint', openFor: 1000 });
  bench.did(1, 100, 0);
  bench.did(2, 5, 15);
  await bench.advance(100);
  assert.deepEqual([bench.shared(1, SHARED.flags), bench.shared(2, SHARED.flags)], [0, FLAG.broken]);
  assert.equal(bench.events[0]?.endpoint, '10.0.0.1:80');
  assert.deepEqual(
    bench.breakers.open().map(({ endpoint, state }) => [endpoint, state]),
    [['10.0.0.1:80', 'open']],
  );
  await bench.advance(1000);
  assert.equal(bench.shared(2, SHARED.flags), 0);
  assert.equal(bench.shared(2, SHARED.breaker), BREAKER.halfOpen);
  await bench.put({ per: 'endpoint', openFor: 1000 }, 1);
  assert.equal(bench.shared(2, SHARED.breaker), BREAKER.closed, 'it left');
  assert.equal(bench.gauge('half_open'), 0);
});

test('what stays as it was keeps its state; another plan, or none, begins anew', async (t) => {
  const bench = new Bench(t);
  await bench.put({});
  bench.did(1, 0, 100);
  await bench.advance(100);
  await bench.put({}, 3);
  assert.equal(bench.shared(0, SHARED.breaker), BREAKER.open);
  await bench.put({ threshold: 60 });
  assert.equal(bench.shared(0, SHARED.breaker), BREAKER.closed);
  bench.did(1, 0, 100);
  await bench.advance(100);
  assert.equal(bench.shared(0, SHARED.breaker), BREAKER.open);
  await bench.put(null);
  assert.equal(bench.shared(0, SHARED.breaker), BREAKER.closed);
  assert.equal(bench.gauge('open'), 0);
});
