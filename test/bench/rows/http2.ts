import { type Bench, charged, type Entrant, loadCore } from '../bench.ts';
import { changingLoad } from '../changing-load.ts';
import type { ClosedLoop } from '../closed-loop.ts';
import { LARGE, MEBIBYTE, MESSAGE, SINK } from '../contenders/backend.ts';
import { written } from '../contenders/contender.ts';
import { h2load } from '../h2load.ts';
import type { Bound, Result } from '../result.ts';
import { bare } from '../shape.ts';
import { CPU_PER_REQUEST } from './per-request.ts';
import type { Row } from './row.ts';

const BOUNDS: readonly Bound[] = [
  { of: 'aya', against: 'haproxy', floor: 2.2, goal: 1.2 },
  { of: 'aya', against: 'envoy', goal: 0.5 },
];
const NGINX = 'nginx speaks HTTP/1.1 to its backends here: it has no other way to share connections.';

interface Kind {
  readonly work: string;
  readonly notes: readonly string[];
  /** Divides the cost of a request. */
  readonly per: number;
  readonly unit: string;
  load(entrant: Entrant, bench: Bench): Promise<ClosedLoop>;
}

const kinds: readonly Kind[] = [
  {
    work: 'HTTP/2 GET 100 bytes, 8 connections of 8 streams, static headers',
    notes: [NGINX],
    per: 1,
    unit: CPU_PER_REQUEST,
    load: ({ server }, { seconds }) =>
      h2load({ url: `${server.url}${bare.path}`, seconds, connections: 8, streams: 8, core: loadCore }),
  },
  {
    work: 'HTTP/2 GET 100 bytes, 8 x 8, path and traceparent change',
    notes: ['No two requests are the same; the header enters the table each time, as nghttp2 does it.'],
    per: 1,
    unit: CPU_PER_REQUEST,
    load: ({ server }, { seconds }) =>
      changingLoad({ port: Number(new URL(server.url).port), seconds, connections: 8, streams: 8 }),
  },
  {
    work: 'HTTP/2 GET 100 bytes, 1,000 streams of one connection',
    notes: [],
    per: 1,
    unit: CPU_PER_REQUEST,
    load: ({ server }, { seconds }) =>
      h2load({ url: `${server.url}${bare.path}`, seconds, connections: 1, streams: 1000, core: loadCore }),
  },
  {
    work: 'HTTP/2 streams of 64 messages of 16 KiB, down, 8 x 2',
    notes: [],
    per: MEBIBYTE / MESSAGE,
    unit: 'CPU us/message',
    load: ({ server }, { seconds }) =>
      h2load({ url: `${server.url}${LARGE}`, seconds, connections: 8, streams: 2, core: loadCore }),
  },
  {
    work: 'HTTP/2 streams of 64 messages of 16 KiB, up, 8 x 2',
    notes: [],
    per: MEBIBYTE / MESSAGE,
    unit: 'CPU us/message',
    load({ server }, bench) {
      const body = written(bench.folder, 'messages.bin', 'x'.repeat(MEBIBYTE));
      return h2load({
        url: `${server.url}${SINK}`,
        seconds: bench.seconds,
        connections: 8,
        streams: 2,
        body,
        core: loadCore,
      });
    },
  },
];

export const http2: Row = {
  name: 'http2',
  words: 'HTTP/2 on both sides: small requests, many streams, streams of messages',
  async measure(bench: Bench): Promise<Result[]> {
    const entrants = await bench.startAll({ protocol: 'http2', streaming: true });
    const results: Result[] = [];
    for (const { work, notes, per, unit, load } of kinds) {
      const figures = await bench.inTurn(entrants, async (entrant) => {
        const { load: made, cpu, elapsed } = await charged(entrant.server, () => load(entrant, bench));
        return {
          value: (cpu * 1e6) / made.requests / per,
          also: { 'requests/s': made.perSecond, '% of its core': (cpu / elapsed) * 100 },
        };
      });
      results.push({ row: 'http2', work, unit, figures, bounds: BOUNDS, notes });
    }
    await bench.stop(entrants);
    return results;
  },
};
