/**
 * What TCP proxying costs beside HAProxy (`mode tcp`): one stream of a GiB, and short connections of 100 bytes there and back. CPU
 * time of the proxy's process tree, the proxies in turn round by round, medians. The proxy is pinned to core 0, the ends to core 1.
 *
 *   node test/bench/tcp.ts [--rounds 5] [--mib 1024] [--connections 3000] [--json FILE]
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { assignmentOf, clusterOf } from './bootstrap.ts';
import { bundle } from './contenders/aya.ts';
import { said, written } from './contenders/contender.ts';
import { usageOf } from './cpu.ts';
import { type Figure, figureOf, judge, type Result, type Sample } from './result.ts';
import { detailsOf, summaryOf } from './table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    mib: { type: 'string', default: '1024' },
    connections: { type: 'string', default: '3000' },
    json: { type: 'string' },
  },
});
const [rounds, mib, connections] = [Number(values.rounds), Number(values.mib), Number(values.connections)];

const [proxyCore, loadCore] = ['0', '1'];
const peer = path.join(import.meta.dirname, 'tcp-peer.ts');
const folder = mkdtempSync(path.join(tmpdir(), 'aya-bench-'));

/** Where a proxy listens, and what it forwards to: the sink and the echo server. */
interface Ports {
  readonly sink: number;
  readonly echo: number;
}

interface Proxy {
  readonly name: string;
  readonly pid: number;
  readonly listens: Ports;
  stop(): void;
}

function haproxyCommand(listen: Ports, to: Ports): string[] {
  const pair = (name: keyof Ports): string => `frontend front-${name}
  bind 127.0.0.1:${listen[name]}
  default_backend back-${name}
backend back-${name}
  balance leastconn
  server one 127.0.0.1:${to[name]}
`;
  const config = `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${pair('sink')}${pair('echo')}`;
  return ['haproxy', '-db', '-f', written(folder, 'haproxy.cfg', config)];
}

function ayaCommand(listen: Ports, to: Ports): string[] {
  const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  const names = ['sink', 'echo'] as const;
  const listeners = names.map((name) => ({
    name,
    address: address(listen[name]),
    filter_chains: [
      {
        filters: [
          {
            name: 'tcp',
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
              stat_prefix: name,
              cluster: name,
            },
          },
        ],
      },
    ],
  }));
  const clusters = names.map((name) => ({
    ...clusterOf(name),
    type: 'STATIC',
    load_assignment: assignmentOf(name, [to[name]]),
  }));
  const bootstrap = { node: { id: 'bench', cluster: 'bench' }, static_resources: { listeners, clusters } };
  const file = written(folder, 'aya.json', JSON.stringify(bootstrap));
  return [process.execPath, bundle, 'sidecar', '-c', file, '--concurrency', '1'];
}

async function started(name: string, command: (listen: Ports, to: Ports) => string[], to: Ports): Promise<Proxy> {
  const listens = { sink: await freePort(), echo: await freePort() };
  const child = spawn('taskset', ['-c', proxyCore, ...command(listens, to)], { stdio: 'ignore' });
  const stop = (): void => void child.kill('SIGKILL');
  process.once('exit', stop);
  for (let tries = 0; !(await accepts(listens.echo)); tries += 1) {
    if (tries > 500 || child.exitCode !== null) throw new Error(`${name} does not listen`);
    await sleep(20);
  }
  return { name, pid: child.pid ?? 0, listens, stop };
}

async function accepts(port: number): Promise<boolean> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function measure(proxy: Proxy, what: 'stream' | 'short', amount: number, units: number): Promise<Sample> {
  const port = what === 'stream' ? proxy.listens.sink : proxy.listens.echo;
  const before = usageOf(proxy.pid).cpu;
  const began = performance.now();
  await promisify(execFile)('taskset', ['-c', loadCore, process.execPath, peer, what, String(port), String(amount)]);
  const seconds = (performance.now() - began) / 1000;
  await sleep(50);
  return { value: (usageOf(proxy.pid).cpu - before) / units, also: { seconds } };
}

const ends = spawn('taskset', ['-c', loadCore, process.execPath, peer, 'serve'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.once('exit', () => ends.kill('SIGKILL'));
const [line] = (await once(ends.stdout, 'data')) as [Buffer];
const to = JSON.parse(line.toString()) as Ports;
const proxies: Proxy[] = [];
if (said('haproxy', '-v')) proxies.push(await started('haproxy', haproxyCommand, to));
else console.log('haproxy is not here, left out');
proxies.push(await started('aya', ayaCommand, to));

/** All in turn, after one uncounted turn. */
async function inTurn(each: (proxy: Proxy) => Promise<Sample>): Promise<Figure[]> {
  const samples = new Map<string, Sample[]>(proxies.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const proxy of proxies) {
      const sample = await each(proxy);
      if (round >= 0) samples.get(proxy.name)?.push(sample);
    }
  }
  return [...samples].map(([name, all]) => figureOf(name, all));
}

const bounds = [{ of: 'aya', against: 'haproxy', floor: 2, goal: 1.2 }];
const results: Result[] = [
  {
    row: 'tcp',
    work: 'TCP, one stream',
    unit: 'CPU ms/GiB',
    figures: await inTurn((proxy) => measure(proxy, 'stream', mib, mib / 1024 / 1000)),
    bounds,
    notes: [`${mib} MiB in one direction`],
  },
  {
    row: 'tcp',
    work: 'TCP, short connections',
    unit: 'CPU us each',
    figures: await inTurn((proxy) => measure(proxy, 'short', connections, connections / 1e6)),
    bounds,
    notes: [`${connections} connections, 32 at a time, each 100 bytes there and back`],
  },
];
for (const proxy of proxies) proxy.stop();
ends.kill();
rmSync(folder, { recursive: true, force: true });
for (const result of results) console.log(`\n${detailsOf(result)}`);
console.log(`\n${summaryOf(results)}`);
if (values.json) {
  writeFileSync(
    values.json,
    JSON.stringify(
      results.map((each) => ({ ...each, verdicts: judge(each) })),
      null,
      2,
    ),
  );
}
process.exit();
