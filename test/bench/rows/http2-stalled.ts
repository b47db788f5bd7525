import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Entrant } from '../bench.ts';
import { LARGE } from '../contenders/backend.ts';
import { usageOf } from '../cpu.ts';
import { Http2Client, requestBlock } from '../http2-client.ts';
import { type Figure, figureOf, type Result, type Sample } from '../result.ts';
import type { Row } from './row.ts';

const READERS = 8;
const WINDOW = 65_535;
/** Streams that stall when memory is measured: one would be lost among the noise. */
const MANY = 256;
const SETTLE_MS = 500;
const WARM_UP_SECONDS = 1;
const SLICE_MS = 200;
/** How often memory is measured at most. */
const MOST_ROUNDS = 3;
const BLOCK = requestBlock('GET', LARGE);

export const http2Stalled: Row = {
  name: 'http2-stalled',
  words: 'one stream of nine whose reader stalls: the rate of the others, and what it holds in memory',
  async measure(bench: Bench): Promise<Result[]> {
    const entrants = await bench.startAll({ protocol: 'http2', streaming: true });
    const rate = await bench.inTurn(entrants, (each) => rateLost(each, bench.seconds));
    await bench.stop(entrants);
    const memory = await memoryFigures(bench);
    const row = 'http2-stalled';
    return [
      {
        ...{ row, work: 'one HTTP/2 stream of nine stalls: rate that the others lose', unit: '%', figures: rate },
        bounds: [{ of: 'aya', floor: 10, goal: 5 }],
        notes: [`Each reads 1 MiB again and again, by windows of ${WINDOW} bytes; the one leaves its window closed.`],
      },
      {
        ...{ row, work: 'an HTTP/2 stream that stalls: memory', unit: 'KiB each', figures: memory },
        bounds: [{ of: 'aya', floor: 256, goal: 256 }],
        notes: [`Growth with ${MANY} of them on one connection. Towards the backend a stream's window is 256 KiB.`],
      },
    ];
  },
};

/** Readers in a loop; `bytes` counts what they get. */
class Readers {
  readonly client: Http2Client;
  bytes = 0;
  #going = true;

  constructor(client: Http2Client) {
    this.client = client;
    for (let each = 0; each < READERS; each += 1) this.#read();
    client.flush();
  }

  stop(): void {
    this.#going = false;
  }

  #read(): void {
    let taken = 0;
    const id = this.client.request(BLOCK, {
      onData: (bytes) => {
        this.bytes += bytes;
        taken += bytes;
        if (taken < WINDOW / 2) return;
        this.client.open(id, taken);
        taken = 0;
      },
      onEnd: (status) => {
        if (status !== 200) throw new Error(`a reader was answered ${status}`);
        if (this.#going) this.#read();
      },
    });
  }
}

async function rateLost({ server }: Entrant, seconds: number) {
  const client = await Http2Client.connect(Number(new URL(server.url).port), WINDOW);
  const readers = new Readers(client);
  await sleep(SETTLE_MS);
  // With and without it by turns, since what else runs on the machine changes all the time.
  const [taken, lasted]: [number[], number[]] = [
    [0, 0],
    [0, 0],
  ];
  for (let slice = 0; slice * SLICE_MS < seconds * 1_000; slice += 1) {
    const stalls = slice & 1;
    const id = stalls === 1 ? client.request(BLOCK, { onEnd() {} }) : 0;
    client.flush();
    const [before, started] = [readers.bytes, performance.now()];
    await sleep(SLICE_MS);
    taken[stalls] = (taken[stalls] ?? 0) + readers.bytes - before;
    lasted[stalls] = (lasted[stalls] ?? 0) + performance.now() - started;
    if (id !== 0) client.reset(id);
  }
  readers.stop();
  client.close();
  const [alone = 0, beside = 0] = taken.map((bytes, at) => bytes / (lasted[at] ?? 0) / 1_048.576);
  return { value: Math.max(0, (1 - beside / alone) * 100), also: { 'MiB/s': alone, 'MiB/s with it': beside } };
}

/** Each time in a process of its own: one that has held as much before has room for it. */
async function memoryFigures(bench: Bench): Promise<Figure[]> {
  const samples = new Map<string, Sample[]>(bench.contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < Math.min(bench.rounds, MOST_ROUNDS); round += 1) {
    for (const each of bench.contenders) {
      const server = await bench.start(each, { protocol: 'http2', streaming: true });
      const entrant = { name: each.name, server };
      await rateLost(entrant, WARM_UP_SECONDS);
      samples.get(each.name)?.push(await memoryHeld(entrant));
      await bench.stop([entrant]);
    }
  }
  return [...samples].map(([name, all]) => figureOf(name, all));
}

async function memoryHeld({ server }: Entrant) {
  const client = await Http2Client.connect(Number(new URL(server.url).port), WINDOW);
  const before = usageOf(server.pid).memory;
  for (let each = 0; each < MANY; each += 1) client.request(BLOCK, { onEnd() {} });
  client.flush();
  await sleep(SETTLE_MS * 2);
  const after = usageOf(server.pid).memory;
  if (client.active !== MANY) throw new Error(`${MANY - client.active} streams have ended`);
  client.close();
  await sleep(SETTLE_MS);
  return { value: Math.max(0, (after - before) / 1024 / MANY), also: {} };
}
