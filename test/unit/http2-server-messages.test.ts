import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { linesOf } from '../support/exchange.ts';
import { MALFORMED_REQUESTS, without } from '../support/http2/clauses.ts';
import { data, END_STREAM, get, headers, POST, rst, settings } from '../support/http2/frames.ts';
import { ServerBench } from '../support/http2/server-bench.ts';

for (const [section, what, fields] of MALFORMED_REQUESTS) {
  test(`RFC 9113 ${section}: ${what} resets the stream, and only it`, () => {
    const bench = new ServerBench();
    bench.receive(headers(1, END_STREAM, ...fields), get(3));
    assert.deepEqual(bench.said(), ['RST_STREAM 1 1']);
    assert.equal(bench.seen.length, 1);
    assert.equal(bench.refusals.length, 1);
    assert.equal(bench.refusals[0]?.[0], 0);
  });
}

test('RFC 9113 8.3.1: the pseudo-headers become the parts of the exchange', () => {
  const bench = new ServerBench();
  bench.receive(get(1, 'x-color', 'red', 'te', 'trailers', 'accept', ''));
  const [{ x, headers: list, ended }] = bench.seen as [(typeof bench.seen)[0]];
  assert.deepEqual([x.method, x.scheme, x.authority, x.path], ['GET', 'http', 'cart', '/']);
  assert.deepEqual([x.version, x.bodyLength, ended], [20, 0, true]);
  assert.deepEqual(list, ['x-color: red', 'te: trailers', 'accept: ']);
});

test('RFC 9113 8.3.1: host stands in for :authority, and is no header any more', () => {
  const bench = new ServerBench();
  bench.receive(headers(1, END_STREAM, ...without(':authority'), 'host', 'cart:8080'));
  bench.receive(get(3, 'host', 'CART'), get(5, 'host', 'cart:80'), headers(7, END_STREAM, ...without(':authority')));
  assert.deepEqual(
    bench.seen.map(({ x, headers: list }) => [x.authority, list.length]),
    [
      ['cart:8080', 0],
      ['cart', 0],
      ['cart', 0],
      ['', 0],
    ],
  );
});

test('RFC 9113 8.3.1: OPTIONS * is a request', () => {
  const bench = new ServerBench();
  bench.receive(headers(1, END_STREAM, ':method', 'OPTIONS', ':scheme', 'http', ':path', '*', ':authority', 'cart'));
  assert.equal(bench.seen[0]?.x.path, '*');
});

test('RFC 9113 8.2.3: pieces of a cookie become one', () => {
  const bench = new ServerBench();
  bench.receive(get(1, 'cookie', 'a=1', 'x-color', 'red', 'cookie', 'b=2', 'cookie', 'c=3'));
  assert.deepEqual(bench.seen[0]?.headers, ['cookie: a=1; b=2; c=3', 'x-color: red']);
});

test('RFC 9113 8.2.2: HTTP2-Settings ends at this hop', () => {
  const bench = new ServerBench();
  bench.receive(get(1, 'http2-settings', 'AAMAAABk'));
  assert.deepEqual(bench.seen[0]?.headers, []);
});

test('RFC 9113 8.5: CONNECT is not served', () => {
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ':method', 'CONNECT', ':authority', 'cart:80'));
  const said = bench.said();
  assert.match(said[0] as string, /^HEADERS 1 :status: 501/);
  assert.deepEqual(said.slice(1), ['DATA 1 "CONNECT is not supported" END']);
  assert.deepEqual(bench.refusals, [[501, 'CONNECT is not supported']]);
});

test('RFC 8441: extended CONNECT is announced and taken only when asked for', () => {
  const fields = [
    ':method',
    'CONNECT',
    ':protocol',
    'websocket',
    ':scheme',
    'http',
    ':path',
    '/chat',
    ':authority',
    'a',
  ];
  const bench = new ServerBench({}, { extendedConnect: true }, false);
  assert.equal(bench.frames()[0]?.payload.toString('hex', 18), '000800000001');
  const greeted = new ServerBench({}, { extendedConnect: true });
  greeted.receive(headers(1, 0, ...fields), data(1, 'ping'));
  assert.deepEqual([greeted.seen[0]?.x.method, greeted.seen[0]?.x.protocol], ['GET', 'websocket']);
  // What the client says in the other protocol waits for the answer.
  assert.equal(greeted.seen[0]?.body, '');
  greeted.seen[0]?.x.stream.respond(101, HeaderList.of(), -1);
  assert.equal(greeted.seen[0]?.body, 'ping');
  assert.match(greeted.said().join(), /^HEADERS 1 :status: 200$/);
  greeted.receive(get(3, ':protocol', 'websocket'));
  assert.deepEqual(greeted.said(), ['RST_STREAM 3 1']);
});

