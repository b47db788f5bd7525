import { type Bench, charged, loadCore } from '../bench.ts';
import { aya } from '../contenders/aya.ts';
import { paced } from '../paced.ts';
import { bare, requestOf } from '../shape.ts';
import { connections, halfOfSlowest } from './latency.ts';
import type { Row } from './row.ts';

/** Both: two workers on one core would never run at the same time. */
const cores = '0,1';

export const workers: Row = {
  name: 'workers',
  words: 'CPU per request with two workers against one, at the same rate',
  async measure(bench: Bench) {
    if (!bench.contenders.includes(aya)) return [];
    const entrants = [
      { name: 'aya with one', server: await bench.start(aya, { workers: 1 }, cores) },
      { name: 'aya', server: await bench.start(aya, { workers: 2 }, cores) },
    ];
    const rate = await halfOfSlowest(bench, entrants);
    const figures = await bench.inTurn(entrants, async ({ server }) => {
      const port = Number(new URL(server.url).port);
      const request = requestOf(bare, `127.0.0.1:${port}`);
      const { load, cpu } = await charged(server, () =>
        paced(loadCore, { port, request, rate, seconds: bench.seconds, connections }),
      );
      return { value: (cpu * 1e6) / load.requests, also: { 'p50 ms': load.p50, 'p99 ms': load.p99 } };
    });
    await bench.stop(entrants);
    return [
      {
        row: 'workers',
        work: `two workers at ${rate} requests/s`,
        unit: 'CPU us/request',
        figures,
        bounds: [{ of: 'aya', against: 'aya with one', floor: 1.2, goal: 1.05 }],
        notes: ['The proxy may use both cores here; backend and load have one of them.'],
      },
    ];
  },
};
