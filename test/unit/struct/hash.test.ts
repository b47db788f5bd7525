import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { combined, hexOf, Register, remainder } from '../../../shared/struct/hash64.ts';
import { murmurHash2 } from '../../../shared/struct/murmur-hash.ts';
import { xxHash64 } from '../../../shared/struct/xx-hash.ts';

const fox = 'the quick brown fox jumps over the lazy dog';

test('XXH64 is that of its specification', () => {
  // Text, seed, digest as the reference implementation prints it.
  const table: [string, number, string][] = [
    ['', 0, 'ef46db3751d8e999'],
    ['', 1, 'd5afba1336a3be4b'],
    ['a', 0, 'd24ec4f1a98c6e5b'],
    ['foo', 0, '33bf00a859c4ba3f'],
    ['foo', 1, 'c34823c5bf4f2cbd'],
    ['10.0.0.1:80_0', 0, '75041381e7371a08'],
    [fox, 0, 'ed714233c5a9a792'],
    [fox, 1, '5544a91c33313d7b'],
  ];
  for (const [text, seed, digest] of table) assert.equal(hexOf(xxHash64(text, seed)), digest, `"${text}" ${seed}`);
});

test('MurmurHash2 is what the GNU C++ library hashes strings with', () => {
  const table: [string, string][] = [
    ['', '553e93901e462a6e'],
    ['a', '454ddee488c1ed6b'],
    ['foo', '85a8e535edf11e5a'],
    ['10.0.0.1:80_0', 'bd8f6461ecffb28c'],
    [fox, '3cdb38315e3bbf85'],
  ];
  for (const [text, digest] of table) assert.equal(hexOf(murmurHash2(text)), digest, text);
});

const half = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const big = (high: number, low: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

test('arithmetic on halves is that of 64 bits', () => {
  fc.assert(
    fc.property(half, half, half, half, fc.integer({ min: 1, max: 31 }), (a, b, c, d, by) => {
      const register = new Register();
      const after = (act: () => void): bigint => {
        register.set(a, b);
        act();
        return big(register.high, register.low);
      };
      const value = big(a, b);
      const low64 = (wide: bigint): bigint => BigInt.asUintN(64, wide);
      assert.equal(
        after(() => register.multiply(c, d)),
        low64(value * big(c, d)),
      );
      assert.equal(
        after(() => register.add(c, d)),
        low64(value + big(c, d)),
      );
      assert.equal(
        after(() => register.rotate(by)),
        low64((value << BigInt(by)) | (value >> BigInt(64 - by))),
      );
      for (const shift of [by, by + 32]) {
        assert.equal(
          after(() => register.xorShifted(shift)),
          value ^ (value >> BigInt(shift)),
        );
      }
      const modulus = 1 + (c >>> 7);
      assert.equal(BigInt(remainder({ high: a, low: b }, modulus)), value % BigInt(modulus));
    }),
  );
});

test('parts that are equal do not cancel each other out', () => {
  const part = xxHash64('foo');
  const both = combined(part, part);
  assert.notEqual(hexOf(both), '0000000000000000');
  assert.equal(hexOf(both), hexOf(combined(xxHash64('foo'), xxHash64('foo'))));
});