test('RFC 9113 8.1: a body comes in any number of frames, and its length is what the head says', () => {
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ...POST, 'content-length', '6'), data(1, 'abc'), data(1, ''), data(1, 'def', END_STREAM));
  bench.receive(headers(3, 0, ...POST), data(3, 'x'), data(3, '', END_STREAM));
  const [first, second] = bench.seen;
  assert.deepEqual([first?.x.bodyLength, first?.body, first?.ended], [6, 'abcdef', true]);
  assert.deepEqual(first?.headers, []);
  assert.deepEqual([second?.x.bodyLength, second?.body, second?.ended], [-1, 'x', true]);
});

test('RFC 9113 8.1.1: more or less body than content-length says resets the stream', () => {
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ...POST, 'content-length', '3'), data(1, 'abcd'));
  bench.receive(headers(3, 0, ...POST, 'content-length', '3'), data(3, 'ab', END_STREAM));
  bench.receive(headers(5, 0, ...POST, 'content-length', '3'), data(5, 'ab'), headers(5, END_STREAM, 'x-a', 'b'));
  assert.deepEqual(bench.said(), ['RST_STREAM 1 1', 'RST_STREAM 3 1', 'RST_STREAM 5 1']);
  assert.deepEqual(
    bench.seen.map(({ aborted, ended }) => [aborted, ended]),
    [
      ['protocol', false],
      ['protocol', false],
      ['protocol', false],
    ],
  );
});

test('RFC 9113 8.1: trailers end the request, without what would change its framing', () => {
  const bench = new ServerBench();
  bench.receive(
    headers(1, 0, ...POST),
    data(1, 'x'),
    headers(1, END_STREAM, 'x-sum', '1', 'trailer', 'x', 'te', 'trailers'),
  );
  assert.deepEqual([bench.seen[0]?.ended, bench.seen[0]?.trailers], [true, ['x-sum: 1']]);
});

for (const [what, flags, ...fields] of [
  ['that do not end the stream', 0, 'x-sum', '1'],
  ['with a pseudo-header', END_STREAM, ':path', '/'],
  ['with an uppercase name', END_STREAM, 'X-Sum', '1'],
  ['with content-length', END_STREAM, 'content-length', '1'],
  ['with host', END_STREAM, 'host', 'cart'],
  ['with transfer-encoding', END_STREAM, 'transfer-encoding', 'chunked'],
] as [string, number, ...string[]][]) {
  test(`RFC 9113 8.1: trailers ${what} reset the stream`, () => {
    const bench = new ServerBench();
    bench.receive(headers(1, 0, ...POST), data(1, 'x'), headers(1, flags, ...fields), get(3));
    assert.deepEqual(bench.said(), ['RST_STREAM 1 1']);
    assert.equal(bench.seen[0]?.aborted, 'protocol');
    assert.equal(bench.seen.length, 2);
  });
}

test('RFC 9113 8.1: a response is HEADERS, DATA and perhaps trailers, as few frames as can be', () => {
  const bench = new ServerBench();
  bench.receive(get(1), get(3), get(5), get(7));
  const [one, two, three, four] = bench.seen;
  one?.answer(200, 'hello', 'X-Color', 'red');
  two?.answer(204);
  three?.x.stream.respond(200, HeaderList.of('grpc-status', '0'), -1);
  three?.x.stream.end(HeaderList.of('grpc-message', 'fine'));
  four?.x.stream.respond(200, HeaderList.of(), -1);
  four?.x.stream.write(Buffer.from('a'));
  four?.x.stream.write(Buffer.from('b'));
  four?.x.stream.end(null);
  assert.deepEqual(bench.said(), [
    'HEADERS 1 :status: 200, x-color: red, content-length: 5',
    'DATA 1 "hello" END',
    'HEADERS 3 :status: 204 END',
    'HEADERS 5 :status: 200, grpc-status: 0',
    'HEADERS 5 grpc-message: fine END',
    'HEADERS 7 :status: 200',
    'DATA 7 "a"',
    'DATA 7 "b" END',
  ]);
  assert.equal(bench.session.idle, true);
});

test('RFC 9113 8.1: what has left gets its END_STREAM by an empty frame', () => {
  const bench = new ServerBench();
  bench.receive(get(1));
  const stream = bench.seen[0]?.x.stream;
  stream?.respond(200, HeaderList.of(), -1);
  stream?.write(Buffer.from('a'));
  assert.deepEqual(bench.said(), ['HEADERS 1 :status: 200', 'DATA 1 "a"']);
  stream?.end(null);
  assert.deepEqual(bench.said(), ['DATA 1 "" END']);
});

