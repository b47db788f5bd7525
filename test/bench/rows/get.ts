import type { Bench } from '../bench.ts';
import type { Result } from '../result.ts';
import { shapes, writeScript } from '../shape.ts';
import { CPU_PER_REQUEST, perRequest } from './per-request.ts';
import type { Row } from './row.ts';

const connections = 64;

export const get: Row = {
  name: 'get',
  words: 'keep-alive GET of 100 bytes, both request shapes',
  async measure(bench: Bench) {
    const entrants = await bench.startAll();
    const results: Result[] = [];
    for (const shape of shapes) {
      const script = writeScript(shape, bench.folder);
      results.push({
        row: 'get',
        work: `GET 100 bytes, ${connections} connections, ${shape.name}`,
        unit: CPU_PER_REQUEST,
        figures: await perRequest(bench, entrants, { path: shape.path, script, connections }),
        bounds: [
          { of: 'aya', against: 'nginx', floor: 1.35, goal: 1 },
          { of: 'aya', against: 'envoy', goal: 0.5 },
        ],
        notes: [shape.words],
      });
    }
    await bench.stop(entrants);
    return results;
  },
};
