/**
 * How long a sidecar takes from its start until /ready says so, and how much memory it then holds, idle and after 1,000 requests:
 * started from a bootstrap file, and as a member of a mesh (control plane over gRPC, two services). By `bin/aya`, as users do, with
 * the bundle that `npm run build` makes. A row of `npm run bench`; by hand, to try other flags of Node than those of the launcher:
 *
 *   node test/bench/start.ts [--starts 10] [-- FLAGS OF NODE]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { bootstrap, cluster, httpListener } from '../support/bootstrap.ts';
import { endpoints, service, startControlPlane } from '../support/control-plane.ts';
import { freePort } from '../support/free-port.ts';
import { launcher } from './contenders/aya.ts';
import { median } from './result.ts';

/** What is started with flags of Node's; else the launcher knows. */
const bundle = path.resolve(import.meta.dirname, '../../dist/main.mjs');

/** What the memory is looked at after, ms: the garbage of the start is collected by then or not at all. */
const settle = 2_000;
const requests = 1_000;
const connections = 8;

/** One start. */
export interface Start {
  readonly ms: number;
  /** Of the process, MiB: pages that it holds, idle; of those the ones that are its own; and all after some requests. */
  readonly residentMiB: number;
  readonly privateMiB: number;
  readonly usedMiB: number;
}

export interface Starts {
  readonly fromFile: readonly Start[];
  readonly member: readonly Start[];
}

/** Starts a sidecar `count` times in each way, in turn, after one of each that does not count: it fills the compile cache. */
export async function measureStarts(count: number, nodeFlags: readonly string[] = []): Promise<Starts> {
  const folder = mkdtempSync(path.join(tmpdir(), 'aya-bench-start-'));
  const [admin, outbound, inbound] = [await freePort(), await freePort(), await freePort()];
  const backend = http.createServer((_request, response) => response.end('ok'));
  await once(backend.listen(0, '127.0.0.1'), 'listening');
  const { port: app } = backend.address() as { port: number };
  const plane = await startControlPlane(path.join(folder, 'store'));
  try {
    for (const name of ['cart', 'stock']) await plane.apply(service(name, 80), ...endpoints(name, [app]));
    const file = path.join(folder, 'bootstrap.json');
    const shape = bootstrap([httpListener({ port: outbound })], [cluster('cart', [app])]);
    const address = { socket_address: { address: '127.0.0.1', port_value: admin } };
    writeFileSync(file, JSON.stringify({ ...shape, admin: { address } }));
    const local = (port: number): string => `127.0.0.1:${port}`;
    const asMember = ['--service', 'web', '--app', local(app), '--control-plane', plane.xds, '--admin', local(admin)];
    const ports = ['--outbound', local(outbound), '--inbound', local(inbound)];
    const all: { fromFile: Start[]; member: Start[] } = { fromFile: [], member: [] };
    for (let at = 0; at <= count; at += 1) {
      const fromFile = await start(nodeFlags, ['-c', file], admin, outbound);
      const member = await start(nodeFlags, [...asMember, ...ports], admin, outbound);
      if (at === 0) continue;
      all.fromFile.push(fromFile);
      all.member.push(member);
    }
    return all;
  } finally {
    await plane.stop('SIGKILL');
    backend.close();
    rmSync(folder, { recursive: true });
  }
}

async function start(
  nodeFlags: readonly string[],
  flags: readonly string[],
  admin: number,
  port: number,
): Promise<Start> {
  const begun = performance.now();
  const [program = '', ...own] = nodeFlags.length > 0 ? [process.execPath, ...nodeFlags, bundle] : [launcher];
  const child = spawn(program, [...own, 'sidecar', ...flags], { stdio: ['ignore', 'ignore', 'ignore'] });
  try {
    while (!(await ready(admin))) {
      if (child.exitCode !== null) throw new Error(`the sidecar ended with ${child.exitCode}`);
      await sleep(2);
    }
    const ms = performance.now() - begun;
    // The first call of a host makes a member ask for it.
    await Promise.all([call(port, 'cart'), call(port, 'stock')]);
    await sleep(settle);
    const idle = memoryOf(child);
    const callMany = async (): Promise<void> => {
      for (let done = 0; done < requests / connections; done += 1) await call(port, 'cart');
    };
    await Promise.all(Array.from({ length: connections }, callMany));
    await sleep(settle);
    return { ms, residentMiB: idle.resident, privateMiB: idle.own, usedMiB: memoryOf(child).resident };
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

function ready(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/ready', agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

const agent = new http.Agent({ keepAlive: true });

function call(port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/', headers: { host }, agent }, (answer) => {
      answer.resume();
      if (answer.statusCode !== 200) reject(new Error(`${host} answers ${answer.statusCode}`));
      answer.on('end', resolve);
    });
    request.on('error', reject);
  });
}

function memoryOf({ pid }: ChildProcess): { readonly resident: number; readonly own: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1024;
  return { resident: mib('Rss'), own: mib('Anonymous') };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { starts: { type: 'string', default: '10' } },
    allowPositionals: true,
  });
  const { fromFile, member } = await measureStarts(Number(values.starts), positionals);
  console.log(`                    ready after   resident   of that private   after ${requests} requests   (medians)`);
  for (const [name, all] of [['static bootstrap', fromFile] as const, ['member of a mesh', member] as const]) {
    const of = (value: (start: Start) => number): string => median(all.map(value)).toFixed(0);
    const ms = of((each) => each.ms).padStart(8);
    const resident = of((each) => each.residentMiB).padStart(7);
    const own = of((each) => each.privateMiB).padStart(14);
    const used = of((each) => each.usedMiB).padStart(17);
    console.log(`${name.padEnd(20)}${ms} ms${resident} MiB${own} MiB${used} MiB`);
  }
}
