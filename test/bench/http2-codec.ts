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

interface Cost {
  readonly us: number;
  readonly perSecond: number;
}

async function cost(pid: number, port: number, count: number): Promise<Cost> {
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
  const body = path.join(folder, 'body');
  writeFileSync(body, what === 'large' ? '0123456789abcdef'.repeat(1000) : 'hello world '.repeat(9).slice(0, 100));
  const answer = `http-request return status 200 content-type text/plain file ${body}`;
  haproxy(1, 'backend', `frontend f\n  bind 127.0.0.1:${backend} proto h2\n  ${answer}\n`);
  const rival = haproxy(
    0,
    'proxy',
    `  http-reuse always
frontend f
  bind 127.0.0.1:${other} proto h2
  default_backend b
backend b
  server s1 127.0.0.1:${backend} proto h2
`,
  );
  await reachable(backend);
  const program = path.join(import.meta.dirname, '../programs/http2-relay.ts');
  const ours = start(0, process.execPath, program, String(backend), String(own));
  await reachable(other);
  await reachable(own);
  for (let each = 0; each < 3; each += 1) await load(own, 20_000);
  const [theirs, mine]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    theirs.push(await cost(rival.pid as number, other, requests));
    mine.push(await cost(ours.pid as number, own, requests));
  }
  const [a, b] = [theirs, mine].map((each) => median(each.map(({ us }) => us))) as [number, number];
  const rates = [theirs, mine].map((each) => Math.round(median(each.map(({ perSecond }) => perSecond))));
  console.log(
    `${what}: haproxy ${a.toFixed(2)} us (${rates[0]}/s), codec ${b.toFixed(2)} us (${rates[1]}/s), ` +
      `ratio ${(b / a).toFixed(2)}`,
  );
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true });
}
