import { type ClosedLoop, outputOf } from './closed-loop.ts';

export interface H2loadOptions {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  /** Of each connection. */
  readonly streams: number;
  /** A file that each request posts; a GET without. */
  readonly body?: string;
  readonly core: number;
}

/** Load by h2load on one pinned core: each stream asks again when it has its answer. Throws when any answer was not 2xx. */
export async function h2load({ url, seconds, connections, streams, body, core }: H2loadOptions): Promise<ClosedLoop> {
  const shape = ['-t1', `-c${connections}`, `-m${streams}`, '-D', String(seconds), '-w30', '-W30'];
  const post = body === undefined ? [] : ['-d', body];
  const said = await outputOf('taskset', ['-c', String(core), 'h2load', ...shape, ...post, url]);
  const [, requests = 0] = /status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx/.exec(said) ?? [];
  const failed = /, (\d+) failed, (\d+) errored/.exec(said);
  if (Number(requests) === 0 || Number(failed?.[1]) > 0) throw new Error(`${url}: not all answers were good:\n${said}`);
  return {
    requests: Number(requests),
    perSecond: Number(/, ([\d.]+) req\/s/.exec(said)?.[1]),
    p50: Number.NaN,
    p99: Number.NaN,
  };
}
