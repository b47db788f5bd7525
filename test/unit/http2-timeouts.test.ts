import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderList } from '../../sidecar/core/headers.ts';
import {
  ACK,
  data,
  END_STREAM,
  frame,
  GET,
  get,
  headers,
  literals,
  POST,
  ping,
  TYPE,
} from '../support/http2/frames.ts';
import { ServerBench } from '../support/http2/server-bench.ts';

test('a header block that does not end in time ends the connection', () => {
  const bench = new ServerBench({ headersTimeout: 2000 });
  bench.receive(frame(TYPE.HEADERS, END_STREAM, 1, literals(...GET)));
  bench.clock.advance(1900);
  assert.equal(bench.session.open, true);
  bench.clock.advance(1000);
  assert.equal(bench.brokenBy, 11);
});

test('blocks in pieces that do end may follow each other for any time', () => {
  const bench = new ServerBench({ headersTimeout: 500 });
  for (let id = 1; id < 81; id += 2) {
    bench.receive(frame(TYPE.HEADERS, END_STREAM, id, literals(...GET)));
    bench.clock.advance(100);
    bench.receive(frame(TYPE.CONTINUATION, 4, id));
  }
  assert.equal(bench.seen.length, 40);
});

test('a request that does not end in time is answered 408, and the rest of it is not wanted', () => {
  const bench = new ServerBench({ requestTimeout: 1000 });
  bench.receive(headers(1, 0, ...POST), get(3));
  for (let each = 0; each < 13; each += 1) {
    bench.clock.advance(100);
    if (each < 9) bench.receive(data(1, 'x'));
  }
  const said = bench.said();
  assert.match(said[0] as string, /^HEADERS 1 :status: 408/);
  assert.deepEqual(said.slice(1), ['DATA 1 "the request did not arrive in time" END']);
  bench.clock.advance(1500);
  assert.deepEqual(bench.said(), ['RST_STREAM 1 0']);
  assert.deepEqual([bench.seen[0]?.aborted, bench.seen[0]?.x.status], ['timeout', 408]);
  assert.equal(bench.seen[1]?.aborted, '', 'one that is whole has all the time');
});

test('a stream in which nothing moves ends: 408 or 504, or a reset once an answer has begun', () => {
  const bench = new ServerBench({ streamIdleTimeout: 1000 });
  bench.receive(headers(1, 0, ...POST), get(3), get(5));
  bench.seen[2]?.x.stream.respond(200, HeaderList.of(), -1);
  bench.frames();
  bench.clock.advance(900);
  assert.deepEqual(bench.said(), []);
  bench.clock.advance(500);
  const said = bench.said();
  assert.equal(said.filter((each) => /^HEADERS 1 :status: 408/.test(each)).length, 1);
  assert.equal(said.filter((each) => /^HEADERS 3 :status: 504/.test(each)).length, 1);
  assert.ok(said.includes('RST_STREAM 5 2'));
  assert.deepEqual(
    bench.seen.map(({ aborted }) => aborted),
    ['timeout', 'timeout', 'timeout'],
  );
});

test('a handler may give its stream another idle time, or none', () => {
  const bench = new ServerBench({ streamIdleTimeout: 1000 });
  bench.receive(get(1), get(3), get(5));
  bench.seen[0]?.x.stream.idleTimeout(0);
  bench.seen[1]?.x.stream.idleTimeout(100);
  bench.clock.advance(200);
  assert.deepEqual(
    bench.seen.map(({ aborted }) => aborted),
    ['', 'timeout', ''],
  );
  bench.clock.advance(60_000);
  assert.deepEqual(
    bench.seen.map(({ aborted }) => aborted),
    ['', 'timeout', 'timeout'],
  );
});

