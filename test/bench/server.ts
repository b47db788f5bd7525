import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Server {
  readonly name: string;
  readonly pid: number;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Where its statistics are read; empty when it has none. */
  readonly statistics: string;
  /** Milliseconds from the start of the process to its first good answer. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

export interface Start {
  readonly name: string;
  readonly folder: string;
  /** As taskset takes them. */
  readonly cores: string;
  readonly command: readonly string[];
  readonly url: string;
  /** It speaks HTTP/2 only. */
  readonly http2?: boolean;
  readonly statistics?: string;
}

const patienceMs = 30_000;

/** Starts a program pinned to cores and waits until `url` answers 2xx. Throws, with what it said, when it does not. */
export async function startServer(start: Start): Promise<Server> {
  const { name, folder, cores, command, url, http2 = false, statistics = '' } = start;
  const log = path.join(folder, `${name}.log`);
  const out = openSync(log, 'a');
  const started = performance.now();
  const child = spawn('taskset', ['-c', cores, ...command], { cwd: folder, stdio: ['ignore', out, out] });
  closeSync(out);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    child.kill('SIGTERM');
    // A proxy would first drain; there is nothing to wait for.
    const timer = setTimeout(kill, 200);
    await ended;
    clearTimeout(timer);
    process.off('exit', kill);
  };
  const deadline = started + patienceMs;
  while (!(await (http2 ? answersHttp2(url) : answers(url)))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`${name} does not serve ${url}:\n${readFileSync(log, 'utf8').slice(-2_000)}`);
    }
    await sleep(5);
  }
  if (child.pid === undefined) throw new Error(`${name} has no process id`);
  return { name, pid: child.pid, url: new URL(url).origin, statistics, readyMs: performance.now() - started, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { headers: { connection: 'close' } });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

async function answersHttp2(url: string): Promise<boolean> {
  const { origin, pathname } = new URL(url);
  const session = connect(origin);
  try {
    return await new Promise<boolean>((resolve) => {
      session.on('error', () => resolve(false));
      const stream = session.request({ ':path': pathname });
      stream.on('error', () => resolve(false));
      stream.on('response', (headers) => resolve(headers[':status'] === 200));
      stream.resume();
    });
  } finally {
    session.destroy();
  }
}
