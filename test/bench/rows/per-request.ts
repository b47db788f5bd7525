import { type Bench, charged, type Entrant, loadCore } from '../bench.ts';
import { closedLoop } from '../closed-loop.ts';
import type { Figure } from '../result.ts';

export interface Work {
  readonly path: string;
  /** wrk's script. */
  readonly script: string;
  readonly connections: number;
}

/** CPU microseconds of the process tree per request, kernel included, under as much load as one core can make. */
export function perRequest(bench: Bench, entrants: readonly Entrant[], work: Work): Promise<Figure[]> {
  const { path, script, connections } = work;
  return bench.inTurn(entrants, async ({ server }) => {
    const { load, cpu, elapsed } = await charged(server, () =>
      closedLoop({ url: `${server.url}${path}`, script, seconds: bench.seconds, connections, core: loadCore }),
    );
    return {
      value: (cpu * 1e6) / load.requests,
      also: {
        'requests/s': load.perSecond,
        'p50 ms': load.p50,
        'p99 ms': load.p99,
        '% of its core': (cpu / elapsed) * 100,
      },
    };
  });
}

export const CPU_PER_REQUEST = 'CPU us/request';
