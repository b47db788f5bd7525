import { ClientBench } from './client-bench.ts';
import { ServerBench } from './server-bench.ts';

/** What one side made of the bytes of the other, to be compared with what it makes of them when they come in other pieces. */
export interface Outcome {
  /** Frames in words. */
  readonly said: readonly string[];
  readonly [what: string]: unknown;
}

/** What a server makes of the bytes after its preface, and says; it answers each request that is complete. */
export function served(bytes: Buffer, cuts: readonly number[]): Outcome {
  const bench = new ServerBench({}, {}, false);
  bench.turn.enter();
  bench.wire.receive(bytes, cuts);
  for (const each of bench.seen) if (each.ended) each.answer(200, 'well');
  bench.turn.leave();
  return {
    // A body that turns out too long is seen up to there, which depends on where it was cut.
    seen: bench.seen.map(({ x, headers: list, body, ended, trailers, aborted }) =>
      aborted === 'protocol' ? [x.path, aborted] : [x.path, list, body, ended, trailers, aborted],
    ),
    said: bench.said(),
    refusals: bench.refusals,
    errors: bench.protocolErrors,
  };
}

/** The same of a client with three requests under way. */
export function answered(bytes: Buffer, cuts: readonly number[]): Outcome {
  const bench = new ClientBench();
  const all = [bench.request(), bench.request('POST', -1), bench.request('HEAD')];
  bench.turn.enter();
  bench.wire.receive(bytes, cuts);
  bench.turn.leave();
  return {
    got: all.map(({ status, headers: list, informs, body, ended, trailers, failure }) =>
      failure?.kind === 'protocol' ? [status, failure] : [status, list, informs, body, ended, trailers, failure],
    ),
    said: bench.said(),
    events: bench.events,
  };
}
