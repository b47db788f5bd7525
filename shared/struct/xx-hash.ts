import { type Hash64, Register } from './hash64.ts';

// The five primes of the specification, as halves.
const P1_HIGH = 0x9e3779b1;
const P1_LOW = 0x85ebca87;
const P2_HIGH = 0xc2b2ae3d;
const P2_LOW = 0x27d4eb4f;
const P3_HIGH = 0x165667b1;
const P3_LOW = 0x9e3779f9;
const P4_HIGH = 0x85ebca77;
const P4_LOW = 0xc2b2ae63;
const P5_HIGH = 0x27d4eb2f;
const P5_LOW = 0x165667c5;

const hash = new Register();
const word = new Register();
const lanes = [new Register(), new Register(), new Register(), new Register()] as const;

/**
 * XXH64 of a text of latin1 characters, one byte each (header values, addresses). The seed is given by halves. Source: the
 * specification "XXH64 algorithm description" of xxHash.
 */
export function xxHash64(text: string, seed = 0, seedHigh = 0): Hash64 {
  const { length } = text;
  let at = 0;
  if (length >= 32) {
    at = stripes(text, seed, seedHigh);
  } else {
    hash.set(seedHigh, seed);
    hash.add(P5_HIGH, P5_LOW);
  }
  hash.add(0, length);
  for (; at + 8 <= length; at += 8) {
    word.set(0, 0);
    round(word, text, at);
    hash.xor(word.high, word.low);
    hash.rotate(27);
    hash.multiply(P1_HIGH, P1_LOW);
    hash.add(P4_HIGH, P4_LOW);
  }
  if (at + 4 <= length) {
    word.set(0, read32(text, at));
    word.multiply(P1_HIGH, P1_LOW);
    hash.xor(word.high, word.low);
    hash.rotate(23);
    hash.multiply(P2_HIGH, P2_LOW);
    hash.add(P3_HIGH, P3_LOW);
    at += 4;
  }
  for (; at < length; at += 1) {
    word.set(0, text.charCodeAt(at) & 0xff);
    word.multiply(P5_HIGH, P5_LOW);
    hash.xor(word.high, word.low);
    hash.rotate(11);
    hash.multiply(P1_HIGH, P1_LOW);
  }
  hash.xorShifted(33);
  hash.multiply(P2_HIGH, P2_LOW);
  hash.xorShifted(29);
  hash.multiply(P3_HIGH, P3_LOW);
  hash.xorShifted(32);
  return hash.value();
}

/** Four lanes over all whole stripes of 32 bytes, merged into `hash`; returns where the rest begins. */
function stripes(text: string, seed: number, seedHigh: number): number {
  const [one, two, three, four] = lanes;
  one.set(seedHigh, seed);
  one.add(P1_HIGH, P1_LOW);
  one.add(P2_HIGH, P2_LOW);
  two.set(seedHigh, seed);
  two.add(P2_HIGH, P2_LOW);
  three.set(seedHigh, seed);
  four.set(seedHigh, seed);
  // Minus the first prime.
  four.add(~P1_HIGH, -P1_LOW);
  let at = 0;
  for (; at + 32 <= text.length; at += 32) {
    round(one, text, at);
    round(two, text, at + 8);
    round(three, text, at + 16);
    round(four, text, at + 24);
  }
  hash.set(one.high, one.low);
  hash.rotate(1);
  addRotated(two, 7);
  addRotated(three, 12);
  addRotated(four, 18);
  for (const lane of lanes) {
    word.set(0, 0);
    accumulate(word, lane.high, lane.low);
    hash.xor(word.high, word.low);
    hash.multiply(P1_HIGH, P1_LOW);
    hash.add(P4_HIGH, P4_LOW);
  }
  return at;
}

const rotated = new Register();

function addRotated(lane: Register, by: number): void {
  rotated.set(lane.high, lane.low);
  rotated.rotate(by);
  hash.add(rotated.high, rotated.low);
}

const input = new Register();

function round(lane: Register, text: string, at: number): void {
  accumulate(lane, read32(text, at + 4), read32(text, at));
}

function accumulate(lane: Register, high: number, low: number): void {
  input.set(high, low);
  input.multiply(P2_HIGH, P2_LOW);
  lane.add(input.high, input.low);
  lane.rotate(31);
  lane.multiply(P1_HIGH, P1_LOW);
}

/** Little-endian. */
function read32(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 0xff) |
    ((text.charCodeAt(at + 1) & 0xff) << 8) |
    ((text.charCodeAt(at + 2) & 0xff) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}
