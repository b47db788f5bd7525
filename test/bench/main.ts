/**
 * `npm run bench`: what a request costs in Aya and in its peers, on this machine, now.
 *
 * Every proxy runs as one worker pinned to core 0, in front of the same nginx backend; backend and wrk share core 1. The figure to
 * compare is CPU time of the proxy's process tree per request: it moves little when the machine is busy, where requests per second
 * move a lot. Proxies take turns round by round, and the medians of a run are compared within that run only. Envoy and Aya are
 * started from the same bootstrap file.
 *
 *   node test/bench/main.ts [--rounds 5] [--seconds 4] [--only nginx,aya] [--shape bare|browser] [--connections 64] [--json FILE]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { freePort } from '../../cli/beside/free-port.ts';
import { backendCommand, contenders } from './contenders.ts';
import { usageOf } from './cpu.ts';
import { applyLoad } from './load.ts';
import { type Round, summarise, tableOf } from './report.ts';
import { type Server, startServer, urlFor } from './server.ts';
import { headBytes, type Shape, shapes, writeScript } from './shape.ts';

const proxyCore = 0;
const loadCore = 1;
const warmUpSeconds = 2;
/** Share of its core below which a proxy was not what limited the requests per second. */
const busy = 0.8;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string' },
    shape: { type: 'string' },
    connections: { type: 'string', default: '64' },
    json: { type: 'string' },
  },
});
const [rounds, seconds, connections] = [values.rounds, values.seconds, values.connections].map(Number);
if (!rounds || !seconds || !connections)
  throw new Error('--rounds, --seconds and --connections are whole numbers above 0');
if (cpus().length < 2) throw new Error('two cores are needed: one for the proxy, one for backend and load');

const wanted = values.only?.split(',');
const unknown = wanted?.filter((name) => !contenders.some((each) => each.name === name)) ?? [];
if (unknown.length > 0) throw new Error(`--only: no proxy is called ${unknown.join(', ')}`);
const asked = shapes.filter(({ name }) => values.shape === undefined || values.shape === name);
if (asked.length === 0) throw new Error(`--shape is one of ${shapes.map(({ name }) => name).join(', ')}`);

const folder = mkdtempSync(path.join(tmpdir(), 'aya-bench-'));
const running: Server[] = [];

async function start(): Promise<Server[]> {
  const backends = [await freePort(), await freePort(), await freePort()];
  const backendUrl = `http://127.0.0.1:${backends[0]}${asked[0]?.path}`;
  const home = path.join(folder, 'backend');
  const command = backendCommand(home, backends, asked);
  running.push(await startServer('backend', home, loadCore, command, backendUrl));
  const proxies: Server[] = [];
  for (const { name, version, command: commandOf } of contenders) {
    if (wanted && !wanted.includes(name)) continue;
    const found = version();
    if (found === undefined) {
      if (wanted) throw new Error(`${name} is not installed`);
      console.log(`${name}: not installed, left out`);
      continue;
    }
    const place = { folder: path.join(folder, name), listen: await freePort(), admin: await freePort(), backends };
    mkdirSync(place.folder);
    const url = `http://127.0.0.1:${place.listen}${asked[0]?.path}`;
    const server = await startServer(name, place.folder, proxyCore, commandOf(place), url);
    console.log(`${name} ${found}: ready after ${server.readyMs.toFixed(0)} ms`);
    running.push(server);
    proxies.push(server);
  }
  return proxies;
}

async function measure(server: Server, shape: Shape, duration: number): Promise<Round> {
  const script = writeScript(shape, folder);
  const before = usageOf(server.pid).cpu;
  const started = performance.now();
  const url = urlFor(server, shape);
  const load = await applyLoad({ url, script, seconds: duration, connections: connections ?? 64, core: loadCore });
  const elapsed = (performance.now() - started) / 1_000;
  const cpu = usageOf(server.pid).cpu - before;
  const { requests, ...figures } = load;
  const cpuPerRequest = (cpu * 1e6) / requests;
  return { name: server.name, shape: shape.name, cpuPerRequest, ...figures, utilisation: cpu / elapsed };
}

try {
  const proxies = await start();
  for (const server of proxies) for (const shape of asked) await measure(server, shape, warmUpSeconds);
  const results: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const shape of asked) {
      for (const server of proxies) results.push(await measure(server, shape, seconds));
    }
    process.stderr.write(`round ${round} of ${rounds}\n`);
  }
  const rows = summarise(results);
  const memory = proxies.map(({ name, pid, readyMs }) => ({ name, readyMs, peakMemory: usageOf(pid).peakMemory }));
  for (const shape of asked) {
    const bytes = headBytes(shape, '127.0.0.1:10000');
    console.log(
      `\n${shape.words} (head of ${bytes} bytes), ${connections} connections, medians of ${rounds} x ${seconds} s:`,
    );
    console.log(tableOf(rows.filter((row) => row.shape === shape.name)));
  }
  const starved = rows.filter(({ utilisation }) => utilisation < busy).map(({ name, shape }) => `${name} (${shape})`);
  if (starved.length > 0) {
    console.log(`\nNot kept busy, or kept from its core by others: ${starved.join(', ')}.`);
    console.log('Their requests per second and latencies tell of this machine; CPU per request still compares.');
  }
  console.log('\nPeak resident memory:');
  for (const { name, peakMemory } of memory)
    console.log(`  ${name.padEnd(8)} ${(peakMemory / 2 ** 20).toFixed(1)} MiB`);
  if (values.json) {
    const facts = { cpu: cpus()[0]?.model, node: process.version, rounds, seconds, connections };
    writeFileSync(values.json, `${JSON.stringify({ ...facts, rows, processes: memory, results }, null, 2)}\n`);
  }
} finally {
  for (const server of running.reverse()) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
