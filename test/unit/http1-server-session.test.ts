import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, RequestSink } from '../../sidecar/core/exchange.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { answerOk, pairs, Recorder, ServerBench } from '../support/http1-observed.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const nothing = (): void => {};
/** The only exchange that the handler was given and has not lost. */
const last = (recorder: Recorder): Exchange => recorder.exchanges.at(-1) as Exchange;

test('pipelined requests are begun one after the other and answered in order', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder);
  bench.receive(request('/1') + request('/2') + request('/3'));
  assert.deepEqual(
    recorder.seen.map((each) => each.path),
    ['/1'],
  );
  for (const path of ['/1', '/2', '/3']) {
    assert.equal(last(recorder).path, path);
    last(recorder).stream.respond(200, HeaderList.of('x-path', path), 0);
    last(recorder).stream.end(null);
  }
  assert.deepEqual(
    [...bench.wire.output.matchAll(/x-path: (\S+)/g)].map((match) => match[1]),
    ['/1', '/2', '/3'],
  );
  assert.ok(bench.session.idle);
});

test('a client that pipelines too much is not read from until its requests are answered', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder);
  const count = 2000;
  bench.receive(GET.repeat(count / 2));
  assert.ok(bench.wire.paused);
  bench.receive(GET.repeat(count / 2));
  for (let done = 0; done < count; done += 1) answerOk(last(recorder));
  assert.equal(recorder.seen.length, count);
  assert.ok(!bench.wire.paused);
  assert.equal(bench.wire.output, OK.repeat(count));
});

test('many pipelined requests answered at once need no deep stack', () => {
  const bench = new ServerBench(new Recorder(answerOk));
  bench.receive(GET.repeat(20_000));
  assert.equal(bench.wire.output, OK.repeat(20_000));
});

