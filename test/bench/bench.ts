import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { freePort } from '../support/free-port.ts';
import { backendCommand } from './contenders/backend.ts';
import { type Contender, type Place, plain, type Setting } from './contenders/contender.ts';
import { usageOf } from './cpu.ts';
import { type Figure, figureOf, type Sample } from './result.ts';
import { type Server, startServer } from './server.ts';
import { bare, shapes } from './shape.ts';

/** The proxy has this core for itself; backend, load and the bench share the other. */
export const proxyCore = 0;
export const loadCore = 1;

export interface BenchOptions {
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
  readonly contenders: readonly Contender[];
}

/** Something that a row measures in turn with others: usually a proxy. */
export interface Entrant {
  readonly name: string;
  readonly server: Server;
}

/** What every row works with: one backend for the whole run, proxies that start and stop, and rounds in turn. */
export class Bench {
  readonly rounds: number;
  readonly seconds: number;
  readonly contenders: readonly Contender[];
  readonly folder = mkdtempSync(path.join(tmpdir(), 'aya-bench-'));
  readonly #running = new Set<Server>();
  #backends: Pick<Place, 'backends' | 'http2Backends'> | null = null;
  #started = 0;

  constructor({ rounds, seconds, contenders }: BenchOptions) {
    if (cpus().length < 2) throw new Error('two cores are needed: one for the proxy, one for backend and load');
    this.rounds = rounds;
    this.seconds = seconds;
    this.contenders = contenders;
    // Started by root, nginx reads its files as somebody else.
    chmodSync(this.folder, 0o755);
    // What the bench does meanwhile must not disturb the proxy.
    execFileSync('taskset', ['-acp', String(loadCore), String(process.pid)], { stdio: 'ignore' });
  }

  /** Ports of the backend. */
  async backends(): Promise<Pick<Place, 'backends' | 'http2Backends'>> {
    if (this.#backends !== null) return this.#backends;
    const backends = [await freePort(), await freePort(), await freePort()];
    const http2Backends = [await freePort(), await freePort(), await freePort()];
    const folder = path.join(this.folder, 'backend');
    const command = backendCommand(folder, backends, http2Backends, shapes);
    const url = `http://127.0.0.1:${backends[0]}${bare.path}`;
    this.#running.add(await startServer({ name: 'backend', folder, cores: String(loadCore), command, url }));
    this.#backends = { backends, http2Backends };
    return this.#backends;
  }

  /** Starts a proxy and waits until it forwards: to `ports` in place of the backend's, which answer a GET as well. */
  async start(
    contender: Contender,
    setting: Partial<Setting> = {},
    cores = String(proxyCore),
    ports?: readonly number[],
  ): Promise<Server> {
    const { name } = contender;
    this.#started += 1;
    const folder = path.join(this.folder, `${name}-${this.#started}`);
    mkdirSync(folder);
    const behind = ports ? { backends: ports, http2Backends: [] } : await this.backends();
    const place: Place = { folder, listen: await freePort(), admin: await freePort(), ...behind };
    const server = await startServer({
      name,
      folder,
      cores,
      command: contender.command(place, { ...plain, ...setting }),
      url: `http://127.0.0.1:${place.listen}${bare.path}`,
      http2: setting.protocol === 'http2',
      statistics: contender.statistics(place),
    });
    this.#running.add(server);
    return server;
  }

  async startAll(setting: Partial<Setting> = {}): Promise<Entrant[]> {
    const all: Entrant[] = [];
    for (const each of this.contenders) all.push({ name: each.name, server: await this.start(each, setting) });
    return all;
  }

  async stop(entrants: readonly Entrant[]): Promise<void> {
    for (const { server } of entrants) {
      this.#running.delete(server);
      await server.stop();
    }
  }

  /** Measures all in turn, round by round, after each has had `warmUp` uncounted turns. */
  async inTurn<E extends { readonly name: string }>(
    entrants: readonly E[],
    measure: (entrant: E) => Promise<Sample>,
    warmUp = 1,
  ): Promise<Figure[]> {
    for (let turn = 0; turn < warmUp; turn += 1) for (const each of entrants) await measure(each);
    const samples = new Map<string, Sample[]>(entrants.map(({ name }) => [name, []]));
    for (let round = 0; round < this.rounds; round += 1) {
      for (const each of entrants) samples.get(each.name)?.push(await measure(each));
    }
    return [...samples].map(([name, all]) => figureOf(name, all));
  }

  /** Ends all that runs and removes all that was written. */
  async close(): Promise<void> {
    for (const server of [...this.#running].reverse()) await server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a load while a proxy's statistics are read every second; how many seconds of CPU the proxy used, and of the clock. */
export async function charged<T>(
  server: Server,
  load: () => Promise<T>,
): Promise<{ load: T; cpu: number; elapsed: number }> {
  const timer = setInterval(() => void scrape(server.statistics), 1_000);
  const before = usageOf(server.pid).cpu;
  const started = performance.now();
  try {
    const result = await load();
    const elapsed = (performance.now() - started) / 1_000;
    return { load: result, cpu: usageOf(server.pid).cpu - before, elapsed };
  } finally {
    clearInterval(timer);
  }
}

async function scrape(url: string): Promise<void> {
  if (url === '') return;
  const answer = await fetch(url);
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
}
