import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { FAILURE } from '../../sidecar/core/outcome.ts';
import { ClientBench, Got } from '../support/http2/client-bench.ts';
import {
  ACK,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  goaway,
  headers,
  literals,
  ping,
  rst,
  settings,
  settingsAck,
  TYPE,
  windowUpdate,
  word,
} from '../support/http2/frames.ts';

const OK = [':status', '200'];

/** Frames from the server that end the connection with `code`; a request is under way as stream 1. */
function breaks(code: number, ...frames: Buffer[]): void {
  const bench = new ClientBench();
  const got = bench.request();
  bench.receive(...frames);
  assert.equal(bench.brokenBy, code);
  assert.ok(got.failure, 'the request fails');
  assert.equal(bench.session.available, 0);
  bench.wire.gone();
  assert.equal(bench.events.at(-1), 'gone');
}

/** Frames that break the stream 1, as a malformed response, and nothing else. */
function malformed(...frames: Buffer[]): void {
  const bench = new ClientBench();
  const got = bench.request();
  const other = bench.request();
  bench.frames();
  bench.receive(...frames, headers(3, END_STREAM, ...OK));
  assert.deepEqual([got.failure?.kind, got.failure?.status], ['protocol', 502]);
  assert.ok(bench.said().includes('RST_STREAM 1 1'));
  assert.equal(other.ended, true);
}

test('RFC 9113 3.4: a client begins with the magic text and SETTINGS that forbid pushes', () => {
  const bench = new ClientBench({ streamWindow: 70_000, maxHeadBytes: 5000 }, false);
  const [first, second] = bench.frames();
  assert.equal(first?.payload.toString('hex'), ['000200000000', '000400011170', '000600001388'].join(''));
  assert.equal(second?.type, 'WINDOW_UPDATE');
});

test('RFC 9113 3.4: a server that begins with anything but SETTINGS is refused', () => {
  for (const first of [ping(), settingsAck(), goaway(0, 0), windowUpdate(0, 1)]) {
    const bench = new ClientBench({}, false);
    bench.receive(first);
    assert.equal(bench.brokenBy, 1);
  }
});

test('RFC 9113 8.3.1: a request is HEADERS with the pseudo-headers first, and ends at once without a body', () => {
  const bench = new ClientBench();
  bench.request('GET', 0, 'X-Color', 'red', 'te', 'trailers', 'Connection', 'close', 'host', 'other');
  bench.request('POST', 3).stream.write(Buffer.from('abc'));
  assert.deepEqual(bench.said(), [
    'HEADERS 1 :method: GET, :scheme: http, :authority: cart:80, :path: /items, x-color: red, te: trailers END',
    'HEADERS 3 :method: POST, :scheme: http, :authority: cart:80, :path: /items, content-length: 3',
    'DATA 3 "abc"',
  ]);
});

test('RFC 9113 8.1: a request ends by its last DATA or by trailers', () => {
  const bench = new ClientBench();
  const one = bench.request('POST', 3);
  one.stream.write(Buffer.from('abc'));
  one.stream.end(null);
  const other = bench.request('POST', -1);
  other.stream.end(HeaderList.of('x-sum', '0'));
  assert.deepEqual(bench.said().slice(1), [
    'DATA 1 "abc" END',
    'HEADERS 3 :method: POST, :scheme: http, :authority: cart:80, :path: /items',
    'HEADERS 3 x-sum: 0 END',
  ]);
});

test('RFC 9113 8.1.1: a request with another length than announced is not completed', () => {
  const bench = new ClientBench();
  const less = bench.request('POST', 3);
  less.stream.end(null);
  const more = bench.request('POST', 3);
  more.stream.write(Buffer.from('abcd'));
  assert.equal(less.failure, FAILURE.reset);
  assert.equal(more.failure, FAILURE.reset);
  assert.deepEqual(
    bench.said().filter((each) => each.startsWith('RST')),
    ['RST_STREAM 1 8', 'RST_STREAM 3 8'],
  );
});

