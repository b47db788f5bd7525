import { randomBytes } from 'node:crypto';

/** Randomness as a parameter. `next()` is uniform in [0, 1). */
export type Random = () => number;

/** Fast and not secret: for balancing, jitter and percentages. */
export const systemRandom: Random = Math.random;

/** A reproducible stream (mulberry32) for tests, simulations and seeded faults. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `bytes` cryptographically random bytes as lower-case hexadecimal: for names that must be unique or unguessable. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
