import { readFileSync } from 'node:fs';

/** Descriptors of a process besides those of the idle clients. */
const spare = 500;

/** How many of `wanted` connections this process, and what it starts, may have open; `limit` is the reason when it is fewer. */
export function affordable(wanted: number): { readonly count: number; readonly limit: number } {
  // Node raises its own limit of open files to the hard one, and what it starts inherits that.
  const said = /^Max open files +\d+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const limit = Number(said ?? wanted * 2);
  return { count: Math.min(wanted, limit - spare), limit };
}