test('RFC 9113 8.1: a response of head, body and trailers; the place is free before the end is told', () => {
  const bench = new ClientBench();
  const got = bench.request();
  bench.receive(headers(1, 0, ':status', '103', 'link', '</a>'), headers(1, 0, ...OK, 'x-color', 'red'));
  assert.deepEqual([got.informs, got.status, got.length], [['103 link: </a>'], 200, -1]);
  bench.receive(data(1, 'abc'), data(1, 'def'), headers(1, END_STREAM, 'grpc-status', '0'));
  assert.deepEqual(
    [got.headers, got.body, got.ended, got.trailers],
    [['x-color: red'], 'abcdef', true, ['grpc-status: 0']],
  );
  assert.deepEqual(bench.events, ['free']);
  assert.equal(bench.session.active, 0);
});

test('RFC 9110 8.6: the length is told, but what HEAD and 304 say of one is passed on as they say it', () => {
  const bench = new ClientBench();
  const [plain, head, none, empty] = [bench.request(), bench.request('HEAD'), bench.request(), bench.request()];
  bench.receive(headers(1, 0, ...OK, 'content-length', '5'), data(1, 'hello', END_STREAM));
  bench.receive(headers(3, END_STREAM, ...OK, 'content-length', '5'));
  bench.receive(headers(5, END_STREAM, ':status', '304', 'content-length', '7'), headers(7, END_STREAM, ...OK));
  assert.deepEqual([plain.length, plain.headers], [5, []]);
  assert.deepEqual([head.length, head.headers, head.ended], [0, ['content-length: 5'], true]);
  assert.deepEqual([none.length, none.headers, none.ended], [0, ['content-length: 7'], true]);
  assert.deepEqual([empty.length, empty.ended], [0, true]);
});

test('RFC 9113 8.1: an answer before the end of the request gives the rest of it up', () => {
  const bench = new ClientBench();
  const got = bench.request('POST', -1);
  got.stream.write(Buffer.from('abc'));
  bench.frames();
  bench.receive(headers(1, END_STREAM, ':status', '413'));
  assert.deepEqual(bench.said(), ['RST_STREAM 1 0']);
  assert.deepEqual([got.status, got.ended, got.failure], [413, true, null]);
  got.stream.write(Buffer.from('def'));
  got.stream.end(null);
  bench.receive(rst(1, 0));
  assert.deepEqual(bench.said(), []);
});

test('RFC 9113 8.3.2, 8.2: malformed responses fail their own stream', () => {
  malformed(headers(1, END_STREAM, 'x-color', 'red'));
  malformed(headers(1, END_STREAM, ...OK, ...OK));
  malformed(headers(1, END_STREAM, ...OK, ':path', '/'));
  malformed(headers(1, END_STREAM, 'x-color', 'red', ...OK));
  malformed(headers(1, END_STREAM, ':status', '099'));
  malformed(headers(1, END_STREAM, ':status', '20'));
  malformed(headers(1, END_STREAM, ':status', '600'));
  malformed(headers(1, END_STREAM, ...OK, 'X-Color', 'red'));
  malformed(headers(1, END_STREAM, ...OK, 'connection', 'close'));
  malformed(headers(1, END_STREAM, ...OK, 'transfer-encoding', 'chunked'));
  malformed(headers(1, END_STREAM, ...OK, 'x-color', 'r\nd'));
});

test('RFC 9113 8.6, 8.1: neither 101 nor an informational response that ends the stream is taken', () => {
  malformed(headers(1, 0, ':status', '101'));
  malformed(headers(1, END_STREAM, ':status', '100'));
});

test('RFC 9113 8.1.1: a body that is not as long as announced is malformed', () => {
  malformed(headers(1, 0, ...OK, 'content-length', '3'), data(1, 'abcd'));
  malformed(headers(1, 0, ...OK, 'content-length', '3'), data(1, 'ab', END_STREAM));
  malformed(headers(1, END_STREAM, ...OK, 'content-length', '3'));
  malformed(headers(1, 0, ':status', '204'), data(1, 'x', END_STREAM));
  malformed(headers(1, 0, ':status', '304'), data(1, 'x', END_STREAM));
});