test('RFC 9113 8.1: after an early answer a little is waited for, then RST_STREAM says NO_ERROR', () => {
  const answer = ['HEADERS 1 :status: 413, content-length: 2', 'DATA 1 "no" END'];
  const early = (...fields: string[]): ServerBench => {
    const bench = new ServerBench();
    bench.receive(headers(1, 0, ...POST, ...fields), data(1, 'x'));
    bench.seen[0]?.answer(413, 'no');
    return bench;
  };
  const short = early();
  short.receive(data(1, 'more'), data(1, '', END_STREAM));
  assert.deepEqual(short.said(), [...answer, 'WINDOW_UPDATE 0 5'], 'and something comes that wakes up curl');
  assert.deepEqual([short.session.idle, short.seen[0]?.body, short.seen[0]?.ended], [true, 'x', false]);
  const long = early();
  for (let each = 0; each < 5; each += 1) long.receive(data(1, Buffer.alloc(16_384)));
  assert.deepEqual(long.said(), [...answer, 'RST_STREAM 1 0']);
  const slow = early();
  slow.clock.advance(1500);
  assert.deepEqual(slow.said(), [...answer, 'RST_STREAM 1 0']);
  assert.deepEqual(early('content-length', '1000000').said(), [...answer, 'RST_STREAM 1 0']);
  const held = new ServerBench();
  held.receive(headers(1, 0, ...POST));
  held.seen[0]?.x.stream.pause();
  for (let each = 0; each < 5; each += 1) held.receive(data(1, Buffer.alloc(16_384)));
  held.seen[0]?.answer(413, 'no');
  assert.deepEqual(held.said(), [...answer, 'RST_STREAM 1 0']);
  const given = early();
  given.receive(rst(1, 8));
  assert.deepEqual([given.session.idle, given.seen[0]?.aborted], [true, '']);
});

test('RFC 9110 9.3.2, 15.4.5: answers to HEAD and with 204 or 304 have no body whatever is written', () => {
  const bench = new ServerBench();
  const head = headers(1, END_STREAM, ':method', 'HEAD', ':scheme', 'http', ':path', '/', ':authority', 'cart');
  bench.receive(head, get(3), get(5));
  const lines = [
    [0, 200, 5],
    [1, 304, 5],
    [2, 204, 0],
  ] as const;
  for (const [at, status, length] of lines) {
    const stream = bench.seen[at]?.x.stream;
    stream?.respond(status, HeaderList.of(), length);
    stream?.write(Buffer.from('hello'));
    stream?.end(null);
  }
  assert.deepEqual(bench.said(), [
    'HEADERS 1 :status: 200, content-length: 5 END',
    'HEADERS 3 :status: 304 END',
    'HEADERS 5 :status: 204 END',
  ]);
});

test('RFC 9113 8.1: informational responses come before the final one, and 101 never', () => {
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ...POST, 'expect', '100-continue'));
  const stream = bench.seen[0]?.x.stream;
  assert.deepEqual(bench.seen[0]?.headers, ['expect: 100-continue']);
  stream?.inform(101, HeaderList.of());
  stream?.inform(100, HeaderList.of());
  stream?.inform(103, HeaderList.of('link', '</a>'));
  stream?.respond(200, HeaderList.of(), -1);
  stream?.inform(103, HeaderList.of());
  assert.deepEqual(bench.said(), [
    'HEADERS 1 :status: 100',
    'HEADERS 1 :status: 103, link: </a>',
    'HEADERS 1 :status: 200',
  ]);
});

test('RFC 9113 8.1.1: a response with another length than announced is reset, never ended as if whole', () => {
  const bench = new ServerBench();
  bench.receive(get(1), get(3), get(5));
  const [less, more, none] = bench.seen.map(({ x }) => x.stream);
  less?.respond(200, HeaderList.of(), 5);
  less?.write(Buffer.from('abc'));
  less?.end(null);
  more?.respond(200, HeaderList.of(), 2);
  more?.write(Buffer.from('abc'));
  more?.end(null);
  none?.respond(200, HeaderList.of(), -1);
  none?.reset();
  none?.write(Buffer.from('abc'));
  none?.end(null);
  assert.deepEqual(bench.said(), [
    'HEADERS 1 :status: 200, content-length: 5',
    'DATA 1 "abc"',
    'RST_STREAM 1 2',
    'HEADERS 3 :status: 200, content-length: 2',
    'RST_STREAM 3 2',
    'HEADERS 5 :status: 200',
    'RST_STREAM 5 2',
  ]);
});

