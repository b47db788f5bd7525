import process from 'node:process';

/** Of a larger heap a start has left little behind, and to go through it would take long; bytes. */
const LARGE = 32 * 1024 * 1024;

/**
 * Gives the memory back that a start has left behind, when Node was told to let us (`--expose-gc`; bin/aya does): V8 would do so after
 * some ten seconds without work, or never. Takes 5 to 20 ms, in which the thread does nothing else.
 */
export function giveBack(): void {
  if (!globalThis.gc || process.memoryUsage().heapUsed > LARGE) return;
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
