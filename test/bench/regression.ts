/**
 * Fails when a request costs a third more than it did: CPU as a multiple of nginx in the same run, and bytes allocated in the
 * data-path thread. What it cost stands in regression.json; `--store` writes there what it costs now.
 *
 *   npm run build && node test/bench/regression.ts [--store] [--rounds 5] [--seconds 1]
 *
 * Ends with one line `N passed, N failed`. Without nginx, wrk, taskset or a second core it says so and passes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench, charged, loadCore } from './bench.ts';
import { closedLoop } from './closed-loop.ts';
import { ayaFrom, bundle } from './contenders/aya.ts';
import { type Contender, said } from './contenders/contender.ts';
import { nginx } from './contenders/nginx.ts';
import type { Figure } from './result.ts';
import { type Shape, shapes, writeScript } from './shape.ts';

/** What a request of one shape costs. */
interface Cost {
  /** CPU of the process tree, kernel included, over that of nginx. */
  readonly cpuOverNginx: number;
  readonly bytesAllocated: number;
}
type Costs = Readonly<Record<string, Cost>>;

/** How much more than stored is a failure: the figures of two runs differ by less than half of that. */
const ALLOWED = 4 / 3;
const stored = path.join(import.meta.dirname, 'regression.json');
const { values } = parseArgs({
  options: {
    store: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
  },
});

const missing = [
  cpus().length < 2 ? 'a second core' : '',
  nginx.version() === undefined ? 'nginx' : '',
  said('sh', '-c', 'command -v wrk') ? '' : 'wrk',
  said('sh', '-c', 'command -v taskset') ? '' : 'taskset',
].filter((each) => each !== '');
if (missing.length > 0) {
  console.log(`﹣ what a request costs # needs ${missing.join(' and ')}`);
  console.log('0 passed, 0 failed');
  process.exit(0);
}

/** Aya that tells what it allocates, into `file`. */
function observed(file: string): Contender {
  const aya = ayaFrom('aya', bundle);
  const loaded = pathToFileURL(path.join(import.meta.dirname, 'allocated.mjs'));
  loaded.search = encodeURIComponent(file);
  return {
    ...aya,
    command: (place, setting) => ['env', `NODE_OPTIONS=--import=${loaded.href}`, ...aya.command(place, setting)],
  };
}

async function measure(rounds: number, seconds: number): Promise<Costs> {
  const contenders: Contender[] = [nginx];
  const bench = new Bench({ rounds, seconds, contenders });
  try {
    const file = path.join(bench.folder, 'allocated');
    contenders.push(observed(file));
    const entrants = await bench.startAll();
    const costs: Record<string, Cost> = {};
    for (const shape of shapes) costs[shape.name] = costOf(await inTurn(bench, entrants, shape, file));
    return costs;
  } finally {
    await bench.close();
  }
}

function inTurn(
  bench: Bench,
  entrants: Awaited<ReturnType<Bench['startAll']>>,
  shape: Shape,
  file: string,
): Promise<Figure[]> {
  const script = writeScript(shape, bench.folder);
  return bench.inTurn(entrants, async ({ name, server }) => {
    const url = `${server.url}${shape.path}`;
    const before = name === 'aya' ? await allocated(file) : 0;
    const { load, cpu } = await charged(server, () =>
      closedLoop({ url, script, seconds: bench.seconds, connections: 64, core: loadCore }),
    );
    const bytes = name === 'aya' ? (await allocated(file)) - before : 0;
    return { value: (cpu * 1e6) / load.requests, also: { bytes: bytes / load.requests } };
  });
}

/** Bytes by now: what stands there may be 200 ms old. */
async function allocated(file: string): Promise<number> {
  await sleep(300);
  return Number(readFileSync(file, 'utf8'));
}

function costOf(figures: readonly Figure[]): Cost {
  const [own, other] = ['aya', 'nginx'].map((name) => figures.find((each) => each.name === name));
  if (!own || !other) throw new Error('nothing was measured');
  return { cpuOverNginx: own.value / other.value, bytesAllocated: own.also.bytes ?? Number.NaN };
}

/** What is above its limit. */
function tooMuch(now: Costs, before: Costs): string[] {
  return Object.entries(before).flatMap(([shape, cost]) =>
    (['cpuOverNginx', 'bytesAllocated'] as const).flatMap((what) => {
      const [was, is] = [cost[what], now[shape]?.[what] ?? Number.NaN];
      return is <= was * ALLOWED ? [] : [`${shape}: ${what} is ${is.toFixed(2)}, and was ${was.toFixed(2)}`];
    }),
  );
}

const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const now = await measure(rounds, seconds);
for (const [shape, cost] of Object.entries(now)) {
  console.log(
    `${shape}: ${cost.cpuOverNginx.toFixed(2)} x nginx's CPU, ${cost.bytesAllocated.toFixed(0)} bytes allocated per request`,
  );
}
if (values.store) {
  const rounded = Object.entries(now).map(([shape, { cpuOverNginx, bytesAllocated }]) => [
    shape,
    { cpuOverNginx: Number(cpuOverNginx.toFixed(2)), bytesAllocated: Math.round(bytesAllocated) },
  ]);
  writeFileSync(stored, `${JSON.stringify(Object.fromEntries(rounded), null, 2)}\n`);
}
const before = JSON.parse(readFileSync(stored, 'utf8')) as Costs;
let wrong = tooMuch(now, before);
// Somebody else on the machine may have been the reason: once more, and longer.
if (wrong.length > 0) wrong = tooMuch(await measure(2 * rounds, seconds), before);
for (const each of wrong) console.error(each);
const all = 2 * Object.keys(before).length;
console.log(`${all - wrong.length} passed, ${wrong.length} failed`);
process.exit(wrong.length > 0 ? 1 : 0);
