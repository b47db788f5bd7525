import type { Random } from '../../shared/struct/random.ts';

/** Something to be fuzzed. Inputs are latin1 texts: one character per byte. */
export interface Target {
  readonly name: string;
  /** Inputs to begin with, besides the kept corpus. */
  readonly seeds: readonly string[];
  /** Pieces that mean something to the target. */
  readonly words: readonly string[];
  /**
   * Runs one input. Throws when an oracle is broken. Returns what came of it in few words: an input with new words is kept
   * like one with new coverage. `random` depends on the input alone.
   */
  run(input: string, random: Random): string;
  /** Slower oracles, asked only about inputs that are kept. */
  examine(input: string): Promise<void>;
}

/** A few ways to cut an input of `length` bytes: at random places, and (when it is short) at every byte. */
export function randomCuts(length: number, random: Random): number[][] {
  const ways: number[][] = [];
  for (let way = 0; way < 2; way += 1) {
    const cuts = Array.from({ length: 1 + Math.floor(random() * 4) }, () => 1 + Math.floor(random() * length));
    ways.push(cuts.sort((a, b) => a - b));
  }
  if (length <= 400) ways.push(Array.from({ length: Math.max(0, length - 1) }, (_, at) => at + 1));
  return ways;
}

/** FNV-1a. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
