import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '../../shared/struct/random.ts';
import { VirtualClock } from '../../shared/time/virtual-clock.ts';
import type { Detector } from '../../sidecar/cluster/outlier/detector.ts';
import type { OutlierPlan } from '../../sidecar/core/plan/cluster.ts';
import { FLAG, pageBytes, ROW, SHARED, SlotTable } from '../../sidecar/core/slots.ts';
import { Cell, type Stats } from '../../sidecar/core/stats.ts';
import { setFlag } from '../../sidecar/worker/availability.ts';
import { type EjectionEvent, Ejector } from '../../sidecar/worker/ejector.ts';
import { clusterPlan, endpointsPlan, outlierPlan } from '../support/cluster.ts';

/** Counters and gauges by their last part. */
class Counters implements Stats {
  readonly cells = new Map<string, Cell>();
  counter = (_: string, __: string, name: string): Cell => {
    const cell = this.cells.get(name) ?? new Cell(new Float64Array(1), 0);
    this.cells.set(name, cell);
    return cell;
  };
  gauge = this.counter;
  histogram(): never {
    throw new Error('no histogram is expected');
  }
  labelled = this.histogram;
  labelledHistogram = this.histogram;

  /** What is not 0. */
  get all(): Record<string, number> {
    return Object.fromEntries(
      [...this.cells]
        .filter(([, cell]) => cell.value !== 0)
        .map(([name, cell]) => [name.replace('outlier_detection.ejections_', ''), cell.value]),
    );
  }
}

class Bench {
  readonly clock = new VirtualClock();
  readonly stats = new Counters();
  readonly slots = new SlotTable(2, -1);
  readonly events: EjectionEvent[] = [];
  readonly ejector: Ejector;
  readonly count: number;

  constructor(count: number, plan: Partial<OutlierPlan>, random: Random = seededRandom(1)) {
    this.slots.addPage(new SharedArrayBuffer(pageBytes(2)));
    this.count = count;
    const { clock, stats, slots, events } = this;
    this.ejector = new Ejector({ clock, stats, slots, random, onEvent: (event) => events.push(event) });
    this.put(plan, count);
  }

  put(plan: Partial<OutlierPlan> | null, count = this.count): void {
    const endpoints = endpointsPlan(new Array<number>(count).fill(1));
    this.ejector.put(clusterPlan({ outlier: plan ? outlierPlan(plan) : null }), endpoints);
  }

  report(endpoint: number, detector: Detector = 'consecutive_5xx'): void {
    this.ejector.reported(1 + endpoint, detector);
  }

  /** An endpoint did so much; failures include those without an answer. */
  did(endpoint: number, successes: number, failures: number, unanswered = 0): void {
    const slot = this.slots.slot(1 + endpoint);
    slot.add(ROW.successes, successes);
    slot.add(ROW.failures, failures);
    slot.add(ROW.localFailures, unanswered);
  }

  /** Endpoints that are out, by the flags that workers see. */
  get out(): number[] {
    const all = Array.from({ length: this.count }, (_, index) => index);
    return all.filter((index) => (this.slots.slot(1 + index).shared(SHARED.flags) & FLAG.ejected) !== 0);
  }
}

test('an endpoint is out for base x n, and n falls with each interval in good order', () => {
  const bench = new Bench(4, { interval: 1000, baseEjectionTime: 3000, maxEjectionTime: 10_000 });
  const outFor = (): number => {
    bench.report(0);
    let waited = 0;
    for (; bench.out.length > 0; waited += 1000) bench.clock.advance(1000);
    return waited;
  };
  // n = 1, 2, 3, 4; base x 4 is cut at the maximum; n stops at 5 (4 x 3000 < 10000 + 3000).
  assert.deepEqual([outFor(), outFor(), outFor(), outFor(), outFor()], [3000, 6000, 9000, 10_000, 10_000]);
  bench.clock.advance(2000);
  assert.equal(outFor(), 10_000, 'two good intervals: n is 3, and this ejection makes it 4');
  bench.clock.advance(20_000);
  assert.equal(outFor(), 3000, 'forgiven');
});

test('the time out lasts until the next sweep after it, and gets jitter', () => {
  const plan = { interval: 1000, baseEjectionTime: 2500, maxEjectionTimeJitter: 2000 };
  const bench = new Bench(4, plan, () => 0.75);
  bench.report(0);
  // 2500 + 0.75 x 2000 = 4000.
  bench.clock.advance(3999);
  assert.deepEqual(bench.out, [0]);
  bench.clock.advance(1);
  assert.deepEqual(bench.out, []);
  assert.equal(bench.events[0]?.until, bench.clock.wall());
});

