import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import type { ProbeResult } from '../../../sidecar/cluster/health/endpoint-check.ts';
import type { Prober, ProbeTarget } from '../../../sidecar/cluster/health/probe.ts';
import type { EndpointsPlan } from '../../../sidecar/core/plan/cluster.ts';
import type { HealthCheckPlan } from '../../../sidecar/core/plan/health-check.ts';
import { FLAG, pageBytes, ROW, SHARED, SlotTable } from '../../../sidecar/core/slots.ts';
import { StatsCollector } from '../../../sidecar/telemetry/collect.ts';
import { type CheckEventRecord, HealthChecker } from '../../../sidecar/worker/health-checker.ts';
import { clusterPlan, endpointsPlan } from '../../support/cluster.ts';
import { healthCheckPlan } from '../../support/health.ts';

const down: ProbeResult = { passed: false, final: false, network: true, reason: 'no answer' };

/** Probers that answer when the test says so; `answers` holds what is answered at once. */
class Bench {
  readonly clock = new VirtualClock();
  readonly stats = new StatsCollector();
  readonly slots = new SlotTable(1, 0);
  readonly events: CheckEventRecord[] = [];
  readonly passed: number[] = [];
  readonly targets: ProbeTarget[] = [];
  readonly answers = new Map<string, ProbeResult>();
  running = 0;
  mostRunning = 0;
  closed = 0;
  readonly checker: HealthChecker;

  constructor() {
    this.slots.addPage(new SharedArrayBuffer(pageBytes(1)));
    this.checker = new HealthChecker({
      slots: this.slots,
      clock: this.clock,
      random: () => 0,
      stats: this.stats.own,
      prober: async (_, target) => this.#prober(target),
      onEvent: (event) => this.events.push(event),
      onPassed: (slot) => this.passed.push(slot),
    });
  }

  #prober(target: ProbeTarget): Prober {
    this.targets.push(target);
    return {
      probe: (done) => {
        this.running += 1;
        this.mostRunning = Math.max(this.mostRunning, this.running);
        const answer = this.answers.get(target.address);
        let over = false;
        const end = (): void => {
          if (!over) this.running -= 1;
          over = true;
        };
        if (answer) {
          queueMicrotask(() => {
            end();
            done(answer);
          });
        }
        return end;
      },
      close: () => {
        this.closed += 1;
      },
    };
  }

  put(plan: Partial<HealthCheckPlan> | null, endpoints: EndpointsPlan): void {
    this.checker.put(clusterPlan({ healthCheck: plan && healthCheckPlan(plan) }), endpoints);
  }

  /** Advances in steps, and lets what was begun come to its end. */
  async advance(ms: number): Promise<void> {
    for (let left = ms; left >= 0; left -= 100) {
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (left > 0) this.clock.advance(Math.min(100, left));
    }
  }

  /** Endpoints that fail their check, by the flags that workers see. */
  get failing(): number[] {
    const all = Array.from({ length: 8 }, (_, index) => index);
    return all.filter((index) => (this.slots.slot(1 + index).shared(SHARED.flags) & FLAG.failedCheck) !== 0);
  }

  stat(name: string): number {
    const kind = name === 'healthy' || name === 'degraded' ? 'gauge' : 'counter';
    return this.stats.value(kind, 'cluster', 'cart', `health_check.${name}`);
  }
}

const up: ProbeResult = { passed: true, degraded: false };

test('endpoints take no requests until they have passed, and none once they fail', async () => {
  const bench = new Bench();
  bench.put({ unhealthyThreshold: 2 }, endpointsPlan([1, 1]));
  assert.deepEqual(bench.failing, [0, 1]);
  assert.equal(bench.checker.pending, 2);
  bench.answers.set('10.0.0.0', up).set('10.0.0.1', up);
  await bench.advance(600);
  // What was under way when they came up was not answered in time.
  assert.equal(bench.checker.pending, 0);
  await bench.advance(1000);
  assert.deepEqual(bench.failing, []);
  assert.equal(bench.stat('healthy'), 2);
  bench.answers.set('10.0.0.1', down);
  await bench.advance(2100);
  assert.deepEqual(bench.failing, [1]);
  assert.equal(bench.stat('healthy'), 1);
  const { reason, endpoint } = bench.events.at(-1) ?? {};
  assert.deepEqual([endpoint, reason], ['10.0.0.1:80', 'no answer, 2 times in a row']);
  assert.deepEqual(
    bench.checker.failing().map((each) => each.endpoint),
    ['10.0.0.1:80'],
  );
  assert.ok(bench.stat('network_failure') >= 2);
  assert.equal(bench.stat('attempt') >= bench.stat('success') + bench.stat('failure'), true);
  assert.ok(bench.passed.length > 0);
});

