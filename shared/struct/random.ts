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

/** `bytes` random bytes as lower-case hexadecimal, fast and not secret: for names that must only be unique. */
export function uniqueHex(bytes: number): string {
  let hex = '';
  while (hex.length < 2 * bytes)
    hex += Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return hex.slice(0, 2 * bytes);
}
