import type { Bench } from '../bench.ts';
import { written } from '../contenders/contender.ts';
import type { Result } from '../result.ts';
import { shapes } from '../shape.ts';
import { CPU_PER_REQUEST, perRequest } from './per-request.ts';
import type { Row } from './row.ts';

const connections = 64;

export const post: Row = {
  name: 'post',
  words: 'keep-alive POST of 1 KiB, both request shapes',
  async measure(bench: Bench) {
    const entrants = await bench.startAll();
    const results: Result[] = [];
    for (const shape of shapes) {
      const headers = Object.entries(shape.requestHeaders).map(
        ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
      );
      const lines = ['wrk.method = "POST"', 'wrk.body = string.rep("x", 1024)', ...headers];
      const script = written(bench.folder, `post-${shape.name}.lua`, lines.join('\n'));
      results.push({
        row: 'post',
        work: `POST 1 KiB, ${connections} connections, ${shape.name}`,
        unit: CPU_PER_REQUEST,
        figures: await perRequest(bench, entrants, { path: shape.path, script, connections }),
        bounds: [
          { of: 'aya', against: 'nginx', floor: 1.35, goal: 1 },
          { of: 'aya', against: 'envoy', goal: 0.5 },
        ],
        notes: [],
      });
    }
    await bench.stop(entrants);
    return results;
  },
};
