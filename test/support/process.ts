import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What Linux says of a process; see proc(5). */

/** Resident memory in bytes. */
export function residentMemory(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Sockets that it has open. */
export function openSockets(pid: number): number {
  let count = 0;
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith('socket:')) count += 1;
    } catch {
      // It was closed while we looked.
    }
  }
  return count;
}

/** CPU seconds so far, user and system, of all its threads. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** How often each of its threads went to sleep so far, by name and number. */
function sleeps(pid: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    const name = /^Name:\s+(.*)$/m.exec(status)?.[1] ?? '';
    counts.set(`${name} ${thread}`, Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1]));
  }
  return counts;
}

/**
 * How often the busiest data-path thread of a sidecar wakes in half a second: with a single timer left, fifty times, since
 * all of them stand on a wheel of 10 ms.
 */
export async function wakes(pid: number): Promise<number> {
  const before = sleeps(pid);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const threads = [...sleeps(pid)].filter(([thread]) => thread.includes('data-path'));
  if (threads.length === 0) throw new Error(`no data-path thread among ${[...before.keys()]}`);
  return Math.max(...threads.map(([thread, count]) => count - (before.get(thread) ?? 0)));
}