const RESPONSES: [
  name: string,
  request: string,
  status: number,
  headers: string[],
  length: number,
  expected: string,
][] = [
  ['a counted body', GET, 200, ['x', 'y'], 2, 'HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 2\r\n\r\nok'],
  ['chunks', GET, 200, [], -1, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
  ['no body', GET, 404, [], 0, 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'],
  ['204', GET, 204, [], 0, 'HTTP/1.1 204 No Content\r\n\r\n'],
  [
    '304 with the length of another response',
    GET,
    304,
    ['content-length', '9'],
    0,
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n',
  ],
  [
    'HEAD with the length of another response',
    'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n',
    200,
    ['content-length', '9'],
    0,
    'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n',
  ],
  [
    'HEAD of a reply that has a body',
    'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n',
    200,
    [],
    2,
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n',
  ],
  ['HEAD without a length', 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', 200, [], -1, 'HTTP/1.1 200 OK\r\n\r\n'],
  [
    'an unknown length to HTTP/1.0',
    'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    200,
    [],
    -1,
    'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok',
  ],
  [
    'keep-alive to HTTP/1.0',
    'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    200,
    [],
    2,
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok',
  ],
  [
    'close',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    200,
    [],
    2,
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok',
  ],
  ['a status without a name', GET, 299, [], 0, 'HTTP/1.1 299 \r\ncontent-length: 0\r\n\r\n'],
];
for (const [name, bytes, status, headers, length, expected] of RESPONSES) {
  test(`frames a response: ${name}`, () => {
    const bench = new ServerBench(
      new Recorder((x) => {
        x.stream.respond(status, HeaderList.of(...headers), length);
        if (length !== 0) x.stream.write(Buffer.from('ok'));
        x.stream.end(null);
      }),
    );
    bench.receive(bytes);
    assert.equal(bench.wire.output, expected);
    assert.equal(bench.wire.closed, expected.includes('connection: close'));
  });
}

test('trailers follow the last chunk, and an empty write does not end the body', () => {
  const bench = new ServerBench(
    new Recorder((x) => {
      x.stream.respond(200, HeaderList.of(), -1);
      x.stream.write(Buffer.alloc(0));
      x.stream.write(Buffer.alloc(26, 'a'));
      x.stream.end(HeaderList.of('grpc-status', '0'));
    }),
  );
  bench.receive(GET);
  assert.match(bench.wire.output, /\r\n\r\n1a\r\na{26}\r\n0\r\ngrpc-status: 0\r\n\r\n$/);
});

test('a response with more or fewer bytes than announced is broken off', () => {
  for (const body of ['four', 'a']) {
    const bench = new ServerBench(
      new Recorder((x) => {
        x.stream.respond(200, HeaderList.of(), 2);
        x.stream.write(Buffer.from(body));
        x.stream.end(null);
      }),
    );
    bench.receive(GET + GET);
    assert.equal(bench.wire.destroyed, 'fin');
    assert.ok(!bench.wire.output.includes('four'));
  }
});

test('reset before, in and after a response: a body until close is ended by RST', () => {
  const recorder = new Recorder(nothing);
  const before = new ServerBench(recorder);
  before.receive(GET);
  last(recorder).stream.reset();
  assert.equal(before.wire.destroyed, 'fin');
  assert.equal(before.wire.output, '');

  const within = new ServerBench(recorder);
  within.receive('GET / HTTP/1.0\r\n\r\n');
  last(recorder).stream.respond(200, HeaderList.of(), -1);
  last(recorder).stream.reset();
  assert.equal(within.wire.destroyed, 'rst');

  const after = new ServerBench(recorder);
  after.receive(GET);
  const { stream } = last(recorder);
  answerOk(last(recorder));
  stream.reset();
  stream.write(Buffer.from('late'));
  stream.end(null);
  assert.equal(after.wire.destroyed, 'no');
  assert.equal(after.wire.output, OK);
});

test('100 comes from the handler, after which the body may still come', () => {
  const recorder = new Recorder(answerOk);
  const bench = new ServerBench(recorder);
  bench.receive('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  last(recorder).stream.inform(103, HeaderList.of('link', 'x'));
  last(recorder).stream.inform(100, HeaderList.of());
  assert.equal(bench.wire.output, 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n');
  bench.receive('hi');
  assert.ok(bench.wire.output.endsWith(OK));
  assert.ok(bench.session.idle);
});

test('a final response instead of 100 closes, since the body may come or not', () => {
  const recorder = new Recorder();
  const bench = new ServerBench(recorder);
  bench.receive('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  last(recorder).stream.respond(401, HeaderList.of(), 0);
  last(recorder).stream.end(null);
  assert.match(bench.wire.output, /^HTTP\/1\.1 401 .*connection: close\r\n\r\n$/s);
  assert.ok(bench.wire.closed);
});

test('no 1xx goes to HTTP/1.0, to a client that does not read, or after the final head', () => {
  const recorder = new Recorder(nothing);
  const old = new ServerBench(recorder);
  old.receive('GET / HTTP/1.0\r\n\r\n');
  last(recorder).stream.inform(103, HeaderList.of());
  assert.equal(old.wire.output, '');

  const bench = new ServerBench(recorder);
  bench.receive(GET);
  bench.wire.backedUp = true;
  last(recorder).stream.inform(103, HeaderList.of());
  bench.wire.backedUp = false;
  last(recorder).stream.respond(200, HeaderList.of(), -1);
  last(recorder).stream.inform(103, HeaderList.of());
  assert.ok(!bench.wire.output.includes('103'));
});

test('after an early response a small rest of the request is dropped and the connection stays', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder);
  bench.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
  last(recorder).stream.respond(413, HeaderList.of(), 0);
  last(recorder).stream.end(null);
  assert.ok(!bench.wire.output.includes('close'));
  bench.receive(`world${request('/next')}`);
  assert.deepEqual(
    recorder.seen.map((each) => [each.path, each.body, each.end]),
    [
      ['/', 'hello', 'open'],
      ['/next', '', 'whole'],
    ],
  );
});

test('after an early response a large rest closes the connection, announced when it is an error', () => {
  for (const framing of ['Content-Length: 1000000', 'Transfer-Encoding: chunked']) {
    const recorder = new Recorder(nothing);
    const bench = new ServerBench(recorder);
    bench.receive(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
    last(recorder).stream.respond(413, HeaderList.of(), 0);
    last(recorder).stream.end(null);
    assert.match(bench.wire.output, /connection: close/);
    assert.ok(bench.wire.closed);
  }
});

test('an endless chunked body after an early 200 is read up to 64 KiB, then the connection closes', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder);
  bench.receive('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  answerOk(last(recorder));
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  for (let sent = 0; sent < 4; sent += 1) bench.receive(chunk);
  assert.ok(!bench.wire.closed);
  bench.receive(chunk);
  assert.ok(bench.wire.closed);
});

test('a response may begin and go on while the request body still arrives', () => {
  const recorder = new Recorder((x) => x.stream.end(null));
  const bench = new ServerBench(recorder);
  bench.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
  last(recorder).stream.respond(200, HeaderList.of(), -1);
  last(recorder).stream.write(Buffer.from('ab'));
  bench.receive('cd');
  assert.match(bench.wire.output, /chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n$/);
  assert.ok(bench.session.idle);
});

test('a sink that says false stops the reading until it resumes', () => {
  let stream: Exchange['stream'] | null = null;
  const sink: RequestSink = { onData: () => false, onEnd: nothing, onAbort: nothing, onDrain: nothing };
  const bench = new ServerBench({
    begin: (x) => {
      stream = x.stream;
      return sink;
    },
  });
  bench.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
  assert.ok(bench.wire.paused);
  (stream as unknown as Exchange['stream']).resume();
  assert.ok(!bench.wire.paused);
  bench.receive('cd');
  assert.ok(bench.wire.paused);
  const { stream: writer } = { stream: stream as unknown as Exchange['stream'] };
  writer.respond(200, HeaderList.of(), 0);
  writer.end(null);
  assert.ok(!bench.wire.paused, 'a new request is read');
});

test('a write to a slow client says false, and the sink hears of the drain', () => {
  let drained = 0;
  let stream: Exchange['stream'] | undefined;
  const bench = new ServerBench({
    begin: (x) => {
      stream = x.stream;
      return { onData: () => true, onEnd: nothing, onAbort: nothing, onDrain: () => (drained += 1) };
    },
  });
  bench.receive(GET);
  stream?.respond(200, HeaderList.of(), -1);
  assert.equal(stream?.write(Buffer.from('a')), true);
  bench.wire.backedUp = true;
  assert.equal(stream?.write(Buffer.from('b')), false);
  bench.wire.drain();
  assert.equal(drained, 1);
});

test('a client that goes away aborts its request once', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder);
  bench.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
  bench.wire.fin();
  bench.wire.gone('ECONNRESET');
  bench.wire.gone();
  assert.equal(recorder.seen[0]?.end, 'reset');
  assert.equal(bench.closed, 1);
  assert.equal(bench.wheel.running, 0);
});

test('a malformed chunk aborts the request; too late for an answer, the connection breaks', () => {
  const recorder = new Recorder(nothing);
  const early = new ServerBench(recorder);
  early.receive('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx');
  assert.equal(recorder.seen[0]?.end, 'protocol');
  assert.match(early.wire.output, /^HTTP\/1\.1 400 /);
  assert.equal(recorder.exchanges[0]?.status, 400);

  const late = new ServerBench(recorder);
  late.receive('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  last(recorder).stream.respond(200, HeaderList.of(), -1);
  late.receive('x');
  assert.equal(recorder.seen[1]?.end, 'protocol');
  assert.equal(late.wire.destroyed, 'fin');
  assert.ok(!late.wire.output.includes('400'));
});

test('the answer to a malformed request says why, and the owner hears of it', () => {
  const bench = new ServerBench(new Recorder());
  bench.receive('GET / HTTP/1.1\r\n\r\n');
  assert.equal(
    bench.wire.output,
    'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 19\r\n' +
      'date: Tue, 14 Nov 2023 22:13:20 GMT\r\nserver: aya\r\nconnection: close\r\n\r\nmissing Host header',
  );
  assert.deepEqual(bench.refused, ['400 missing Host header']);
  assert.ok(bench.wire.closed);
});

test('HTTP/1.0 is answered with 426 and the way up where it is not accepted', () => {
  const bench = new ServerBench(new Recorder(), { acceptHttp10: false });
  bench.receive('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
  assert.match(bench.wire.output, /^HTTP\/1\.1 426 .*\r\nupgrade: HTTP\/1\.1\r\nconnection: upgrade, close\r\n/s);
});

test('half-close: a whole request is answered, pipelined ones too, then the connection closes', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder);
  bench.receive(GET + GET);
  bench.wire.fin();
  answerOk(last(recorder));
  answerOk(last(recorder));
  assert.equal(bench.wire.output, `${OK}HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok`);
  assert.ok(bench.wire.closed);
});

test('half-close: FIN between requests or in a head just closes', () => {
  for (const bytes of ['', GET, 'GET / HT']) {
    const bench = new ServerBench(new Recorder());
    bench.receive(bytes);
    bench.wire.fin();
    assert.ok(bench.wire.closed);
  }
});

test('draining announces close with the next response, and closes an idle connection only when told', () => {
  const bench = new ServerBench(new Recorder());
  bench.receive(GET);
  bench.session.drain(false);
  assert.ok(!bench.wire.closed);
  bench.receive(GET);
  assert.match(bench.wire.output, /connection: close\r\n\r\nok$/);
  assert.ok(bench.wire.closed);
  const idle = new ServerBench(new Recorder());
  idle.session.drain(true);
  assert.ok(idle.wire.closed);
});

test('a connection serves as many requests as it may', () => {
  const bench = new ServerBench(new Recorder(), { maxRequestsPerConnection: 2 });
  bench.receive(GET + GET + GET);
  assert.equal(bench.wire.output, `${OK}HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok`);
});

test('other options hold from the next request on', () => {
  const recorder = new Recorder();
  const bench = new ServerBench(recorder);
  bench.receive(GET);
  bench.session.options = { ...bench.options, maxHeaders: 1 };
  bench.receive('GET / HTTP/1.1\r\nHost: a\r\nx: y\r\n\r\n');
  assert.deepEqual(bench.refused, ['431 too many headers']);
});

test('destroy aborts what is under way', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder);
  bench.receive(GET);
  bench.session.destroy();
  assert.equal(recorder.seen[0]?.end, 'reset');
  assert.equal(bench.wire.destroyed, 'fin');
});

