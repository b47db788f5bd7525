import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, charged, type Entrant, loadCore } from '../bench.ts';
import { outputOf } from '../closed-loop.ts';
import type { Figure, Result } from '../result.ts';
import type { Row } from './row.ts';

const peer = path.join(import.meta.dirname, '../tcp-peer.ts');
const MEBIBYTES = 1024;
const CONNECTIONS = 6_000;
const bounds = [{ of: 'aya', against: 'haproxy', floor: 2, goal: 1.2 }];

/** Ports of a sink and of an echo server, both in a process of its own. */
interface Ends {
  readonly sink: number;
  readonly echo: number;
}

/** Of those who forward TCP, all in turn: what one run of `amount` costs, divided by `units`. */
async function inTurn(
  bench: Bench,
  end: number,
  what: 'stream' | 'short',
  amount: number,
  units: number,
): Promise<Figure[]> {
  const entrants: Entrant[] = [];
  for (const each of bench.contenders.filter(({ tcp }) => tcp)) {
    const server = await bench.start(each, { protocol: 'tcp' }, undefined, [end]);
    entrants.push({ name: each.name, server });
  }
  const figures = await bench.inTurn(entrants, async ({ server }) => {
    const { port } = new URL(server.url);
    const command = ['-c', String(loadCore), process.execPath, peer, what, port, String(amount)];
    const { cpu, elapsed } = await charged(server, async () => {
      await outputOf('taskset', command);
      // What remains to be closed is part of it.
      await sleep(50);
    });
    return { value: cpu / units, also: { seconds: elapsed } };
  });
  await bench.stop(entrants);
  return figures;
}

async function measured(bench: Bench, { sink, echo }: Ends): Promise<Result[]> {
  return [
    {
      row: 'tcp',
      work: 'TCP, one stream',
      unit: 'CPU ms/GiB',
      figures: await inTurn(bench, sink, 'stream', MEBIBYTES, MEBIBYTES / 1024 / 1e3),
      bounds,
      notes: [`${MEBIBYTES} MiB in one direction; the bench's seconds do not matter here.`],
    },
    {
      row: 'tcp',
      work: 'TCP, short connections',
      unit: 'CPU us each',
      figures: await inTurn(bench, echo, 'short', CONNECTIONS, CONNECTIONS / 1e6),
      bounds,
      notes: [`${CONNECTIONS} connections, 32 at a time, each 100 bytes there and back.`],
    },
  ];
}

export const tcp: Row = {
  name: 'tcp',
  words: 'TCP as it is: one stream of a GiB, and short connections',
  async measure(bench: Bench) {
    const command = ['-c', String(loadCore), process.execPath, peer, 'serve'];
    const ends: ChildProcess = spawn('taskset', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    const kill = (): void => void ends.kill('SIGKILL');
    process.once('exit', kill);
    try {
      const [line] = (await once(ends.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
      return await measured(bench, JSON.parse(line.toString()) as Ends);
    } finally {
      kill();
      process.off('exit', kill);
    }
  },
};
