import { execFile } from 'node:child_process';

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  /** Latency in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly script: string;
  readonly seconds: number;
  readonly connections: number;
  readonly core: number;
}

/** Closed-loop load by wrk on one pinned core. Throws when any answer was not 2xx or any connection failed. */
export async function applyLoad({ url, script, seconds, connections, core }: LoadOptions): Promise<Load> {
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency', '-s', script, url];
  const text = await output('taskset', ['-c', String(core), ...wrk]);
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

function output(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(' ')}: ${error.message}${stderr}`));
      else resolve(stdout);
    });
  });
}
