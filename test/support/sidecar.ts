import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { type Json, temporaryFile } from './bootstrap.ts';
import { eventually } from './eventually.ts';

/** A sidecar process under test. */
export class Sidecar {
  readonly child: ChildProcess;
  /** Standard error so far: one JSON line per event. */
  log = '';
  readonly #remove: () => void;

  constructor(child: ChildProcess, remove: () => void) {
    this.child = child;
    this.#remove = remove;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
  }

  /** The port of a listener by name, or of 'admin'. */
  port(name = 'web'): number {
    for (const line of this.lines()) if (line.msg === 'listening' && line.listener === name) return line.port as number;
    throw new Error(`${name} is not listening; the log says:\n${this.log}`);
  }

  lines(): Record<string, unknown>[] {
    return this.log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async admin(path: string, method = 'GET'): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port('admin')}${path}`, { method });
    return response.text();
  }

  /** All counters and gauges by name. */
  async stats(): Promise<Map<string, number>> {
    const pairs = (await this.admin('/stats')).split('\n').map((line) => line.split(': '));
    return new Map(pairs.map(([name = '', value]) => [name, Number(value)]));
  }

  async stat(name: string): Promise<number> {
    const value = (await this.stats()).get(name);
    if (value === undefined) throw new Error(`there is no statistic ${name}`);
    return value;
  }

  /** Waits until a statistic has a value. */
  async statBecomes(name: string, value: number): Promise<void> {
    await eventually(async () => {
      const now = await this.stat(name);
      if (now !== value) throw new Error(`${name} is ${now} and not ${value}`);
      return true;
    });
  }

  /** Resolves with the exit code. */
  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
    this.#remove();
  }
}

/** Starts `aya sidecar -c FILE` and resolves when it serves. It is killed at the end of the test. */
export function startSidecar(t: TestContext, bootstrap: Json, ...flags: string[]): Promise<Sidecar> {
  return ready(spawnSidecar(t, bootstrap, ...flags));
}

/** The same in a process that may have only so many descriptors, its own included. */
export function startConfinedSidecar(t: TestContext, bootstrap: Json, descriptors: number): Promise<Sidecar> {
  const confined = ['-c', `ulimit -n ${descriptors}; exec "$0" "$@"`, process.execPath];
  return ready(spawnProgram(t, bootstrap, (file) => [...confined, 'cli/main.ts', 'sidecar', '-c', file], 'sh'));
}

/** The same without waiting. */
export function spawnSidecar(t: TestContext, bootstrap: Json, ...flags: string[]): Sidecar {
  return spawnProgram(t, bootstrap, (file) => ['cli/main.ts', 'sidecar', '-c', file, ...flags]);
}

/** A sidecar whose workers end when `kill` says so; see test/programs/mortal-sidecar.ts. */
export async function startMortalSidecar(
  t: TestContext,
  bootstrap: Json,
  workers: number,
): Promise<{ sidecar: Sidecar; kill(which: number | 'all'): void }> {
  const program = 'test/programs/mortal-sidecar.ts';
  const sidecar = spawnProgram(t, bootstrap, (file) => [program, file, String(workers)]);
  await ready(sidecar);
  return { sidecar, kill: (which) => sidecar.child.stdin?.write(`kill ${which}\n`) };
}

function spawnProgram(
  t: TestContext,
  bootstrap: Json,
  argv: (file: string) => string[],
  program = process.execPath,
): Sidecar {
  const { file, remove } = temporaryFile('bootstrap.json', JSON.stringify(bootstrap));
  const child = spawn(program, argv(file), { stdio: ['pipe', 'ignore', 'pipe'] });
  const sidecar = new Sidecar(child, remove);
  t.after(() => sidecar.kill());
  return sidecar;
}

async function ready(sidecar: Sidecar): Promise<Sidecar> {
  const { child } = sidecar;
  await eventually(() => child.exitCode !== null || sidecar.lines().some((line) => line.msg === 'ready'), 15_000);
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${sidecar.log}`);
  return sidecar;
}
