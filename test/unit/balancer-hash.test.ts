import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hash64 } from '../../shared/struct/hash64.ts';
import { seededRandom } from '../../shared/struct/random.ts';
import { xxHash64 } from '../../shared/struct/xx-hash.ts';
import { BoundedHashPicker } from '../../sidecar/cluster/balancer/bounded-hash.ts';
import { type HashTable, normalized } from '../../sidecar/cluster/balancer/hash-table.ts';
import { Maglev } from '../../sidecar/cluster/balancer/maglev.ts';
import { Ring } from '../../sidecar/cluster/balancer/ring.ts';
import type { BalancerPlan, RingHashPlan } from '../../sidecar/core/plan/balancer.ts';
import { setFlag } from '../../sidecar/worker/availability.ts';
import { clusterOf, clusterPlan, pickerOf } from '../support/cluster.ts';

const ring: RingHashPlan = {
  kind: 'ring-hash',
  hash: 'xx',
  minSize: 1024,
  maxSize: 8192,
  byHostname: false,
  balanceFactor: 0,
};
const maglev = { kind: 'maglev', tableSize: 65_537, byHostname: false, balanceFactor: 0 } as const;
const random = seededRandom(1);

const addresses = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}:80`);
const ones = (count: number): number[] => new Array<number>(count).fill(1);
const ports = (first: number): string[] => Array.from({ length: 6 }, (_, at) => `127.0.0.1:${first + at}`);
const hashOf = (value: bigint): Hash64 => ({ high: Number(value >> 32n) | 0, low: Number(value & 0xffffffffn) | 0 });
const owner = (table: HashTable, keys: readonly string[], hash: Hash64, attempt = 0): string =>
  keys[table.find(random, hash, attempt)] ?? '';

test('a ring has the points that Envoy gives it (its own test, XX_HASH and MURMUR_HASH_2)', () => {
  const xx: [bigint, number][] = [
    [0n, 94],
    [2n ** 64n - 1n, 94],
    [928266305478181108n - 4096n, 92],
    [1033482794131418490n - 4096n, 90],
    [3551244743356806947n - 4096n, 95],
    [3551244743356806947n + 4096n, 93],
    [13144177310400110813n + 4096n, 92],
    [16117243373044804889n - 4096n, 90],
  ];
  const murmur: [bigint, number][] = [
    [0n, 85],
    [1358027074129602068n + 4096n, 83],
    [7224494972555149682n - 4096n, 84],
    [7224494972555149682n + 4096n, 81],
    [10150910876324007731n - 4096n, 82],
    [17613279263364193813n - 4096n, 80],
    [17613279263364193813n + 4096n, 85],
  ];
  for (const [hash, first, table] of [
    ['xx', 90, xx],
    ['murmur2', 80, murmur],
  ] as const) {
    const keys = ports(first);
    const made = new Ring(keys, ones(6), { ...ring, hash, minSize: 12 });
    assert.equal(made.size, 12);
    for (const [value, port] of table) assert.equal(owner(made, keys, hashOf(value)), `127.0.0.1:${port}`, `${value}`);
  }
});

test('a Maglev table is filled as Envoy fills it (its own test), whatever order endpoints come in', () => {
  const named = ['90', '91', '92', '93', '94', '95'];
  for (const [keys, expected] of [
    [ports(90), [92, 94, 90, 91, 95, 90, 93]],
    [named, [92, 95, 90, 93, 94, 91, 90]],
  ] as const) {
    for (const order of [keys, keys.toReversed()]) {
      const table = new Maglev(order, ones(6), 7);
      for (let hash = 0; hash < 21; hash += 1) {
        assert.match(owner(table, order, { high: 0, low: hash }), new RegExp(`${expected[hash % 7]}$`));
      }
    }
  }
});

test('Maglev shares are even to a percent, and follow the weights', () => {
  for (const count of [3, 10, 100, 500]) {
    const counts = new Maglev(addresses(count), ones(count), 65_537).counts(count);
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${count} endpoints`);
    assert.ok(Math.max(...counts) / Math.min(...counts) < 1.01);
  }
  const weights = [1, 2, 3, 10];
  const counts = new Maglev(addresses(4), weights, 65_537).counts(4);
  weights.forEach((weight, at) => {
    const fair = (65_537 * weight) / 16;
    assert.ok(Math.abs((counts[at] ?? 0) / fair - 1) < 0.01, `${counts}`);
  });
});

