import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Random, seededRandom } from '../../shared/struct/random.ts';
import { AliasTable } from '../../sidecar/cluster/balancer/alias.ts';
import type { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import { clusterOf, clusterPlan, pickerOf } from '../support/cluster.ts';

const endpointsOf = (weights: readonly number[]): readonly LiveEndpoint[] =>
  clusterOf(clusterPlan(), weights).endpoints;

/** Plays the given numbers, then 0.5. */
function scripted(...numbers: number[]): Random {
  return () => numbers.shift() ?? 0.5;
}

test('round robin visits every endpoint once per turn, from a random start', () => {
  const endpoints = endpointsOf([1, 1, 1, 1]);
  const picker = pickerOf({ kind: 'round-robin' }, endpoints, scripted(0.6));
  const names = Array.from({ length: 8 }, () => picker?.pick(scripted()).name);
  assert.deepEqual(names.slice(0, 4), ['10.0.0.2:80', '10.0.0.3:80', '10.0.0.0:80', '10.0.0.1:80']);
  assert.deepEqual(names.slice(4), names.slice(0, 4));
});

test('weighted round robin is exact over any window, never off by more than one turn', () => {
  const weights = [1, 2, 5];
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 400 }), (seed, picks) => {
      const endpoints = endpointsOf(weights);
      const picker = pickerOf({ kind: 'round-robin' }, endpoints, seededRandom(seed));
      const counts = new Map<LiveEndpoint | undefined, number>();
      for (let pick = 0; pick < picks; pick += 1) {
        const chosen = picker?.pick(seededRandom(0));
        counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
      }
      endpoints.forEach((endpoint, index) => {
        const fair = (picks * (weights[index] ?? 0)) / 8;
        assert.ok(
          Math.abs((counts.get(endpoint) ?? 0) - fair) < 2,
          `${endpoint.name}: ${counts.get(endpoint)}, ${fair}`,
        );
      });
    }),
    { numRuns: 100 },
  );
});

test('a short-lived weighted round robin still shares by weight: many sidecars, one pick each', () => {
  const weights = [1, 9];
  const endpoints = endpointsOf(weights);
  let light = 0;
  const random = seededRandom(17);
  for (let sidecar = 0; sidecar < 20_000; sidecar += 1) {
    if (pickerOf({ kind: 'round-robin' }, endpoints, random)?.pick(random) === endpoints[0]) light += 1;
  }
  // First deadlines even in [0, 1) and [0, 1/9): the light one comes first with probability 1/18.
  assert.ok(light > 900 && light < 1350, `light endpoint came first ${light} times of 20000`);
});

test('the alias table draws by weight', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 }), (weights) => {
      const table = new AliasTable(weights);
      const total = weights.reduce((left, right) => left + right, 0);
      const counts = new Array<number>(weights.length).fill(0);
      // Evenly spread numbers instead of random ones: the table's own probabilities show.
      const draws = 20_000;
      for (let draw = 0; draw < draws; draw += 1) {
        const index = table.draw(() => (draw + 0.5) / draws);
        counts[index] = (counts[index] ?? 0) + 1;
      }
      counts.forEach((count, index) => {
        const expected = (draws * (weights[index] ?? 0)) / total;
        assert.ok(Math.abs(count - expected) <= weights.length + 1, `index ${index}: ${count}, expected ${expected}`);
      });
    }),
  );
});

test('least request takes the less busy of two different endpoints, the first drawn when equal', () => {
  const endpoints = endpointsOf([1, 1]);
  const picker = pickerOf({ kind: 'least-request', choices: 2, bias: 1, fullScan: false }, endpoints, scripted());
  assert.equal(picker?.pick(scripted(0.9, 0)), endpoints[1]);
  assert.equal(picker?.pick(scripted(0.1, 0)), endpoints[0]);
  endpoints[1]?.begin();
  assert.equal(picker?.pick(scripted(0.9, 0)), endpoints[0], 'with two endpoints the busier one is never picked');
  assert.equal(picker?.pick(scripted(0.1, 0)), endpoints[0]);
});

test('least request of as many choices as endpoints never picks a busier one', () => {
  const endpoints = endpointsOf([1, 1, 1, 1]);
  const idle = endpoints[2];
  for (const each of endpoints) if (each !== idle) each.begin();
  const random = seededRandom(3);
  for (const policy of [
    { kind: 'least-request', choices: 4, bias: 1, fullScan: false } as const,
    { kind: 'least-request', choices: 9, bias: 1, fullScan: false } as const,
    { kind: 'least-request', choices: 2, bias: 1, fullScan: true } as const,
  ]) {
    const picker = pickerOf(policy, endpoints, random);
    for (let pick = 0; pick < 50; pick += 1) assert.equal(picker?.pick(random), idle);
  }
});

test('three choices are three different endpoints', () => {
  const endpoints = endpointsOf([1, 1, 1, 1]);
  const picker = pickerOf({ kind: 'least-request', choices: 3, bias: 1, fullScan: false }, endpoints, scripted());
  const random = seededRandom(23);
  endpoints[0]?.begin();
  endpoints[1]?.begin();
  // Of three different ones out of four at least one is idle.
  for (let pick = 0; pick < 200; pick += 1) assert.ok(picker?.pick(random).active() === 0);
});

test('the bias makes busy endpoints less attractive', () => {
  const weights = [1, 2];
  const endpoints = endpointsOf(weights);
  // 2 under way at weight 1 is 2^b; 3 at weight 2 is 3^b / 2.
  for (let count = 0; count < 2; count += 1) endpoints[0]?.begin();
  for (let count = 0; count < 3; count += 1) endpoints[1]?.begin();
  const pickWith = (bias: number): LiveEndpoint | undefined =>
    pickerOf({ kind: 'least-request', choices: 2, bias, fullScan: false }, endpoints, scripted())?.pick(
      scripted(0.1, 0.9),
    );
  assert.equal(pickWith(1), endpoints[1]);
  assert.equal(pickWith(2), endpoints[0]);
});

test('one endpoint needs no policy and none has no picker', () => {
  const endpoints = endpointsOf([5]);
  assert.equal(pickerOf({ kind: 'random' }, endpoints, scripted())?.pick(scripted()), endpoints[0]);
  assert.equal(pickerOf({ kind: 'random' }, [], scripted()), null);
});
