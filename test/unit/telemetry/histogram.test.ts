import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  BUCKETS,
  countOf,
  HISTOGRAM_CELLS,
  Histogram,
  LOWEST,
  lowerBound,
  quantile,
} from '../../../sidecar/telemetry/histogram.ts';

function recorded(values: readonly number[], unit: 'ms' | 'bytes' = 'ms'): Float64Array {
  const cells = new Float64Array(HISTOGRAM_CELLS);
  const histogram = new Histogram(cells, 0, unit);
  for (const value of values) histogram.record(value);
  return cells;
}

const bucketOf = (value: number, unit: 'ms' | 'bytes' = 'ms'): number => recorded([value], unit).indexOf(1);

test('a value lies within the bounds of its bucket', () => {
  for (const unit of ['ms', 'bytes'] as const) {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 30, noNaN: true }), (value) => {
        const bucket = bucketOf(value, unit);
        if (bucket > 0) assert.ok(value > lowerBound(bucket, unit));
        if (bucket < BUCKETS - 1) assert.ok(value <= lowerBound(bucket + 1, unit));
      }),
    );
  }
});

test('each power of two has four buckets', () => {
  assert.deepEqual(
    [1.01, 1.25, 1.26, 1.5, 1.75, 1.99, 2, 2.01].map((value) => lowerBound(bucketOf(value), 'ms')),
    [1, 1, 1.25, 1.25, 1.5, 1.75, 1.75, 2],
  );
});

test('what is too small, too large or no number is counted all the same', () => {
  assert.equal(bucketOf(0), 0);
  assert.equal(bucketOf(2 ** LOWEST.ms), 0);
  assert.equal(bucketOf(2 ** LOWEST.ms + 0.001), 1);
  assert.equal(bucketOf(2 ** 20), BUCKETS - 2);
  assert.equal(bucketOf(2 ** 20 + 0.1), BUCKETS - 1);
  assert.equal(bucketOf(2 ** 40), BUCKETS - 1);
  assert.equal(recorded([Number.NaN])[0], 1);
  assert.equal(countOf(recorded([0, 1, 1e9])), 3);
});

test('the sum of all values is kept', () => {
  assert.equal(recorded([1, 2, 3.5])[HISTOGRAM_CELLS - 1], 6.5);
});

test('quantiles are right to within a bucket', () => {
  const value = fc.double({ min: 0.063, max: 1_000_000, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (all, share) => {
        const sorted = all.toSorted((left, right) => left - right);
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
        const estimate = quantile(recorded(all), 'ms', share);
        assert.ok(estimate >= exact / 1.26 && estimate <= exact * 1.26, `${estimate} for ${exact}`);
      },
    ),
  );
});

test('without values there is no quantile', () => {
  assert.ok(Number.isNaN(quantile(recorded([]), 'ms', 0.5)));
});
