import { type Bench, charged, type Entrant, loadCore } from '../bench.ts';
import { closedLoop } from '../closed-loop.ts';
import { paced } from '../paced.ts';
import type { Result, Sample } from '../result.ts';
import { bare, requestOf, writeScript } from '../shape.ts';
import type { Row } from './row.ts';

export const connections = 64;

/** p99 under requests that come `rate` times a second, whatever becomes of them. */
export async function latencyAt(bench: Bench, { server }: Entrant, rate: number): Promise<Sample> {
  const port = Number(new URL(server.url).port);
  const request = requestOf(bare, `127.0.0.1:${port}`);
  const { load, cpu } = await charged(server, () =>
    paced(loadCore, { port, request, rate, seconds: bench.seconds, connections }),
  );
  const { p50, p90, p99, p999, max, lateness, requests } = load;
  return {
    value: p99,
    also: {
      'p50 ms': p50,
      'p90 ms': p90,
      'p99.9 ms': p999,
      'max ms': max,
      'load late ms': lateness,
      'CPU us/request': (cpu * 1e6) / requests,
    },
  };
}

/** Half of what the slowest of all can do, per second. */
export async function halfOfSlowest(bench: Bench, entrants: readonly Entrant[]): Promise<number> {
  const script = writeScript(bare, bench.folder);
  let slowest = Number.POSITIVE_INFINITY;
  for (const { server } of entrants) {
    // The first run warms up.
    for (let run = 0; run < 2; run += 1) {
      const url = `${server.url}${bare.path}`;
      const { perSecond } = await closedLoop({ url, script, seconds: bench.seconds, connections, core: loadCore });
      if (run === 1) slowest = Math.min(slowest, perSecond);
    }
  }
  return Math.round(slowest / 2);
}

export const latency: Row = {
  name: 'latency',
  words: 'latency at half of the most that the slowest can do, by an open loop',
  async measure(bench: Bench): Promise<Result[]> {
    const entrants = await bench.startAll();
    const rate = await halfOfSlowest(bench, entrants);
    const figures = await bench.inTurn(entrants, (each) => latencyAt(bench, each, rate));
    await bench.stop(entrants);
    return [
      {
        row: 'latency',
        work: `latency at ${rate} requests/s for all`,
        unit: 'p99 ms',
        figures,
        bounds: [{ of: 'aya', against: 'nginx', floor: 1.5, goal: 1 }],
        notes: ['Open loop: from when a request was due until its answer was there, to about 0.1 ms.'],
      },
    ];
  },
};
