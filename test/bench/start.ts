/**
 * How long a sidecar takes from its start until /ready says so, and how much memory it then holds: started from a bootstrap file,
 * and as a member of a mesh (control plane over gRPC, two services). The bundle in `dist/`, as `npm run build` makes it.
 *
 *   node test/bench/start.ts [--starts 10] [--json FILE] [-- FLAGS OF NODE]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { bootstrap, cluster, httpListener } from '../support/bootstrap.ts';
import { endpoints, service, startControlPlane } from '../support/control-plane.ts';
import { freePort } from '../support/free-port.ts';
import { call } from '../support/http-call.ts';

const { values, positionals } = parseArgs({
  options: { starts: { type: 'string', default: '10' }, json: { type: 'string' } },
  allowPositionals: true,
});
const main = path.resolve(import.meta.dirname, '../../dist/main.mjs');
/** What the memory is looked at after, ms: the garbage of the start is collected by then or not at all. */
const settle = 2_000;

interface Start {
  readonly ms: number;
  /** Of the process, MiB: pages that it holds, and the same without those that only the file cache would hold. */
  readonly residentMiB: number;
  readonly privateMiB: number;
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

function memoryOf({ pid }: ChildProcess): Omit<Start, 'ms'> {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1024;
  return { residentMiB: mib('Rss'), privateMiB: mib('Anonymous') };
}

async function start(flags: string[], use?: () => Promise<unknown>): Promise<Start> {
  const begun = performance.now();
  const child = spawn(process.execPath, [...positionals, main, 'sidecar', ...flags], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  try {
    while (!(await ready(admin))) {
      if (child.exitCode !== null) throw new Error(`the sidecar ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const ms = performance.now() - begun;
    await use?.();
    await new Promise((resolve) => setTimeout(resolve, settle));
    return { ms, ...memoryOf(child) };
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

function median(all: readonly number[]): number {
  return all.toSorted((left, right) => left - right)[Math.floor(all.length / 2)] ?? Number.NaN;
}

const folder = mkdtempSync(path.join(tmpdir(), 'aya-bench-start-'));
const admin = await freePort();
const [outbound, inbound] = [await freePort(), await freePort()];
const backend = http.createServer((_request, response) => response.end('ok'));
await once(backend.listen(0, '127.0.0.1'), 'listening');
const { port: app } = backend.address() as { port: number };
const plane = await startControlPlane(path.join(folder, 'store'));
try {
  await plane.apply(
    service('cart', 80),
    ...endpoints('cart', [app]),
    service('stock', 80),
    ...endpoints('stock', [app]),
  );
  const file = path.join(folder, 'bootstrap.json');
  const shape = bootstrap([httpListener({ port: outbound })], [cluster('cart', [app])]);
  const address = { socket_address: { address: '127.0.0.1', port_value: admin } };
  writeFileSync(file, JSON.stringify({ ...shape, admin: { address } }));
  const local = (port: number): string => `127.0.0.1:${port}`;
  const member = ['--service', 'web', '--app', local(app), '--control-plane', plane.xds, '--admin', local(admin)];
  const hosts = ['cart', 'stock'];
  const callAll = (): Promise<unknown> =>
    Promise.all(hosts.map((host) => call(outbound, { path: `http://${host}/`, headers: { host } })));
  const modes: [string, () => Promise<Start>][] = [
    ['static bootstrap', () => start(['-c', file])],
    ['member of a mesh', () => start([...member, '--outbound', local(outbound), '--inbound', local(inbound)], callAll)],
  ];
  const results: Record<string, Start> = {};
  console.log('                    ready after   resident   of that private   (medians)');
  for (const [name, once] of modes) {
    const all: Start[] = [];
    // The first start fills the compile cache and does not count.
    await once();
    for (let count = 0; count < Number(values.starts); count += 1) all.push(await once());
    const result = {
      ms: median(all.map(({ ms }) => ms)),
      residentMiB: median(all.map(({ residentMiB }) => residentMiB)),
      privateMiB: median(all.map(({ privateMiB }) => privateMiB)),
    };
    results[name] = result;
    const [ms, resident, own] = [result.ms, result.residentMiB, result.privateMiB].map((each) => each.toFixed(0));
    console.log(`${name.padEnd(20)}${ms?.padStart(8)} ms${resident?.padStart(7)} MiB${own?.padStart(14)} MiB`);
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  await plane.stop('SIGKILL');
  backend.close();
  rmSync(folder, { recursive: true });
}
