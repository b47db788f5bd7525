import { execFile } from 'node:child_process';

export interface ClosedLoop {
  readonly requests: number;
  readonly perSecond: number;
  /** Latency in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface ClosedLoopOptions {
  readonly url: string;
  /** A script in wrk's Lua. */
  readonly script: string;
  readonly seconds: number;
  readonly connections: number;
  readonly core: number;
}

/**
 * Load by wrk on one pinned core: each connection sends its next request when it has its answer. Throws when any answer was not
 * 2xx or any connection failed.
 */
export async function closedLoop({ url, script, seconds, connections, core }: ClosedLoopOptions): Promise<ClosedLoop> {
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency', '-s', script, url];
  const text = await outputOf('taskset', ['-c', String(core), ...wrk]);
  const bad = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(text);
  if (bad) throw new Error(`${url}: ${bad[0]}`);
  const requests = Number(/(\d+) requests in/.exec(text)?.[1] ?? 0);
  if (requests === 0) throw new Error(`${url}: no request came through:\n${text}`);
  return {
    requests,
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    p50: milliseconds(/\s50%\s+(\S+)/.exec(text)?.[1]),
    p99: milliseconds(/\s99%\s+(\S+)/.exec(text)?.[1]),
  };
}

function milliseconds(text = ''): number {
  const [, amount, unit] = /^([\d.]+)(us|ms|s|m)$/.exec(text) ?? [];
  return Number(amount) * { us: 0.001, ms: 1, s: 1_000, m: 60_000 }[(unit ?? 's') as 'us' | 'ms' | 's' | 'm'];
}

/** What a command prints. Rejects with what it complained of when it fails. */
export function outputOf(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(' ')}: ${error.message}${stderr}`));
      else resolve(stdout);
    });
  });
}
