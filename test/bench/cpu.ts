import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second in /proc: 100 on every Linux that runs Node. */
const ticksPerSecond = 100;

export interface Usage {
  /** CPU seconds, user and system, of the process tree: all threads, and children that ended and were waited for. */
  readonly cpu: number;
  /** Resident memory now and at its highest, summed over the tree, in bytes. */
  readonly memory: number;
  readonly peakMemory: number;
}

/** What `pid` and everything below it have used since they started, and hold. Source: proc(5). */
export function usageOf(pid: number): Usage {
  let [ticks, now, peak] = [0, 0, 0];
  for (const each of treeOf(pid)) {
    const status = read(each, 'status');
    ticks += cpuTicks(each) ?? 0;
    now += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
    peak += Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  }
  return { cpu: ticks / ticksPerSecond, memory: now * 1024, peakMemory: peak * 1024 };
}

/**
 * For how long, in ns, the threads of a process tree ran, and for how long they could have run but had no core. Exact where
 * `usageOf` counts ticks, but without what has ended. Source: proc(5), schedstat.
 */
export function timeOf(pid: number): { ran: number; waited: number } {
  let [ran, waited] = [0, 0];
  for (const each of treeOf(pid)) {
    for (const thread of readdirSync(`/proc/${each}/task`)) {
      const [running, waiting] = read(each, `task/${thread}/schedstat`).split(' ');
      ran += Number(running ?? 0);
      waited += Number(waiting ?? 0);
    }
  }
  return { ran, waited };
}

/** `pid`, its children, theirs, and so on. */
function treeOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statFields(Number(name));
    if (fields) parents.set(Number(name), Number(fields[1]));
  }
  const tree = [pid];
  for (const each of tree) for (const [child, parent] of parents) if (parent === each) tree.push(child);
  return tree;
}

/** utime, stime, and those of children that were waited for. */
function cpuTicks(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields && [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
}

/** Fields of /proc/PID/stat from the third (state) on: the second is a name that may hold blanks and brackets. */
function statFields(pid: number): string[] | undefined {
  const text = read(pid, 'stat');
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Empty when the process has just ended. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