test('removed and added headers leave as the list says', () => {
  const seen: (string[] | null)[] = [];
  const bench = new ServerBench(
    new Recorder((x) => {
      x.headers.remove('b');
      x.headers.add('d', '4');
      seen.push(pairs(x.headers), x.headers.toHttp1().split('\r\n'));
      answerOk(x);
    }),
  );
  bench.receive('GET / HTTP/1.1\r\na: 1\r\nHost: a\r\nb: 2\r\nc:3\r\n\r\n');
  bench.receive('GET / HTTP/1.1\r\na: 1 \r\nHost: a\r\nb: 2\r\nc:3\r\n\r\n');
  assert.deepEqual(seen, [
    ['a: 1', 'c: 3', 'd: 4'],
    ['a: 1', 'c:3', 'd: 4', ''],
    ['a: 1', 'c: 3', 'd: 4'],
    ['a: 1', 'c: 3', 'd: 4', ''],
  ]);
});

test('a client that reads no answers gets no more of its pipelined requests begun', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder);
  bench.receive(GET + GET + GET);
  bench.wire.backedUp = true;
  answerOk(last(recorder));
  assert.equal(recorder.seen.length, 1);
  bench.receive(GET);
  assert.equal(recorder.seen.length, 1);
  bench.wire.drain();
  assert.equal(recorder.seen.length, 2);
  answerOk(last(recorder));
  answerOk(last(recorder));
  answerOk(last(recorder));
  assert.equal(bench.wire.output, OK.repeat(4));
});
