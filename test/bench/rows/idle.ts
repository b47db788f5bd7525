import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import type { Contender } from '../contenders/contender.ts';
import { usageOf } from '../cpu.ts';
import { affordable } from '../descriptors.ts';
import { figureOf, type Sample } from '../result.ts';
import { bare, requestOf } from '../shape.ts';
import type { Row } from './row.ts';

const wanted = 12_000;
/** Connections that are opened at the same time: fewer than any proxy lets wait to be accepted. */
const batch = 100;
const settleMs = 2_000;
/** How often memory is measured at most: each takes a process of its own. */
const mostRounds = 3;

export const idle: Row = {
  name: 'idle',
  words: `resident memory of ${wanted} idle keep-alive connections`,
  async measure(bench: Bench) {
    const { count: clients, limit } = affordable(wanted);
    const samples = new Map<string, Sample[]>(bench.contenders.map(({ name }) => [name, []]));
    for (let round = 0; round < Math.min(bench.rounds, mostRounds); round += 1) {
      for (const each of bench.contenders) samples.get(each.name)?.push(await memoryPerClient(bench, each, clients));
    }
    return [
      {
        row: 'idle',
        work: `${clients} idle keep-alive connections`,
        unit: 'KiB each',
        figures: [...samples].map(([name, all]) => figureOf(name, all)),
        bounds: [{ of: 'aya', floor: 8, goal: 5 }],
        notes: [
          'Growth of resident memory, each connection having had one answer. nginx has set a part aside for each before any came.',
          ...(clients < wanted ? [`No more than ${clients} of ${wanted}: the limit of open files is ${limit}.`] : []),
        ],
      },
    ];
  },
};

async function memoryPerClient(bench: Bench, contender: Contender, clients: number): Promise<Sample> {
  const server = await bench.start(contender, { clients });
  const port = Number(new URL(server.url).port);
  // What any first hundred would leave behind: pools, buffers, compiled code.
  for (const socket of await open(port, batch)) socket.resetAndDestroy();
  await sleep(settleMs);
  const before = usageOf(server.pid).memory;
  const sockets: net.Socket[] = [];
  while (sockets.length < clients) sockets.push(...(await open(port, Math.min(batch, clients - sockets.length))));
  await sleep(settleMs);
  const after = usageOf(server.pid).memory;
  const lost = sockets.filter((each) => each.destroyed || each.readableEnded).length;
  if (lost > 0) throw new Error(`${contender.name} has closed ${lost} of ${clients} idle connections`);
  for (const socket of sockets) socket.resetAndDestroy();
  await bench.stop([{ name: contender.name, server }]);
  const mebibytes = (bytes: number): number => bytes / 2 ** 20;
  return {
    value: (after - before) / 1024 / clients,
    also: { 'MiB before': mebibytes(before), 'MiB after': mebibytes(after) },
  };
}

/** Connections that have each had their answer. */
function open(port: number, count: number): Promise<net.Socket[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = net.connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(requestOf(bare, `127.0.0.1:${port}`));
      let text = '';
      while (!/\r\n\r\n.{100}/s.test(text)) text += ((await once(socket, 'data')) as [Buffer])[0].toString('latin1');
      if (!text.startsWith('HTTP/1.1 200')) throw new Error(`answered ${text.slice(0, 40)}`);
      return socket;
    }),
  );
}
