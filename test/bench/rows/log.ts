import { statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Bench, Entrant } from '../bench.ts';
import type { Result } from '../result.ts';
import { shapes, writeScript } from '../shape.ts';
import { CPU_PER_REQUEST, perRequest } from './per-request.ts';
import type { Row } from './row.ts';

const connections = 64;

export const log: Row = {
  name: 'log',
  words: 'the same GET with an access log of JSON lines to a file',
  async measure(bench: Bench) {
    const entrants: Entrant[] = [];
    const files: string[] = [];
    for (const contender of bench.contenders) {
      const accessLog = path.join(bench.folder, `access-${contender.name}.log`);
      writeFileSync(accessLog, '');
      files.push(accessLog);
      entrants.push({ name: contender.name, server: await bench.start(contender, { accessLog }) });
    }
    const results: Result[] = [];
    for (const shape of shapes) {
      const script = writeScript(shape, bench.folder);
      results.push({
        row: 'log',
        work: `GET 100 bytes with a JSON access log, ${shape.name}`,
        unit: CPU_PER_REQUEST,
        figures: await perRequest(bench, entrants, { path: shape.path, script, connections }),
        bounds: [{ of: 'aya', against: 'nginx', floor: 1.6, goal: 1.2 }],
        notes: [
          'The same fields where a proxy knows them. nginx gathers 64 KiB or 1 s of lines, Aya 64 KiB or 250 ms; HAProxy writes each by itself.',
        ],
      });
      for (const file of files) {
        if (statSync(file).size === 0) throw new Error(`${file}: no line was written`);
        truncateSync(file);
      }
    }
    await bench.stop(entrants);
    return results;
  },
};
