import type { Bench } from '../bench.ts';
import { CHUNKED, LARGE, MEBIBYTE, SINK } from '../contenders/backend.ts';
import { written } from '../contenders/contender.ts';
import type { Result } from '../result.ts';
import { perRequest } from './per-request.ts';
import type { Row } from './row.ts';

const connections = 16;

/** A request of 1 MiB in chunks of 16 KiB, as wrk's script may hand it over whole. */
const chunkedScript = `
local chunk = "4000\\r\\n" .. string.rep("x", 16384) .. "\\r\\n"
local text = "POST ${CHUNKED} HTTP/1.1\\r\\nHost: bench\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
  .. string.rep(chunk, 64) .. "0\\r\\n\\r\\n"
request = function() return text end
`;

const kinds = [
  { work: 'GET 1 MiB', path: LARGE, script: '' },
  { work: 'POST 1 MiB', path: SINK, script: `wrk.method = "POST" wrk.body = string.rep("x", ${MEBIBYTE})` },
  { work: 'POST 1 MiB in chunks, answered so', path: CHUNKED, script: chunkedScript },
];

export const bulk: Row = {
  name: 'bulk',
  words: 'bodies of 1 MiB: GET, POST, chunked both ways',
  async measure(bench: Bench) {
    const entrants = await bench.startAll({ streaming: true });
    const results: Result[] = [];
    for (const [at, { work, path, script }] of kinds.entries()) {
      const file = written(bench.folder, `bulk-${at}.lua`, script);
      results.push({
        row: 'bulk',
        work: `${work}, ${connections} connections`,
        unit: 'CPU us/request',
        figures: await perRequest(bench, entrants, { path, script: file, connections }),
        bounds: [{ of: 'aya', against: 'nginx', floor: 1.6, goal: 1.2 }],
        notes: ['nginx streams: proxy_buffering off, proxy_request_buffering off, buffers of 64 KiB as Aya has.'],
      });
    }
    await bench.stop(entrants);
    return results;
  },
};