test('RFC 9113 8.1: DATA before a head, or no head at all, is malformed', () => {
  malformed(data(1, 'x'));
  // Both sides have ended then: there is nothing left to reset.
  const bench = new ClientBench();
  const got = bench.request();
  bench.receive(data(1, '', END_STREAM));
  assert.equal(got.failure?.kind, 'protocol');
  malformed(headers(1, 0, ':status', '100'), data(1, 'x', END_STREAM));
});

test('RFC 9113 8.1: malformed trailers fail the response', () => {
  malformed(headers(1, 0, ...OK), headers(1, 0, 'grpc-status', '0'));
  malformed(headers(1, 0, ...OK), headers(1, END_STREAM, ':status', '200'));
  malformed(headers(1, 0, ...OK), headers(1, END_STREAM, 'Grpc-Status', '0'));
});

test('RFC 9113 10.5.1: a response head above the limit fails its stream', () => {
  const bench = new ClientBench({ maxHeadBytes: 500 });
  const got = bench.request();
  bench.receive(headers(1, END_STREAM, ...OK, 'x-long', 'v'.repeat(450)));
  assert.equal(got.failure?.detail, 'upstream sent a malformed response: header list too large');
});

test('RFC 9113 5.1, 6: what no server may send ends the connection', () => {
  breaks(1, data(0, 'x'));
  breaks(1, data(3, 'x'));
  breaks(1, headers(3, END_STREAM, ...OK));
  breaks(1, headers(2, END_STREAM, ...OK));
  breaks(1, rst(3, 8));
  breaks(1, rst(0, 8));
  breaks(1, windowUpdate(3, 1));
  breaks(1, windowUpdate(0, 0));
  breaks(6, frame(TYPE.RST_STREAM, 0, 1, 'abc'));
  breaks(6, frame(TYPE.PING, 0, 0, 'abc'));
  breaks(6, frame(TYPE.GOAWAY, 0, 0, 'abc'));
  breaks(6, frame(TYPE.SETTINGS, ACK, 0, 'abcdef'));
  breaks(9, frame(TYPE.HEADERS, END_HEADERS, 1, Buffer.from([0xff, 0xff, 0xff])));
  breaks(1, frame(TYPE.HEADERS, 0, 1, literals(...OK)), ping());
});

test('RFC 9113 8.4, 6.5.2: a server may neither push nor allow pushes', () => {
  breaks(1, frame(TYPE.PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([word(2), literals(':method', 'GET')])));
  breaks(1, settings(2, 1));
  const bench = new ClientBench();
  bench.receive(settings(2, 0));
  assert.equal(bench.session.open, true);
});

test('RFC 9113 5.1: frames after the end of a stream: HEADERS and DATA are errors', () => {
  const bench = new ClientBench();
  bench.request();
  bench.receive(headers(1, END_STREAM, ...OK));
  bench.frames();
  bench.receive(data(1, 'x'), rst(1, 8), windowUpdate(1, 1));
  assert.deepEqual(bench.said(), ['RST_STREAM 1 5']);
  const other = new ClientBench();
  other.request();
  other.receive(headers(1, END_STREAM, ...OK), headers(1, END_STREAM, ...OK));
  assert.equal(other.brokenBy, 5);
});

test('RFC 9113 5.1: after our RST_STREAM whatever comes for the stream is ignored', () => {
  const bench = new ClientBench();
  const got = bench.request();
  bench.frames();
  got.stream.cancel();
  assert.deepEqual(bench.said(), ['RST_STREAM 1 8']);
  bench.receive(headers(1, 0, ...OK), data(1, 'x'), headers(1, END_STREAM, 'a', 'b'), rst(1, 8));
  assert.deepEqual([got.status, got.body, got.ended, got.failure], [0, '', false, null]);
  assert.deepEqual(bench.said(), []);
  assert.equal(bench.session.available, 1024);
});

