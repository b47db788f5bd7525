import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { IntervalCounts } from '../../sidecar/cluster/outlier/interval-counts.ts';
import { failingEndpoints, successRates, type Volume } from '../../sidecar/cluster/outlier/success-rate.ts';
import { ROW } from '../../sidecar/core/slots.ts';
import { slotTable } from '../support/cluster.ts';

const defaults = { minimumHosts: 5, requestVolume: 100, stdevFactor: 1900 };
const volumes = (...rates: readonly number[]): [number, Volume][] =>
  rates.map((rate, index) => [index, { successes: rate, total: 100 }]);

describe('the success rate', () => {
  test("reaches its threshold as in Envoy's example", () => {
    const rates = successRates(volumes(50, 100, 100, 100, 100), defaults);
    assert.equal(rates?.average, 90);
    assert.equal(rates?.threshold, 52, 'mean 90, population stdev 20, factor 1.9');
    assert.deepEqual(rates?.outliers, [{ endpoint: 0, rate: 50 }]);
  });

  const cases: readonly [string, readonly [number, Volume][], Partial<typeof defaults>, readonly number[] | null][] = [
    ['nobody stands out among equals', volumes(90, 90, 90, 90, 90), {}, []],
    ['four are too few to compare', volumes(0, 100, 100, 100), {}, null],
    ['four are enough when so told', volumes(0, 100, 100, 100), { minimumHosts: 4, stdevFactor: 1000 }, [0]],
    [
      'endpoints with few requests do not count',
      [...volumes(0, 100, 100, 100), [4, { successes: 99, total: 99 }]],
      {},
      null,
    ],
    ['100 requests are enough', [...volumes(0, 100, 100, 100), [4, { successes: 100, total: 100 }]], {}, [0]],
    ['a factor of 0 takes all below the mean', volumes(80, 90, 100, 100, 100), { stdevFactor: 0 }, [0, 1]],
    ['at the threshold it stays', volumes(52, 52, 52, 52, 52), { stdevFactor: 0 }, []],
    [
      'without any request there is no rate',
      [[0, { successes: 0, total: 0 }]],
      { minimumHosts: 0, requestVolume: 0 },
      null,
    ],
  ];
  for (const [name, given, over, expected] of cases) {
    test(name, () => {
      const rates = successRates(given, { ...defaults, ...over });
      assert.deepEqual(rates?.outliers.map((each) => each.endpoint) ?? null, expected);
    });
  }

  test('never takes one that does as well as the mean', () => {
    const volume = fc
      .tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 1000 }))
      .map(([successes, total]) => ({ successes: Math.min(successes, total), total }));
    fc.assert(
      fc.property(
        fc.array(volume, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 0, max: 3000 }),
        (all, factor) => {
          const given = all.map((each, index) => [index, each] as const);
          const rates = successRates(given, { minimumHosts: 1, requestVolume: 1, stdevFactor: factor });
          assert.ok(rates?.outliers.every((each) => each.rate < rates.average));
        },
      ),
    );
  });
});

describe('the failure percentage', () => {
  const limits = { threshold: 85, minimumHosts: 5, requestVolume: 50 };
  const found = (given: readonly [number, Volume][], over: Partial<typeof limits> = {}): number[] =>
    failingEndpoints(given, { ...limits, ...over }).map((each) => each.endpoint);

  test('takes those that reach the limit, all of them if need be', () => {
    assert.deepEqual(found(volumes(15, 16, 0, 100, 14)), [0, 2, 4]);
    assert.deepEqual(found(volumes(0, 0, 0, 0, 0)), [0, 1, 2, 3, 4]);
  });

  test('needs enough endpoints with enough requests', () => {
    assert.deepEqual(found(volumes(0, 0, 0, 0)), []);
    assert.deepEqual(found([...volumes(0, 0, 0, 0), [4, { successes: 0, total: 49 }]]), []);
    assert.deepEqual(found([...volumes(0, 0, 0, 0), [4, { successes: 50, total: 50 }]]), [0, 1, 2, 3]);
    assert.deepEqual(found(volumes(0), { minimumHosts: 1 }), [0]);
  });
});

describe('the counts of an interval', () => {
  const slot = slotTable().slot(1);
  const count = (successes: number, failures: number, local: number): void => {
    slot.add(ROW.successes, successes);
    slot.add(ROW.failures, failures + local);
    slot.add(ROW.localFailures, local);
  };

  test('are what came since the last, and failures of ours are failures', () => {
    count(1000, 1000, 1000);
    const counts = new IntervalCounts(slot);
    count(70, 20, 10);
    assert.deepEqual(counts.next(slot, false), {
      external: { successes: 70, total: 100 },
      local: { successes: 0, total: 0 },
    });
    assert.equal(counts.next(slot, false).external.total, 0);
  });

  test('are told apart by who failed, with the split', () => {
    const counts = new IntervalCounts(slot);
    count(70, 20, 10);
    assert.deepEqual(counts.next(slot, true), {
      external: { successes: 70, total: 90 },
      local: { successes: 90, total: 100 },
    });
  });

  test('survive a counter that wraps, and one that falls since its worker died', () => {
    slot.add(ROW.successes, 0x7fffffff - slot.sum(ROW.successes));
    const counts = new IntervalCounts(slot);
    count(5, 0, 0);
    assert.equal(counts.next(slot, false).external.successes, 5);
    count(-1000, 0, 0);
    assert.deepEqual(counts.next(slot, false).external, { successes: 0, total: 0 });
  });
});
