import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { sleep, systemClock } from '../../shared/time/clock.ts';
import { usageOf } from './cpu.ts';

/**
 * What the HTTP/2 codec costs, beside HAProxy: both pass requests on to the same HAProxy that answers 100 bytes. Prints
 * the CPU microseconds of the proxy's process per request, medians of interleaved rounds, and their ratio.
 *
 *   node test/bench/http2-codec.ts [rounds] [requests per round] [what: static | changing | large]
 */
const rounds = Number(process.argv[2] ?? 5);
const requests = Number(process.argv[3] ?? 60_000);
const what = process.argv[4] ?? 'static';
const folder = mkdtempSync(path.join(os.tmpdir(), 'aya-http2-'));
const children: ChildProcess[] = [];

const common = `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
`;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function start(core: number, command: string, ...args: string[]): ChildProcess {
  const child = spawn('taskset', ['-c', String(core), command, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

function haproxy(core: number, name: string, config: string): ChildProcess {
  const file = path.join(folder, `${name}.cfg`);
  writeFileSync(file, common + config);
  return start(core, 'haproxy', '-f', file, '-db');
}

async function reachable(port: number): Promise<void> {
  for (;;) {
    const ok = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (ok) return;
    await sleep(systemClock, 20);
  }
}

function load(port: number, count: number): Promise<string> {
  const args = ['-t1', '-c8', '-m8', '-n', String(count)];
  if (what === 'changing') {
    const uris = path.join(folder, 'uris');
    const lines = Array.from(
      { length: 5000 },
      (_, at) => `http://127.0.0.1:${port}/items/${(at * 7919) % 100_003}?page=${at}`,
    );
    writeFileSync(uris, `${lines.join('\n')}\n`);
    args.push('-i', uris);
  } else args.push(`http://127.0.0.1:${port}/`);
  return new Promise((resolve, reject) => {
    execFile('taskset', ['-c', '1', 'h2load', ...args], (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}

async function cost(pid: number, port: number, count: number): Promise<{ us: number; perSecond: number }> {
  const before = usageOf(pid).cpu;
  const text = await load(port, count);
  const after = usageOf(pid).cpu;
  const done = Number(/(\d+) succeeded/.exec(text)?.[1]);
  if (done !== count) throw new Error(`only ${done} of ${count} requests succeeded:\n${text}`);
  return { us: ((after - before) * 1e6) / count, perSecond: Number(/([\d.]+) req\/s/.exec(text)?.[1]) };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] as number;

try {
  const [backend, other, own] = [await freePort(), await freePort(), await freePort()];
  const body = (what === 'large' ? '0123456789abcdef'.repeat(1000) : 'hello world '.repeat(9)).slice(
    0,
    what === 'large' ? 15_000 : 100,
  );
  const bodyFile = path.join(folder, 'body');
  writeFileSync(bodyFile, body);
  haproxy(
    1,
    'backend',
    `  ${what === 'large' ? '' : ''}\nfrontend f\n  bind 127.0.0.1:${backend} proto h2\n  http-request return status 200 content-type text/plain file ${bodyFile}\n`,
  );
  const rival = haproxy(
    0,
    'proxy',
    `  http-reuse always\nfrontend f\n  bind 127.0.0.1:${other} proto h2\n  default_backend b\nbackend b\n  server s1 127.0.0.1:${backend} proto h2\n`,
  );
  await reachable(backend);
  const ours = start(
    0,
    process.execPath,
    path.join(import.meta.dirname, '../programs/http2-relay.ts'),
    String(backend),
    String(own),
  );
  await reachable(other);
  await reachable(own);
  for (let each = 0; each < 3; each += 1) await load(own, 20_000);
  const [a, b]: [number[], number[]] = [[], []];
  const [ra, rb]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const theirs = await cost(rival.pid as number, other, requests);
    const mine = await cost(ours.pid as number, own, requests);
    a.push(theirs.us);
    b.push(mine.us);
    ra.push(theirs.perSecond);
    rb.push(mine.perSecond);
  }
  const [theirs, mine] = [median(a), median(b)];
  console.log(
    `${what}: haproxy ${theirs.toFixed(1)} us (${median(ra)}/s), codec ${mine.toFixed(1)} us (${median(rb)}/s), ratio ${(mine / theirs).toFixed(2)}`,
  );
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true });
}
