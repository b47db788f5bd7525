import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import type { TestContext } from 'node:test';

/** Why a process cannot have this many descriptors here, or false when it can. */
export function lacksDescriptors(wanted: number): string | false {
  const limit = execFileSync('sh', ['-c', `ulimit -n ${wanted} 2>/dev/null; ulimit -n`])
    .toString()
    .trim();
  return limit === 'unlimited' || Number(limit) >= wanted
    ? false
    : `needs ${wanted} descriptors, and the limit here is ${limit} (ulimit -n)`;
}

/** Clients in a process of their own; see test/programs/crowd.ts. */
export class Crowd {
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  constructor(t: TestContext, port: number, path: string, descriptors: number) {
    const program = `ulimit -n ${descriptors} 2>/dev/null; exec "$0" "$@"`;
    const argv = ['-c', program, process.execPath, 'test/programs/crowd.ts', String(port), path];
    this.#child = spawn('sh', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    t.after(() => this.#child.kill('SIGKILL'));
  }

  async tell<T>(command: string): Promise<T> {
    this.#child.stdin?.write(`${command}\n`);
    const [line] = (await once(this.#lines, 'line')) as [string];
    return JSON.parse(line) as T;
  }
}
