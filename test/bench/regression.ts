/**
 * Fails when a request costs a third more than it did: CPU as a multiple of nginx in the same run, and bytes allocated in the
 * data-path thread. What it cost stands in regression.json; `--store` writes there what it costs now.
 *
 *   npm run build && node test/bench/regression.ts [--store] [--rounds 5] [--seconds 1]
 *
 * Whatever else runs on the machine can only add to both: the cheapest round counts, and there are more of them before
 * something is called too much. Ends with one line `N passed, N failed`. Without nginx, wrk, taskset or a second core, or on a
 * machine where our threads never had their core for themselves, it says so and passes.
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
import { ayaFrom, launcher } from './contenders/aya.ts';
import { type Contender, said } from './contenders/contender.ts';
import { nginx } from './contenders/nginx.ts';
import { timeOf } from './cpu.ts';
import type { Sample } from './result.ts';
import type { Server } from './server.ts';
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
/** Measurements before something is called too much. */
const ATTEMPTS = 3;
/** A round in which our threads waited for a core for more than this share of their time says nothing. */
const CALM = 0.2;
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
  said('sh', '-c', 'taskset -c 0 true && taskset -c 1 true && echo yes') ? '' : 'taskset on two cores',
].filter((each) => each !== '');
if (missing.length > 0) {
  console.log(`﹣ what a request costs # needs ${missing.join(' and ')}`);
  console.log('0 passed, 0 failed');
  process.exit(0);
}

/** Aya that tells what it allocates, into `file`. */
function observed(file: string): Contender {
  const aya = ayaFrom('aya', launcher);
  const loaded = pathToFileURL(path.join(import.meta.dirname, 'allocated.mjs'));
  loaded.search = encodeURIComponent(file);
  return {
    ...aya,
    command: (place, setting) => ['env', `NODE_OPTIONS=--import=${loaded.href}`, ...aya.command(place, setting)],
  };
}

/** The cheapest rounds so far, and the least share of its time for which a thread of ours waited for a core. */
class Measured {
  readonly #lowest = new Map<string, number>();
  calmest = 1;

  note(what: string, value: number): void {
    this.#lowest.set(what, Math.min(value, this.#lowest.get(what) ?? Number.POSITIVE_INFINITY));
  }

  of(shape: string): Cost {
    const [own = Number.NaN, other = Number.NaN, bytes = Number.NaN] = ['aya', 'nginx', 'bytes'].map((what) =>
      this.#lowest.get(`${shape} ${what}`),
    );
    return { cpuOverNginx: own / other, bytesAllocated: bytes };
  }
}

async function measure(rounds: number, seconds: number, into: Measured): Promise<void> {
  const contenders: Contender[] = [nginx];
  const bench = new Bench({ rounds, seconds, contenders });
  try {
    const file = path.join(bench.folder, 'allocated');
    contenders.push(observed(file));
    const entrants = await bench.startAll();
    for (const shape of shapes) {
      const script = writeScript(shape, bench.folder);
      await bench.inTurn(entrants, ({ name, server }) => round(name, server, shape, script, file, seconds, into));
    }
  } finally {
    await bench.close();
  }
}

async function round(
  name: string,
  server: Server,
  shape: Shape,
  script: string,
  file: string,
  seconds: number,
  into: Measured,
): Promise<Sample> {
  const url = `${server.url}${shape.path}`;
  const bytes = name === 'aya' ? await allocated(file) : 0;
  const before = timeOf(server.pid);
  const { load } = await charged(server, () => closedLoop({ url, script, seconds, connections: 64, core: loadCore }));
  const after = timeOf(server.pid);
  const [ran, waited] = [after.ran - before.ran, after.waited - before.waited];
  into.note(`${shape.name} ${name}`, ran / load.requests);
  if (name === 'aya') {
    into.calmest = Math.min(into.calmest, waited / (waited + ran));
    into.note(`${shape.name} bytes`, ((await allocated(file)) - bytes) / load.requests);
  }
  return { value: ran / load.requests, also: {} };
}

/** Bytes by now: what stands there may be 200 ms old. */
async function allocated(file: string): Promise<number> {
  await sleep(300);
  return Number(readFileSync(file, 'utf8'));
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

const before = JSON.parse(readFileSync(stored, 'utf8')) as Costs;
const measured = new Measured();
let wrong: string[] = [];
for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
  try {
    await measure(Number(values.rounds), Number(values.seconds), measured);
    const now = Object.fromEntries(shapes.map(({ name }) => [name, measured.of(name)]));
    for (const [shape, cost] of Object.entries(now)) {
      const [cpu, bytes] = [cost.cpuOverNginx.toFixed(2), cost.bytesAllocated.toFixed(0)];
      console.log(`${shape}: ${cpu} x nginx's CPU, ${bytes} bytes allocated per request`);
    }
    if (values.store) writeFileSync(stored, `${JSON.stringify(now, rounded, 2)}\n`);
    wrong = tooMuch(now, values.store ? now : before);
  } catch (error) {
    wrong = [`nothing was measured: ${(error as Error).message}`];
  }
  if (wrong.length === 0) break;
}
const all = 2 * Object.keys(before).length;
if (wrong.length > 0 && measured.calmest > CALM) {
  const waited = `our threads waited for a core for ${Math.round(100 * measured.calmest)} % of the calmest round`;
  console.log(`﹣ what a request costs # this machine is too busy to tell: ${waited}; ${wrong.join('; ')}`);
  console.log('0 passed, 0 failed');
  process.exit(0);
}
for (const each of wrong) console.error(each);
console.log(`${all - wrong.length} passed, ${wrong.length} failed`);
process.exit(wrong.length > 0 ? 1 : 0);

function rounded(_key: string, value: unknown): unknown {
  return typeof value !== 'number' ? value : value < 100 ? Number(value.toFixed(2)) : Math.round(value);
}