const shares: readonly [string, number, Partial<OutlierPlan>, number, number][] = [
  ['10 % of 9 is less than one', 9, { maxEjectionPercent: 10 }, 0, 9],
  ['10 % of 10 is one', 10, { maxEjectionPercent: 10 }, 1, 9],
  ['one may go all the same', 3, { maxEjectionPercent: 10, alwaysEjectOne: true }, 1, 2],
  ['half of 5 is two', 5, { maxEjectionPercent: 50, alwaysEjectOne: true, neverEjectAll: true }, 2, 3],
  ['half of 3: one', 3, { maxEjectionPercent: 50, alwaysEjectOne: true, neverEjectAll: true }, 1, 2],
  ['all may go by Envoy', 3, { maxEjectionPercent: 100 }, 3, 0],
  ['never all by Aya', 3, { maxEjectionPercent: 100, neverEjectAll: true }, 2, 1],
  ['the only one goes by Envoy', 1, { alwaysEjectOne: true, maxEjectionPercent: 10 }, 1, 0],
  ['the only one stays by Aya', 1, { alwaysEjectOne: true, neverEjectAll: true }, 0, 1],
];
for (const [name, count, plan, expected, overflow] of shares) {
  test(`how many may be out: ${name}`, () => {
    const bench = new Bench(count, plan);
    for (let endpoint = 0; endpoint < count; endpoint += 1) bench.report(endpoint);
    assert.equal(bench.out.length, expected);
    assert.equal(bench.stats.all.overflow ?? 0, overflow);
    assert.equal(bench.stats.all.active ?? 0, expected);
    assert.equal(bench.stats.all.enforced_total ?? 0, expected);
    assert.equal(bench.stats.all.detected_consecutive_5xx, count);
  });
}

test('"never all" looks at what is really available, not only at ejections', () => {
  const bench = new Bench(3, { neverEjectAll: true });
  setFlag(bench.slots.slot(2), bench.slots.slot(0), 'unhealthy', true);
  setFlag(bench.slots.slot(3), bench.slots.slot(0), 'draining', true);
  bench.report(0);
  assert.deepEqual(bench.out, []);
  assert.match(bench.events[0]?.reason ?? '', /5 answers .* in a row, but it is the last one available/);
});

test('the enforcing percentage decides how many detections are acted on', () => {
  const bench = new Bench(100, { enforcingConsecutive5xx: 30, enforcingConsecutiveGatewayFailure: 0 });
  for (let endpoint = 0; endpoint < 100; endpoint += 1) bench.report(endpoint);
  assert.ok(bench.out.length > 18 && bench.out.length < 42, String(bench.out.length));
  assert.equal(bench.stats.all.detected_consecutive_5xx, 100);
  assert.equal(bench.stats.all.enforced_consecutive_5xx, bench.out.length);
  const before = bench.out.length;
  for (let endpoint = 0; endpoint < 100; endpoint += 1) bench.report(endpoint, 'consecutive_gateway_failure');
  assert.equal(bench.out.length, before);
  assert.equal(bench.stats.all.detected_consecutive_gateway_failure, 100 - before, 'what is out is not detected again');
});

test('a report sets the count of its detector back, and a return sets all counts back', () => {
  const bench = new Bench(2, { enforcingConsecutive5xx: 0, interval: 1000, baseEjectionTime: 1000 });
  const slot = bench.slots.slot(1);
  slot.setShared(SHARED.consecutive5xx, 5);
  slot.setShared(SHARED.consecutiveGateway, 4);
  slot.setShared(SHARED.consecutiveLocal, 5);
  bench.report(0);
  assert.deepEqual([slot.shared(SHARED.consecutive5xx), slot.shared(SHARED.consecutiveGateway)], [0, 4]);
  bench.report(0, 'consecutive_local_origin_failure');
  assert.deepEqual(bench.out, [0]);
  slot.setShared(SHARED.consecutive5xx, 3);
  bench.clock.advance(1000);
  assert.deepEqual(bench.out, []);
  const cells = [SHARED.consecutive5xx, SHARED.consecutiveGateway, SHARED.consecutiveLocal];
  assert.deepEqual(
    cells.map((cell) => slot.shared(cell)),
    [0, 0, 0],
  );
});

