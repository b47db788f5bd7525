import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { SINK } from '../contenders/backend.ts';
import type { Contender } from '../contenders/contender.ts';
import { usageOf } from '../cpu.ts';
import { affordable } from '../descriptors.ts';
import { Http2Client, requestBlock } from '../http2-client.ts';
import { type Figure, figureOf, type Result, type Sample } from '../result.ts';
import { bare } from '../shape.ts';
import type { Row } from './row.ts';

const CONNECTIONS = affordable(12_000).count;
/** Connections that are opened at the same time. */
const BATCH = 100;
/** Streams that stay open, on so many connections. */
const STREAMS = 1_000;
const CARRIERS = 8;
const SETTLE_MS = 2_000;
/** How often memory is measured at most: each takes a process of its own. */
const MOST_ROUNDS = 3;

export const http2Memory: Row = {
  name: 'http2-memory',
  words: 'resident memory of idle HTTP/2 connections, and of open streams',
  async measure(bench: Bench): Promise<Result[]> {
    const result = { row: 'http2-memory', unit: 'KiB each', bounds: [{ of: 'aya', against: 'envoy', goal: 0.5 }] };
    return [
      {
        ...result,
        work: `${CONNECTIONS} idle HTTP/2 connections`,
        figures: await figures(bench, connections),
        notes: ['Each connection has had one answer.'],
      },
      {
        ...result,
        work: `${CARRIERS * STREAMS} open HTTP/2 streams of ${CARRIERS} connections`,
        figures: await figures(bench, streams),
        notes: [
          'Requests whose body is waited for; the backend has their heads. Both sides of the proxy are in the figure.',
        ],
      },
    ];
  },
};

type Opened = { readonly clients: readonly Http2Client[]; readonly count: number };

async function connections(port: number): Promise<Opened> {
  const clients: Http2Client[] = [];
  while (clients.length < CONNECTIONS) {
    const count = Math.min(BATCH, CONNECTIONS - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: count }, () => answered(port)))));
  }
  return { clients, count: CONNECTIONS };
}

async function streams(port: number): Promise<Opened> {
  const clients = await Promise.all(Array.from({ length: CARRIERS }, () => answered(port)));
  const block = requestBlock('POST', SINK);
  for (const client of clients) {
    for (let each = 0; each < STREAMS; each += 1) client.request(block, { onEnd() {} }, false);
    client.flush();
  }
  return { clients, count: CARRIERS * STREAMS };
}

async function figures(bench: Bench, open: (port: number) => Promise<Opened>): Promise<Figure[]> {
  const samples = new Map<string, Sample[]>(bench.contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < Math.min(bench.rounds, MOST_ROUNDS); round += 1) {
    for (const each of bench.contenders) samples.get(each.name)?.push(await measured(bench, each, open));
  }
  return [...samples].map(([name, all]) => figureOf(name, all));
}

async function measured(bench: Bench, contender: Contender, open: (port: number) => Promise<Opened>): Promise<Sample> {
  const server = await bench.start(contender, {
    protocol: 'http2',
    streaming: true,
    clients: Math.max(CONNECTIONS, CARRIERS * STREAMS) + 1_000,
  });
  const port = Number(new URL(server.url).port);
  // What any first hundred would leave behind: pools, buffers, compiled code.
  for (const each of await Promise.all(Array.from({ length: BATCH }, () => answered(port)))) each.close();
  await sleep(SETTLE_MS);
  const before = usageOf(server.pid).memory;
  const { clients, count } = await open(port);
  await sleep(SETTLE_MS);
  const after = usageOf(server.pid).memory;
  const lost = clients.filter(({ socket, goaway }) => socket.destroyed || goaway >= 0);
  if (lost.length > 0) {
    throw new Error(`${contender.name} took leave of ${lost.length} of ${clients.length} by code ${lost[0]?.goaway}`);
  }
  if (count > clients.length) {
    const open = clients.reduce((sum, { active }) => sum + active, 0);
    if (open !== count) throw new Error(`${contender.name} has ended ${count - open} of ${count} streams`);
  }
  for (const each of clients) each.close();
  await bench.stop([{ name: contender.name, server }]);
  const mebibytes = (bytes: number): number => bytes / 2 ** 20;
  return {
    value: (after - before) / 1024 / count,
    also: { 'MiB before': mebibytes(before), 'MiB after': mebibytes(after) },
  };
}

/** A connection that has had an answer. */
async function answered(port: number): Promise<Http2Client> {
  const client = await Http2Client.connect(port);
  const status = await new Promise<number>((resolve) => {
    client.request(requestBlock('GET', bare.path), { onEnd: resolve });
    client.flush();
  });
  if (status !== 200) throw new Error(`answered ${status}`);
  return client;
}