test('RFC 9113 5.1.2, 6.5.2: no more streams than the server allows, and 100 before it has said anything', () => {
  const silent = new ClientBench({}, false);
  assert.equal(silent.session.available, 100);
  silent.receive(settings(3, 2));
  assert.equal(silent.session.available, 2);
  const one = silent.request();
  silent.request();
  assert.deepEqual([silent.session.available, silent.session.active], [0, 2]);
  one.stream.cancel();
  assert.equal(silent.session.available, 1);
  silent.receive(settings(3, 0));
  assert.equal(silent.session.available, 0);
  silent.events.length = 0;
  silent.receive(settings(3, 5));
  assert.deepEqual(silent.events, ['free']);
  assert.equal(silent.session.available, 4);
  assert.equal(new ClientBench({ maxConcurrentStreams: 3 }).session.available, 3);
});

test('a stream that was given out takes a place until it is started and over, or cancelled', () => {
  const bench = new ClientBench({ maxConcurrentStreams: 2 });
  const lease = bench.session.lease();
  assert.equal(bench.session.available, 1);
  lease.cancel();
  assert.deepEqual([bench.session.available, bench.events], [2, ['free']]);
  assert.deepEqual(bench.said(), []);
});

test('RFC 9113 8.7: REFUSED_STREAM says that nothing was done; other codes do not', () => {
  const bench = new ClientBench();
  const [refused, reset, cut] = [bench.request('POST', -1), bench.request(), bench.request()];
  refused.stream.write(Buffer.from('abc'));
  bench.receive(headers(5, 0, ...OK), rst(1, 7), rst(3, 11), rst(5, 7));
  assert.deepEqual([refused.failure, refused.stream.written], [FAILURE.refused, 0]);
  assert.deepEqual(
    [reset.failure?.kind, reset.failure?.detail],
    ['reset', 'upstream reset the stream before it answered: ENHANCE_YOUR_CALM'],
  );
  assert.ok(reset.stream.written > 0);
  assert.equal(cut.failure?.detail, `${FAILURE.truncated.detail}: REFUSED_STREAM`);
  assert.deepEqual([reset.failure?.grpcStatus, cut.failure?.grpcStatus], [8, 14]);
});

test('RFC 9113 6.8: GOAWAY refuses the streams above its last, the others end, then the connection', () => {
  const bench = new ClientBench();
  const [one, two] = [bench.request(), bench.request()];
  bench.frames();
  bench.receive(goaway(1, 0));
  assert.deepEqual([one.failure, two.failure, two.stream.written], [null, FAILURE.refused, 0]);
  assert.deepEqual([bench.session.available, bench.events], [0, ['draining']]);
  bench.receive(headers(1, END_STREAM, ...OK));
  assert.equal(one.ended, true);
  assert.deepEqual(bench.said(), ['GOAWAY 0 0']);
  assert.equal(bench.wire.closed, true);
  bench.wire.gone();
  assert.deepEqual(bench.events, ['draining', 'gone']);
});

test('RFC 9113 6.8: a first GOAWAY that names no stream refuses none', () => {
  const bench = new ClientBench();
  const got = bench.request();
  bench.receive(goaway(0x7fffffff, 0), goaway(1, 0), headers(1, END_STREAM, ...OK));
  assert.deepEqual([got.ended, got.failure], [true, null]);
  assert.deepEqual(bench.events, ['draining']);
});

test('a stream that is started after GOAWAY was never sent', () => {
  const bench = new ClientBench();
  const got = new Got(bench.session.lease());
  bench.receive(goaway(0, 0));
  got.stream.start('GET', 'cart', '/', HeaderList.of(), 0, got);
  assert.deepEqual([got.failure, got.stream.written], [FAILURE.refused, 0]);
});

