import { type Hash64, Register } from './hash64.ts';

const M_HIGH = 0xc6a4a793;
const M_LOW = 0x5bd1e995;
/** The seed that the GNU C++ library hashes strings with, and Envoy rings. */
const SEED_HIGH = 0;
const SEED_LOW = 0xc70f6907;

const hash = new Register();
const word = new Register();

/** MurmurHash2, 64-bit variant A, of a text of latin1 characters, one byte each. Source: Appleby, MurmurHash2.cpp. */
export function murmurHash2(text: string): Hash64 {
  const { length } = text;
  word.set(0, length);
  word.multiply(M_HIGH, M_LOW);
  hash.set(SEED_HIGH, SEED_LOW);
  hash.xor(word.high, word.low);
  let at = 0;
  for (; at + 8 <= length; at += 8) {
    word.set(bytes(text, at + 4, 4), bytes(text, at, 4));
    word.multiply(M_HIGH, M_LOW);
    word.xorShifted(47);
    word.multiply(M_HIGH, M_LOW);
    hash.xor(word.high, word.low);
    hash.multiply(M_HIGH, M_LOW);
  }
  const rest = length - at;
  if (rest > 0) {
    hash.xor(bytes(text, at + 4, rest - 4), bytes(text, at, Math.min(4, rest)));
    hash.multiply(M_HIGH, M_LOW);
  }
  hash.xorShifted(47);
  hash.multiply(M_HIGH, M_LOW);
  hash.xorShifted(47);
  return hash.value();
}

/** Up to four bytes, little-endian. */
function bytes(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = 0; at < count; at += 1) value |= (text.charCodeAt(from + at) & 0xff) << (8 * at);
  return value;
}