test('workers see an ejection by the generation of the cluster', () => {
  const bench = new Bench(2, { interval: 1000, baseEjectionTime: 1000 });
  const generation = (): number => bench.slots.slot(0).shared(SHARED.generation);
  const before = generation();
  bench.report(0);
  assert.equal(generation(), before + 1);
  bench.report(0);
  assert.equal(generation(), before + 1, 'already out');
  bench.clock.advance(1000);
  assert.equal(generation(), before + 2);
});

test('a return leaves other reasons to stay out in place', () => {
  const bench = new Bench(2, { interval: 1000, baseEjectionTime: 1000 });
  bench.report(0);
  setFlag(bench.slots.slot(1), bench.slots.slot(0), 'unhealthy', true);
  bench.clock.advance(1000);
  assert.equal(bench.slots.slot(1).shared(SHARED.flags), FLAG.unhealthy);
});

test('each event says who, why and until when; what may not go is told once per interval', () => {
  const bench = new Bench(3, { interval: 1000, baseEjectionTime: 2000, maxEjectionPercent: 40 });
  const start = bench.clock.wall();
  bench.report(1);
  for (let time = 0; time < 10; time += 1) {
    bench.report(2, 'consecutive_gateway_failure');
    bench.clock.advance(100);
  }
  bench.clock.advance(1000);
  const cluster = 'cart';
  assert.deepEqual(bench.events, [
    {
      at: start,
      cluster,
      endpoint: '10.0.0.1:80',
      detector: 'consecutive_5xx',
      action: 'eject',
      enforced: true,
      reason: '5 answers with 5xx or failures in a row',
      until: start + 2000,
      ejections: 1,
    },
    {
      at: start,
      cluster,
      endpoint: '10.0.0.2:80',
      detector: 'consecutive_gateway_failure',
      action: 'eject',
      enforced: false,
      reason: '5 gateway failures in a row, but with it 2 of 3 would be out, and max_ejection_percent is 40',
      until: 0,
      ejections: 0,
    },
    {
      at: start + 2000,
      cluster,
      endpoint: '10.0.0.1:80',
      detector: 'consecutive_5xx',
      action: 'uneject',
      enforced: true,
      reason: 'its time is over',
      until: 0,
      ejections: 1,
    },
  ]);
});

test('an endpoint that leaves is no longer out, and its late reports are ignored', () => {
  const bench = new Bench(3, {});
  bench.report(2);
  assert.equal(bench.stats.all.active, 1);
  bench.put({}, 2);
  assert.equal(bench.stats.all.active ?? 0, 0);
  bench.report(2);
  assert.equal(bench.stats.all.active ?? 0, 0);
  assert.deepEqual(bench.ejector.ejected(), []);
});

test('endpoints that stay over an update stay out as long as they were to', () => {
  const bench = new Bench(3, { interval: 1000, baseEjectionTime: 3000 });
  bench.report(0);
  bench.clock.advance(1500);
  bench.put({ interval: 1000, baseEjectionTime: 9000 }, 4);
  assert.deepEqual(bench.ejector.ejected(), [
    {
      cluster: 'cart',
      endpoint: '10.0.0.0:80',
      detector: 'consecutive_5xx',
      reason: '5 answers with 5xx or failures in a row',
      until: bench.clock.wall() + 1500,
    },
  ]);
  bench.clock.advance(1500);
  assert.deepEqual(bench.out, []);
});

test('switching outlier detection off lets everyone back in', () => {
  const bench = new Bench(3, {});
  bench.report(0);
  bench.put(null);
  assert.deepEqual(bench.out, []);
  assert.equal(bench.events.at(-1)?.reason, 'outlier detection is off');
  bench.report(1);
  assert.deepEqual(bench.out, []);
});

test('a cluster that left and came back at once starts anew, with its new slots', () => {
  const bench = new Bench(2, { neverEjectAll: true });
  bench.report(0);
  const again = clusterPlan({ slot: 30, outlier: outlierPlan() });
  bench.ejector.put(again, endpointsPlan([1, 1], [], 31));
  assert.deepEqual(bench.ejector.ejected(), []);
  assert.equal(bench.stats.all.active ?? 0, 0);
  bench.ejector.reported(31, 'consecutive_5xx');
  assert.equal(bench.slots.slot(30).shared(SHARED.generation), 1);
});