test('draining lets streams end and takes no more', () => {
  const bench = new ClientBench();
  const got = bench.request();
  bench.session.drain();
  assert.deepEqual([bench.session.available, bench.wire.over], [0, false]);
  bench.receive(headers(1, END_STREAM, ...OK));
  assert.equal(got.ended, true);
  assert.equal(bench.wire.closed, true);
  const idle = new ClientBench();
  idle.session.drain();
  assert.equal(idle.wire.closed, true);
});

test('a connection that is lost fails what was under way: without an answer, or in the middle of one', () => {
  const bench = new ClientBench();
  const [one, two] = [bench.request(), bench.request()];
  bench.receive(headers(3, 0, ...OK));
  bench.wire.gone('ECONNRESET');
  assert.deepEqual([one.failure, two.failure], [FAILURE.reset, FAILURE.truncated]);
  assert.deepEqual(bench.events, ['gone']);
  const other = new ClientBench();
  const got = other.request();
  other.wire.fin();
  assert.equal(got.failure, FAILURE.reset);
  assert.equal(other.wire.over, true);
});

test('RFC 9113 6.7: PING is answered, and keeps a silent connection honest', () => {
  const bench = new ClientBench({ keepaliveInterval: 1000, keepaliveTimeout: 500 });
  bench.receive(ping(0, 'abcdefgh'));
  assert.deepEqual(bench.said(), ['PING ACK']);
  const got = bench.request();
  bench.frames();
  bench.clock.advance(1200);
  assert.deepEqual(bench.said(), ['PING']);
  bench.receive(ping(ACK));
  bench.clock.advance(900);
  assert.deepEqual(bench.said(), []);
  bench.clock.advance(300);
  assert.deepEqual(bench.said(), ['PING']);
  bench.clock.advance(700);
  assert.equal(bench.wire.over, true);
  assert.equal(got.failure, FAILURE.reset);
});

test('RFC 9113 6.5.3: a server that does not acknowledge our SETTINGS is left', () => {
  const bench = new ClientBench({}, false);
  bench.frames();
  bench.clock.advance(12_000);
  assert.equal(bench.brokenBy, 4);
});

test('a server that opens no window for a minute loses the stream', () => {
  const bench = new ClientBench({ stallTimeout: 60_000 });
  bench.receive(settings(4, 0));
  const got = bench.request('POST', -1);
  got.stream.write(Buffer.from('abc'));
  bench.frames();
  bench.clock.advance(59_000);
  assert.equal(got.failure, null);
  bench.clock.advance(4000);
  assert.equal(got.failure, FAILURE.timeout);
  assert.ok(bench.said().includes('RST_STREAM 1 8'));
});

test('RFC 8441: whether the server takes extended CONNECT is known', () => {
  const bench = new ClientBench();
  assert.equal(bench.session.extendedConnect, false);
  bench.receive(settings(8, 1));
  assert.equal(bench.session.extendedConnect, true);
});

test('a sink may cancel or start other streams from within any call', () => {
  const bench = new ClientBench();
  const first = bench.request();
  first.onStart = () => first.stream.cancel();
  const second = bench.request();
  let third: Got | null = null;
  second.onEnd = () => {
    third = bench.request();
  };
  bench.receive(headers(1, 0, ...OK), data(1, 'x'), headers(3, 0, ...OK), data(3, 'y', END_STREAM));
  assert.equal(first.body, '');
  assert.deepEqual(bench.said().slice(2), [
    'RST_STREAM 1 8',
    'HEADERS 5 :method: GET, :scheme: http, :authority: cart:80, :path: /items END',
  ]);
  assert.ok(third);
});

test('whatever comes after a PING is as good as its answer', () => {
  const bench = new ClientBench({ keepaliveInterval: 1000, keepaliveTimeout: 500 });
  const got = bench.request();
  bench.frames();
  bench.clock.advance(1300);
  assert.deepEqual(bench.said(), ['PING']);
  bench.receive(headers(1, END_STREAM, ...OK));
  assert.equal(got.status, 200);
  bench.clock.advance(700);
  assert.equal(bench.session.open, true);
  bench.clock.advance(3000);
  assert.equal(bench.wire.over, true);
});