test('nothing is called on a sink after its stream was ended or reset by the handler, or aborted', () => {
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ...POST), headers(3, 0, ...POST), headers(5, 0, ...POST));
  bench.seen[0]?.answer();
  bench.seen[1]?.x.stream.reset();
  bench.receive(rst(5, 8), data(1, 'x', END_STREAM), data(3, 'x', END_STREAM));
  bench.wire.gone('ECONNRESET');
  assert.deepEqual(
    bench.seen.map(({ body, ended, aborted }) => [body, ended, aborted]),
    [
      ['', false, ''],
      ['', false, ''],
      ['', false, 'reset'],
    ],
  );
  assert.equal(bench.closed, 1);
});

test('a handler may answer at once, from within `begin`', () => {
  const bench = new ServerBench({}, {}, true, (seen) => seen.answer(404, 'no'));
  bench.receive(get(1), headers(3, 0, ...POST), data(3, 'x', END_STREAM), get(5));
  assert.deepEqual(bench.said(), [
    'HEADERS 1 :status: 404, content-length: 2',
    'DATA 1 "no" END',
    'HEADERS 3 :status: 404, content-length: 2',
    'DATA 3 "no" END',
    'WINDOW_UPDATE 0 1',
    'HEADERS 5 :status: 404, content-length: 2',
    'DATA 5 "no" END',
  ]);
  assert.deepEqual(
    bench.seen.map(({ ended }) => ended),
    [false, false, false],
  );
});

test('RFC 9113 10.5.1: a header list above the limit is answered 431, in bytes or in number', () => {
  const bench = new ServerBench({ maxHeadBytes: 1000, maxHeaders: 5 });
  bench.receive(get(1, 'x-long', 'v'.repeat(900)), get(3, ...Array.from({ length: 12 }, () => 'x')), get(5));
  const said = bench.said();
  assert.equal(said.filter((each) => each.startsWith('HEADERS') && each.includes(':status: 431')).length, 2);
  assert.equal(bench.seen.length, 1);
  assert.deepEqual(
    bench.refusals.map(([status]) => status),
    [431, 431],
  );
});

test('RFC 9113 6.5.2: the greeting says what we take', () => {
  const bench = new ServerBench({ maxHeadBytes: 5000 }, { maxConcurrentStreams: 7, streamWindow: 70_000 }, false);
  assert.deepEqual(
    bench.frames()[0]?.payload.toString('hex'),
    ['000300000007', '000400011170', '000600001388'].join(''),
  );
});

test('a large header list leaves in HEADERS and CONTINUATION', () => {
  const bench = new ServerBench();
  bench.receive(get(1));
  bench.seen[0]?.answer(200, '', 'x-long', 'v'.repeat(50_000));
  const frames = bench.frames();
  assert.deepEqual(
    frames.map(({ type, flags, payload }) => [type, flags, payload.length <= 16_384]),
    [
      ['HEADERS', 1, true],
      ['CONTINUATION', 0, true],
      ['CONTINUATION', 0, true],
      ['CONTINUATION', 4, true],
    ],
  );
  assert.deepEqual(frames.at(-1)?.fields, [':status: 200', `x-long: ${'v'.repeat(50_000)}`]);
});

test('headers of HTTP/1.1 are lowered on the way out, and those of HTTP/2 read like any others', () => {
  const bench = new ServerBench();
  bench.receive(get(1, 'user-agent', 'me', 'x-color', 'red'));
  const { headers: list } = (bench.seen[0] as (typeof bench.seen)[0]).x;
  assert.equal(list.get('user-agent'), 'me');
  assert.equal(list.get('x-color'), 'red');
  list.set('x-color', 'blue');
  list.remove('user-agent');
  assert.deepEqual(linesOf(list), ['x-color: blue']);
  assert.equal(list.toHttp1(), 'x-color: blue\r\n');
});

test('RFC 9113 6.5.3: a table size of 0 is obeyed from the acknowledgement on', () => {
  const bench = new ServerBench();
  for (let id = 1; id < 9; id += 2) {
    bench.receive(get(id));
    bench.seen.at(-1)?.answer(200, '', 'x-color', 'red');
    assert.deepEqual(bench.said(), [`HEADERS ${id} :status: 200, x-color: red END`]);
    if (id === 5) bench.receive(settings(1, 0));
    if (id === 5) bench.frames();
  }
});