test('a connection without a stream closes when idle for long enough, saying so', () => {
  const bench = new ServerBench({ idleTimeout: 5000 });
  bench.clock.advance(4000);
  bench.receive(get(1));
  bench.clock.advance(10_000);
  assert.equal(bench.session.open, true);
  bench.seen[0]?.answer();
  bench.frames();
  bench.clock.advance(4000);
  assert.equal(bench.session.open, true);
  bench.clock.advance(2100);
  assert.deepEqual(bench.said(), ['GOAWAY 1 0']);
  assert.equal(bench.wire.closed, true);
});

test('an idle connection costs no look at the clock before its time', () => {
  const bench = new ServerBench({ idleTimeout: 3_600_000 });
  bench.clock.advance(20_000);
  const { tick } = bench.session.pulse;
  bench.clock.advance(1_800_000);
  assert.ok(bench.session.pulse.tick - tick <= 1);
});

test('RFC 9113 6.8: draining goes in two steps, and no request is lost on the way', () => {
  const bench = new ServerBench();
  bench.receive(get(1));
  bench.session.drain(true);
  assert.deepEqual(bench.said(), ['GOAWAY 2147483647 0', 'PING']);
  bench.receive(get(3), ping(ACK));
  assert.deepEqual(bench.said(), ['GOAWAY 3 0']);
  bench.receive(get(5));
  assert.deepEqual(bench.said(), ['RST_STREAM 5 7']);
  bench.seen[0]?.answer();
  assert.equal(bench.wire.over, false);
  bench.seen[1]?.answer();
  assert.equal(bench.wire.closed, true);
});

test('a client that does not answer the PING gets a second for it', () => {
  const bench = new ServerBench();
  bench.session.drain(true);
  bench.clock.advance(900);
  assert.deepEqual(bench.said(), ['GOAWAY 2147483647 0', 'PING']);
  bench.clock.advance(1300);
  assert.deepEqual(bench.said(), ['GOAWAY 0 0']);
  assert.equal(bench.wire.closed, true);
});

test('announcing the end goes on serving; closing after that needs no second round', () => {
  const bench = new ServerBench();
  bench.session.drain(false);
  bench.session.drain(false);
  bench.receive(get(1));
  assert.deepEqual(bench.said(), ['GOAWAY 2147483647 0']);
  bench.session.drain(true);
  assert.deepEqual(bench.said(), ['GOAWAY 1 0']);
  bench.seen[0]?.answer();
  assert.equal(bench.wire.closed, true);
});

test('a connection drains when it is old enough, or has served enough', () => {
  const old = new ServerBench({ maxConnectionDuration: 10_000 });
  old.receive(get(1));
  old.clock.advance(9000);
  assert.deepEqual(old.said(), []);
  old.clock.advance(1300);
  assert.deepEqual(old.said(), ['GOAWAY 2147483647 0', 'PING']);
  const busy = new ServerBench({ maxRequestsPerConnection: 2 });
  busy.receive(get(1));
  assert.deepEqual(busy.said(), []);
  busy.receive(get(3));
  assert.deepEqual(busy.said(), ['GOAWAY 2147483647 0', 'PING']);
});

test('other options hold for the next request', () => {
  const bench = new ServerBench({ streamIdleTimeout: 60_000 });
  bench.receive(get(1));
  bench.session.options = { ...bench.session.options, streamIdleTimeout: 100 };
  bench.receive(get(3));
  bench.clock.advance(200);
  assert.deepEqual(
    bench.seen.map(({ aborted }) => aborted),
    ['', 'timeout'],
  );
});

test('a client that closes ends everything; destroy does so from our side', () => {
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ...POST), get(3));
  bench.wire.fin();
  assert.deepEqual(
    bench.seen.map(({ aborted }) => aborted),
    ['reset', 'reset'],
  );
  assert.equal(bench.wire.over, true);
  const other = new ServerBench();
  other.receive(get(1));
  other.session.destroy();
  assert.equal(other.seen[0]?.aborted, 'reset');
  other.wire.gone();
  assert.equal(other.closed, 1);
});