test('a probe that takes too long has failed', async () => {
  const bench = new Bench();
  bench.put({ timeout: 300 }, endpointsPlan([1]));
  await bench.advance(200);
  assert.equal(bench.stat('failure'), 0);
  await bench.advance(200);
  assert.equal(bench.stat('failure'), 1);
  assert.equal(bench.running, 0);
  assert.equal(bench.events[0]?.reason, 'no answer within 300 ms');
});

test('at most 64 probes run at the same time, and the others follow', async () => {
  const bench = new Bench();
  bench.put(
    { timeout: 400, unhealthyInterval: 100_000, noTrafficInterval: 100_000 },
    endpointsPlan(new Array(200).fill(1)),
  );
  await bench.advance(100);
  assert.equal(bench.running, 64);
  await bench.advance(2500);
  assert.equal(bench.mostRunning, 64);
  assert.equal(bench.stat('attempt'), 200);
  assert.equal(bench.running, 0);
});

test('endpoints that stay keep what is known of them; those that go are no longer checked', async () => {
  const bench = new Bench();
  bench.answers.set('10.0.0.0', up).set('10.0.0.1', up).set('10.0.0.2', up);
  bench.put({}, endpointsPlan([1, 1]));
  await bench.advance(100);
  bench.put({}, endpointsPlan([1, 1, 1]));
  assert.deepEqual(bench.failing, [2], 'only the new one is unknown');
  await bench.advance(100);
  assert.equal(bench.stat('healthy'), 3);
  bench.put({}, endpointsPlan([1]));
  assert.equal(bench.stat('healthy'), 1);
  assert.deepEqual(bench.failing, []);
  await bench.advance(0);
  assert.equal(bench.closed, 2);
  bench.put(null, endpointsPlan([1]));
  assert.equal(bench.stat('healthy'), 0);
  const attempts = bench.stat('attempt');
  await bench.advance(3000);
  assert.equal(bench.stat('attempt'), attempts);
});

test('another target or plan begins anew without forgetting', async () => {
  const bench = new Bench();
  bench.answers.set('10.0.0.0', up);
  bench.put({}, endpointsPlan([1]));
  await bench.advance(100);
  const checks = [{ port: 9000, hostname: 'health.test', disabled: false }];
  bench.put({}, { ...endpointsPlan([1]), checks });
  assert.deepEqual(bench.failing, []);
  await bench.advance(100);
  assert.deepEqual(bench.targets.at(-1), { address: '10.0.0.0', port: 9000, hostname: 'health.test' });
  bench.put({}, { ...endpointsPlan([1]), checks: [{ port: 0, hostname: '', disabled: true }] });
  assert.equal(bench.stat('healthy'), 0, 'it is not checked, and counts as healthy');
  assert.deepEqual(bench.failing, []);
});

test('the interval is that of a cluster with traffic once it had a request', async () => {
  const bench = new Bench();
  bench.answers.set('10.0.0.0', up);
  bench.put({ interval: 200, noTrafficInterval: 60_000, noTrafficHealthyInterval: 1000 }, endpointsPlan([1]));
  await bench.advance(900);
  assert.equal(bench.stat('attempt'), 1);
  bench.slots.slot(0).add(ROW.requests, 1);
  await bench.advance(1000);
  assert.ok(bench.stat('attempt') >= 4, String(bench.stat('attempt')));
});

test('an endpoint may pass and call itself degraded', async () => {
  const bench = new Bench();
  bench.answers.set('10.0.0.0', { passed: true, degraded: true });
  bench.put({}, endpointsPlan([1]));
  await bench.advance(100);
  assert.equal(bench.slots.slot(1).shared(SHARED.flags), FLAG.degraded);
  assert.equal(bench.stat('degraded'), 1);
  bench.answers.set('10.0.0.0', up);
  await bench.advance(1000);
  assert.equal(bench.slots.slot(1).shared(SHARED.flags), 0);
  assert.equal(bench.stat('degraded'), 0);
});

test('every result is told when the plan wants it', async () => {
  const bench = new Bench();
  bench.answers.set('10.0.0.0', up);
  bench.put({ logSuccesses: true }, endpointsPlan([1]));
  await bench.advance(1100);
  assert.deepEqual(
    bench.events.map((each) => [each.changed, each.healthy]),
    [
      [true, true],
      [false, true],
      [false, true],
    ],
  );
});

test('endpoints that were in use before there were checks stay in use until their first result', async () => {
  const bench = new Bench();
  bench.put(null, endpointsPlan([1, 1]));
  bench.answers.set('10.0.0.0', up);
  bench.answers.set('10.0.0.1', down);
  bench.put({}, endpointsPlan([1, 1, 1]));
  assert.deepEqual(bench.failing, [2], 'the new one has to pass first');
  await bench.advance(100);
  assert.deepEqual(bench.failing, [1, 2]);
  assert.equal(bench.stat('healthy'), 1);
  bench.put(null, endpointsPlan([1, 1]));
  assert.equal(bench.stat('healthy'), 0);
  assert.deepEqual(bench.failing, []);
});