test('ring shares are even to what the number of points promises', () => {
  // With k points each, shares have a standard deviation of about 1/sqrt(k) of the mean.
  for (const [count, minSize] of [
    [10, 1024],
    [10, 8192],
    [100, 8192],
  ] as const) {
    const keys = addresses(count);
    const table = new Ring(keys, ones(count), { ...ring, minSize });
    const counts = new Map<string, number>();
    const requests = 2_000 * count;
    for (let at = 0; at < requests; at += 1) {
      const name = owner(table, keys, xxHash64(`key-${at}`));
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const mean = requests / count;
    const variance = [...counts.values()].reduce((sum, each) => sum + (each / mean - 1) ** 2, 0) / count;
    const promised = Math.sqrt(count / table.size);
    assert.ok(Math.sqrt(variance) < 1.6 * promised + 0.03, `${Math.sqrt(variance)}, promised ${promised}`);
  }
});

test('a ring with weights gives each its share of the points', () => {
  const keys = addresses(3);
  const table = new Ring(keys, [1, 1, 8], { ...ring, minSize: 4096 });
  assert.ok(table.size >= 4096);
  let heavy = 0;
  for (let at = 0; at < 20_000; at += 1) if (owner(table, keys, xxHash64(`k${at}`)) === keys[2]) heavy += 1;
  assert.ok(Math.abs(heavy / 20_000 - 0.8) < 0.05, `${heavy}`);
});

test('when an endpoint goes, a ring moves its keys and no others; Maglev moves few others', () => {
  const keys = addresses(50);
  const left = keys.toSpliced(17, 1);
  const makers: [(list: string[]) => HashTable, number][] = [
    // 40 points for each endpoint, before and after.
    [(list) => new Ring(list, ones(list.length), { ...ring, minSize: 40 * list.length }), 0],
    // The paper's figure 12: a few percent of what did not have to move.
    [(list) => new Maglev(list, ones(list.length), 65_537), 0.03],
  ];
  for (const [make, most] of makers) {
    const [before, after] = [make(keys), make(left)];
    let moved = 0;
    for (let at = 0; at < 50_000; at += 1) {
      const hash = xxHash64(`key-${at}`);
      const was = owner(before, keys, hash);
      if (was !== keys[17] && was !== owner(after, left, hash)) moved += 1;
    }
    assert.ok(moved / 50_000 <= most, `${moved} of 50000 moved`);
  }
});

for (const [name, balancer] of [
  ['ring hash', ring],
  ['Maglev', maglev],
] as const) {
  test(`${name}: the same hash picks the same endpoint, without a hash any, and another attempt another`, () => {
    const { cluster } = clusterOf(clusterPlan({ balancer }), ones(20), seededRandom(3));
    assert.equal(cluster.hashes, true);
    let others = 0;
    for (let at = 0; at < 200; at += 1) {
      const hash = xxHash64(`user-${at}`);
      const first = cluster.pick(null, 0, hash);
      for (let again = 0; again < 3; again += 1) assert.equal(cluster.pick(null, 0, hash), first);
      if (first && cluster.pick([first], 5, hash) !== first) others += 1;
    }
    assert.equal(others, 200);
    const any = new Set(Array.from({ length: 400 }, () => cluster.pick(null, 0)?.name));
    assert.ok(any.size > 15, `${any.size} endpoints without a hash`);
  });

  test(`${name}: an endpoint that is out gives its keys to others and takes them back`, () => {
    const { cluster, endpoints } = clusterOf(clusterPlan({ balancer }), ones(10), seededRandom(3));
    const hashes = Array.from({ length: 300 }, (_, at) => xxHash64(`user-${at}`));
    const before = hashes.map((hash) => cluster.pick(null, 0, hash));
    const out = endpoints[3];
    if (out) setFlag(out.slot, cluster.limits.slot, 'ejected', true);
    hashes.forEach((hash, at) => {
      const now = cluster.pick(null, 0, hash);
      assert.notEqual(now, out);
      if (name === 'ring hash' && before[at] !== out) assert.equal(typeof now?.name, 'string');
    });
    if (out) setFlag(out.slot, cluster.limits.slot, 'ejected', false);
    assert.deepEqual(
      hashes.map((hash) => cluster.pick(null, 0, hash)?.name),
      before.map((each) => each?.name),
    );
  });
}

test('with a bound no endpoint has more than its share of what is under way times the factor, and most stay', () => {
  for (const factor of [1, 1.25, 2]) {
    for (const weights of [ones(10), [1, 2, 3, 4, 10]]) {
      const { endpoints } = clusterOf(clusterPlan(), weights);
      const keys = endpoints.map((each) => each.name);
      const table = new Maglev(keys, weights, 65_537);
      const shares = normalized(weights);
      let active = 0;
      const picker = new BoundedHashPicker(endpoints, table, shares, factor, () => active);
      // Every second request is for one key: without a bound its endpoint would have half of all.
      for (let at = 0; at < 500; at += 1) {
        const hash = xxHash64(at % 2 === 0 ? 'popular' : `user-${at}`);
        active += 1;
        const endpoint = picker.pick(random, hash, 0);
        endpoint.begin();
        const index = endpoints.indexOf(endpoint);
        const cap = Math.max(1, Math.ceil(Math.ceil(active * factor) * (shares[index] ?? 0)));
        assert.ok(endpoint.active() <= cap, `${endpoint.active()} of at most ${cap}`);
      }
      for (const each of endpoints) for (; each.active() > 0; ) each.end();
    }
  }
});

test('what overflows goes to the same other endpoint as long as that has room', () => {
  const { endpoints } = clusterOf(clusterPlan(), ones(10));
  const keys = endpoints.map((each) => each.name);
  const table = new Maglev(keys, ones(10), 65_537);
  const picker = new BoundedHashPicker(endpoints, table, normalized(ones(10)), 2, () => 10);
  const hash = xxHash64('popular');
  const home = picker.pick(random, hash, 0);
  for (let at = 0; at < 2; at += 1) home.begin();
  const second = picker.pick(random, hash, 0);
  assert.notEqual(second, home);
  assert.equal(picker.pick(random, hash, 0), second);
});

test('places follow the host name where the cluster says so', () => {
  const { endpoints } = clusterOf(clusterPlan(), ones(6));
  for (const [at, each] of endpoints.entries()) each.hostname = String(90 + at);
  const byName: BalancerPlan = { ...maglev, tableSize: 7, byHostname: true };
  const picker = pickerOf(byName, endpoints, random);
  assert.equal(picker?.pick(random, { high: 0, low: 1 }).hostname, '95');
});

test("an endpoint's hash_key goes before its address", () => {
  const { endpoints } = clusterOf(clusterPlan(), ones(6));
  for (const [at, each] of endpoints.entries()) each.metadata = { hash_key: JSON.stringify(String(90 + at)) };
  const picker = pickerOf({ ...maglev, tableSize: 7 }, endpoints, random);
  assert.equal(picker?.pick(random, { high: 0, low: 1 }), endpoints[5]);
});
