import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { Recorder, type Seen, ServerBench, serve } from '../http1-observed.ts';
import { nodeReads } from './node-reads.ts';
import { Relay } from './relay.ts';

const CANARY = 'GET /canary HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const CANARY_OK = 'HTTP/1.1 200 OK\r\nX-Canary: 1\r\nContent-Length: 0\r\n\r\n';
/** What we add must not be too much for the reader behind. */
const UPSTREAM = { maxHeadBytes: 65_536, maxHeaders: 1000 };

/** What came of bytes that a client sent in front of a canary request. */
export interface RequestVerdict {
  /** What the client sent. */
  readonly bytes: string;
  /** What left towards the upstream, request after request. */
  readonly behind: string;
  /** `METHOD path` of each. */
  readonly requests: readonly string[];
  /** Bytes of the body of each. */
  readonly bodies: readonly number[];
  /** The facts in few words: two inputs with the same words went the same ways. */
  readonly words: string;
}

/** For messages in failures. */
export const shown = (text: string): string =>
  JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}... (${text.length} bytes)` : text);

const facts = ({ method, authority, path, body, headers, trailers }: Seen): unknown => ({
  method,
  authority,
  path,
  body,
  headers: headers.map((line) => line.toLowerCase()),
  trailers: trailers?.length === 0 ? null : trailers,
});

/** Sends bytes through a server session and a client session. */
function pass(bytes: string, cuts: readonly number[]) {
  const relay = new Relay(({ path }) => ({ bytes: path === '/canary' ? CANARY_OK : OK }));
  const bench = new ServerBench(relay);
  bench.receive(bytes, cuts);
  relay.settle();
  return {
    bench,
    forwarded: relay.forwarded,
    behind: relay.forwarded.map((each) => each.bytes).join(''),
    output: bench.wire.output,
  };
}

/**
 * Sends `message` and a canary through a server session and a client session. Throws when what stands behind is not exactly
 * what was seen in front, when an answer or the canary is lost without the connection ending, or when `cuts` change anything.
 */
export function judgeRequests(message: string, cuts: Iterable<readonly number[]>): RequestVerdict {
  const bytes = message + CANARY;
  const what = shown(message);
  const { bench, forwarded, behind, output } = pass(bytes, []);
  const whole = serve(bytes, []);
  const complete = whole.seen.filter((each) => each.end === 'whole');

  // What another reader finds behind is what was seen in front, request by request.
  const again = serve(behind, [], UPSTREAM);
  assert.deepEqual(again.seen.map(facts), complete.map(facts), what);
  assert.deepEqual(again.refused, [], what);
  assert.equal(forwarded.length, complete.length, what);

  // One answer for each, and one for what was refused; nothing after that.
  const answers = [...output.matchAll(/^HTTP\/1\.1 (\d+)/gm)].filter((each) => Number(each[1]) >= 200);
  const refused = bench.refused.length > 0 || answers.at(-1)?.[1]?.startsWith('4');
  assert.equal(answers.length, forwarded.length + (refused ? 1 : 0), what);
  const canaries = forwarded.filter(({ path }) => path === '/canary').length;
  assert.equal(output.split('X-Canary').length - 1, canaries, what);
  if (canaries === 0) assert.ok(bench.wire.over || !endsWhole(message), `the canary is lost: ${what}`);

  for (const cut of cuts) {
    const where = `cut at ${cut.slice(0, 20)}: ${what}`;
    assert.deepEqual(serve(bytes, cut), whole, where);
    // Chunks are made anew with each read, so that the bytes behind may differ, but not what they say.
    const other = pass(bytes, cut);
    assert.equal(other.output, output, where);
    assert.deepEqual(serve(other.behind, [], UPSTREAM), again, where);
  }
  return {
    bytes,
    behind,
    requests: forwarded.map(({ method, path }) => `${method} ${path}`),
    bodies: complete.map(({ body }) => body.length),
    words: [
      whole.statuses.slice(0, 4),
      whole.refused,
      whole.over,
      ...whole.seen.slice(0, 3).map((each) => [each.end, each.version, Math.sign(each.length), each.trailers !== null]),
    ].join(),
  };
}

/** Whether the next byte after `message` begins another request; else the canary is the rest of the last one. */
function endsWhole(message: string): boolean {
  const bench = new ServerBench(new Recorder());
  bench.receive(message);
  return bench.session.idle && !bench.wire.over;
}

/**
 * Asks Node's own parser, which does not know every method. Throws when it sees other requests in what stands behind, or
 * when it reads the body of a request in front otherwise than we did.
 */
export async function askNode({ bytes, behind, requests, bodies }: RequestVerdict): Promise<void> {
  if (!requests.every((each) => METHODS.includes(each.slice(0, each.indexOf(' '))))) return;
  const theirs = (await nodeReads(behind)).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(theirs, requests, `Node's parser, of ${shown(behind)}`);
  // It refuses some of what we take. What both take whole has the same body for both.
  const front = await nodeReads(bytes);
  for (let at = 0; at < Math.min(front.length, requests.length) && front[at]?.whole; at += 1) {
    assert.equal(front[at]?.body, bodies[at], `Node's parser, of ${shown(bytes)}`);
  }
}
