import assert from 'node:assert/strict';
import { type Answered, answer, ServerBench } from '../http1-observed.ts';
import { shown } from './judge-requests.ts';
import { Relay } from './relay.ts';

/** What we add must not be too much for the client that judges. */
const CLIENT = { maxHeadBytes: 65_536, maxHeaders: 1000 };

const SECOND = 'HTTP/1.1 200 OK\r\nX-Second: 1\r\nContent-Length: 6\r\n\r\nsecond';
const BAD_GATEWAY = '502 Bad Gateway\r\ncontent-length: 0\r\n\r\n';

export interface ResponseVerdict {
  /** Of the first answer, as we read it. */
  readonly headers: readonly string[];
  /** The facts in few words: two inputs with the same words went the same ways. */
  readonly words: string;
}

/**
 * Has an upstream answer `method /first` with `message`, then FIN where `fin`, and `/second` with a proper answer of its
 * own. Throws when the client takes anything but that for the second answer or anything but what we read for the first,
 * when a broken first one does not end the connection, or when `cuts` change anything.
 */
export function judgeResponse(
  message: string,
  method: 'GET' | 'HEAD',
  fin: boolean,
  cuts: Iterable<readonly number[]>,
): ResponseVerdict {
  const relay = new Relay(({ path }) => (path === '/second' ? { bytes: SECOND } : { bytes: message, fin }));
  const bench = new ServerBench(relay);
  bench.receive(`${method} /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n`);
  relay.settle();
  const { output, over } = bench.wire;
  const { idle } = bench.session;

  const first = answer(method, output, [], false, CLIENT);
  const whole = answer(method, message, [], fin);
  const what = `${method} ${shown(message)} gave ${shown(output)}`;
  assert.ok((!first.end.startsWith('protocol') && first.status !== 0) || over || !idle, what);
  const at = output.indexOf('X-Second: 1\r\ncontent-length: 6\r\n\r\nsecond');
  if (at < 0 && fin && output.endsWith(BAD_GATEWAY)) {
    // The connection was taken for the second request just before its FIN came.
    assert.equal(relay.forwarded.length, 2, what);
  } else if (relay.forwarded.length === 2) {
    assert.ok(at > 0, what);
    const start = output.lastIndexOf('HTTP/1.1 200', at);
    const second = answer('GET', output.slice(start), []);
    assert.deepEqual([second.body, second.end, second.connection], ['second', 'whole', 'idle'], what);
    // The first answer ends exactly where the second begins.
    const alone = answer(method, output.slice(0, start), [], false, CLIENT);
    assert.deepEqual([alone.end, alone.connection], ['whole', 'idle'], what);
    if (whole.end === 'whole') assert.deepEqual(contentOf(alone), contentOf(whole), what);
    else assert.equal(alone.status, 502, what);
  } else assert.ok(at < 0 && (over || !idle), what);

  for (const cut of cuts)
    assert.deepEqual(answer(method, message, cut, fin), whole, `cut at ${cut.slice(0, 20)}: ${what}`);
  const words = [whole.end, whole.status, whole.informs.length, Math.sign(whole.length), whole.connection];
  return { headers: whole.headers, words: [...words, relay.forwarded.length].join() };
}

const contentOf = ({ status, headers, body, trailers }: Answered): unknown => ({
  status,
  headers,
  body,
  trailers: trailers?.length === 0 ? null : trailers,
});
