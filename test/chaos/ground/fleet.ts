import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { systemRandom } from '../../../shared/struct/random.ts';
import type { BackendCounts, BackendOrder, Conduct } from '../../programs/chaos-backend.ts';

const program = path.resolve(import.meta.dirname, '../../programs/chaos-backend.ts');

/**
 * A port of 127.0.0.1 that stays ours while nobody listens on it: below the range from which the system takes those of outgoing
 * connections, since a backend that is down must not find its port in use when it comes back.
 */
async function lastingPort(taken: readonly number[]): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(systemRandom() * 18_000);
    if (taken.includes(port)) continue;
    const server = net.createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (free) return port;
  }
}

export type Protocol = 'http1' | 'http2';

/** Backend processes, each on a port of its own that it keeps over its restarts. */
export class Fleet {
  readonly ports: readonly number[];
  readonly protocol: Protocol;
  readonly #children: (ChildProcess | null)[];

  private constructor(ports: readonly number[], protocol: Protocol) {
    this.protocol = protocol;
    this.ports = ports;
    this.#children = ports.map(() => null);
  }

  static async of(size: number, protocol: Protocol): Promise<Fleet> {
    const ports: number[] = [];
    while (ports.length < size) ports.push(await lastingPort(ports));
    const fleet = new Fleet(ports, protocol);
    // One that stands still would not notice that nobody is left.
    process.once('exit', () => {
      for (const child of fleet.#children) child?.kill('SIGKILL');
    });
    await fleet.restore();
    return fleet;
  }

  /** All run, do well, and have counted nothing. */
  async restore(): Promise<void> {
    for (const child of this.#children) child?.kill('SIGCONT');
    await Promise.all(this.ports.map((_, which) => this.#children[which] ?? this.start(which)));
    this.#children.forEach((_, which) => {
      this.#tell(which, { kind: 'conduct', conduct: 'well', anew: true });
    });
  }

  /** Resolves when it listens. */
  async start(which: number): Promise<void> {
    const child = fork(program, [String(this.ports[which]), this.protocol], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#children[which] = child;
    child.once('exit', () => {
      if (this.#children[which] === child) this.#children[which] = null;
    });
    await once(child, 'message');
  }

  conduct(which: number, conduct: Conduct): void {
    this.#tell(which, { kind: 'conduct', conduct });
  }

  /** SIGKILL resolves when it is gone, SIGTERM when it has ended by itself; SIGSTOP and SIGCONT at once. */
  async signal(which: number, signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const child = this.#children[which];
    if (!child) return;
    child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await once(child, 'exit');
  }

  async restart(which: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.signal(which, signal);
    await this.start(which);
  }

  /** What each has counted; nothing of those that do not run. */
  counts(): Promise<BackendCounts[]> {
    return Promise.all(
      this.#children.map(async (child, which) => {
        if (!child) return { requests: 0, ids: [] };
        const told = once(child, 'message');
        this.#tell(which, { kind: 'tell' });
        const [counts] = (await told) as [BackendCounts];
        return counts;
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.ports.map((_, which) => this.signal(which, 'SIGKILL')));
  }

  #tell(which: number, order: BackendOrder): void {
    this.#children[which]?.send(order);
  }
}