test('the same address in two clusters is two endpoints', () => {
  const bench = new Bench(2, {});
  const other = clusterPlan({ name: 'cart-too', statName: 'cart-too', slot: 20, outlier: outlierPlan() });
  bench.ejector.put(other, endpointsPlan([1, 1], [], 21));
  bench.report(0);
  assert.equal(bench.slots.slot(21).shared(SHARED.flags), 0);
  bench.ejector.reported(21, 'consecutive_5xx');
  assert.deepEqual(
    bench.ejector.ejected().map((each) => `${each.cluster} ${each.endpoint}`),
    ['cart 10.0.0.0:80', 'cart-too 10.0.0.0:80'],
  );
  bench.ejector.remove('cart');
  bench.report(0);
  assert.equal(bench.ejector.ejected().length, 1);
  bench.ejector.close();
  assert.equal(bench.stats.all.active ?? 0, 0);
});

const lastsLong = { interval: 1000, baseEjectionTime: 60_000 };

test('whoever succeeds far less than the others in an interval is out', () => {
  const bench = new Bench(5, lastsLong);
  for (const endpoint of [1, 2, 3, 4]) bench.did(endpoint, 100, 0);
  bench.did(0, 50, 50);
  assert.deepEqual(bench.out, []);
  bench.clock.advance(1000);
  assert.deepEqual(bench.out, [0]);
  const { detected_success_rate, enforced_success_rate, enforced_total } = bench.stats.all;
  assert.deepEqual([detected_success_rate, enforced_success_rate, enforced_total], [1, 1, 1]);
  assert.deepEqual([bench.ejector.rateOf(1), bench.ejector.rateOf(2)], [50, 100]);
  assert.deepEqual(bench.ejector.ratesOf('cart'), { average: 90, threshold: 52 });
  assert.equal(bench.events[0]?.detector, 'success_rate');
  assert.equal(bench.events[0]?.reason, '50 % of its requests succeeded; below 52 % is far from the others');
});

test('an endpoint that is out neither counts nor is found again', () => {
  const bench = new Bench(6, lastsLong);
  bench.report(0);
  for (let interval = 0; interval < 3; interval += 1) {
    bench.did(0, 0, 1000);
    for (const endpoint of [1, 2, 3, 4, 5]) bench.did(endpoint, 100, 0);
    bench.clock.advance(1000);
  }
  assert.equal(bench.ejector.ratesOf('cart').average, 100);
  assert.equal(bench.stats.all.detected_success_rate, undefined);
});

test('without the split a request that nobody answered is a failed one, with it it has its own detector', () => {
  for (const splitLocalOrigin of [false, true]) {
    const bench = new Bench(5, { ...lastsLong, splitLocalOrigin });
    for (const endpoint of [1, 2, 3, 4]) bench.did(endpoint, 200, 0);
    bench.did(0, 100, 100, 100);
    bench.clock.advance(1000);
    assert.deepEqual(bench.out, [0]);
    assert.equal(bench.events[0]?.detector, splitLocalOrigin ? 'local_origin_success_rate' : 'success_rate');
  }
});

test('the failure percentage is only counted by default, and ejects when enforced', () => {
  for (const enforcing of [0, 100]) {
    const failurePercentage = { ...outlierPlan().failurePercentage, enforcing };
    const bench = new Bench(5, { ...lastsLong, failurePercentage, maxEjectionPercent: 60 });
    for (const endpoint of [0, 1, 2, 3, 4]) bench.did(endpoint, 10, 90);
    bench.clock.advance(1000);
    assert.equal(bench.out.length, enforcing === 0 ? 0 : 3);
    assert.equal(bench.stats.all.detected_failure_percentage, 5);
    assert.equal(bench.stats.all.enforced_failure_percentage ?? 0, enforcing === 0 ? 0 : 3);
    assert.equal(bench.stats.all.overflow ?? 0, enforcing === 0 ? 0 : 2);
    if (enforcing === 0) assert.deepEqual(bench.events, [], 'what nobody asked for is not told');
    else assert.equal(bench.events[0]?.reason, '90 % of its requests failed; the limit is 85 %');
  }
});

test('a passed active health check lets an ejected endpoint back in, unless told not to', () => {
  for (const passedCheckReturns of [true, false]) {
    const bench = new Bench(3, { passedCheckReturns });
    bench.report(0);
    bench.ejector.passedCheck(1);
    assert.deepEqual(bench.out, passedCheckReturns ? [] : [0]);
    bench.ejector.passedCheck(2);
    assert.equal(bench.stats.all.active ?? 0, passedCheckReturns ? 0 : 1);
  }
});
