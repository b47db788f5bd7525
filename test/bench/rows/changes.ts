import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { type Bench, type Entrant, loadCore } from '../bench.ts';
import type { Result } from '../result.ts';
import { halfOfSlowest, latencyAt } from './latency.ts';
import type { Row } from './row.ts';

const changesPerSecond = 10;
const program = path.join(import.meta.dirname, '../ads.ts');

/** A control plane in a process of its own, whose configuration changes all the time. */
class Changing {
  /** Responses that proxies have acknowledged: put in force. */
  acknowledged = 0;
  readonly port: Promise<number>;
  readonly #child: ChildProcess;

  constructor(backends: readonly number[]) {
    const command = [process.execPath, program, String(changesPerSecond), ...backends.map(String)];
    const child = spawn('taskset', ['-c', String(loadCore), ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    this.port = once(lines, 'line').then(([line]) => Number(line));
    void this.port.then(() => {
      lines.on('line', () => {
        this.acknowledged += 1;
      });
    });
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

export const changes: Row = {
  name: 'changes',
  words: 'the same latency while configuration changes ten times a second',
  async measure(bench: Bench): Promise<Result[]> {
    const planes = new Map<string, Changing>();
    const entrants: Entrant[] = [];
    const { backends } = await bench.backends();
    try {
      for (const contender of bench.contenders) {
        let xds: number | null = null;
        if (contender.dynamic) {
          const plane = new Changing(backends);
          planes.set(contender.name, plane);
          xds = await plane.port;
        }
        entrants.push({ name: contender.name, server: await bench.start(contender, { xds }) });
      }
      const rate = await halfOfSlowest(bench, entrants);
      const figures = await bench.inTurn(entrants, async (each) => {
        const plane = planes.get(each.name);
        const [before, started] = [plane?.acknowledged ?? 0, performance.now()];
        const sample = await latencyAt(bench, each, rate);
        const seconds = (performance.now() - started) / 1_000;
        const perSecond = ((plane?.acknowledged ?? 0) - before) / seconds;
        return { ...sample, also: { ...sample.also, 'acknowledged/s': perSecond } };
      });
      return [
        {
          row: 'changes',
          work: `the same while configuration changes, ${rate} requests/s`,
          unit: 'p99 ms',
          figures,
          bounds: [{ of: 'aya', against: 'nginx', floor: 2, goal: 1.2 }],
          notes: [
            `Envoy and Aya: ${changesPerSecond} times a second the cluster, its endpoints and the routes change by delta xDS, one response each; the others do not change.`,
          ],
        },
      ];
    } finally {
      await bench.stop(entrants);
      for (const plane of planes.values()) plane.stop();
    }
  },
};
