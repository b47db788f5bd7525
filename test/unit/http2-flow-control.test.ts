import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { ClientBench } from '../support/http2/client-bench.ts';
import {
  data,
  END_STREAM,
  frame,
  get,
  headers,
  PADDED,
  POST,
  rst,
  settings,
  TYPE,
  windowUpdate,
} from '../support/http2/frames.ts';
import { ServerBench } from '../support/http2/server-bench.ts';

/** A response of open length on a stream. */
function open(bench: ServerBench, at: number): ServerBench['seen'][0]['x']['stream'] {
  const { stream } = (bench.seen[at] as ServerBench['seen'][0]).x;
  stream.respond(200, HeaderList.of(), -1);
  return stream;
}
/** Bytes of DATA by stream since the last look. */
function sent(bench: { frames(): { type: string; id: number; payload: Buffer }[] }): Record<number, number> {
  const bytes: Record<number, number> = {};
  for (const { type, id, payload } of bench.frames())
    if (type === 'DATA') bytes[id] = (bytes[id] ?? 0) + payload.length;
  return bytes;
}

test('RFC 9113 6.9.1: no more is sent than the stream allows; the rest follows WINDOW_UPDATE', () => {
  const bench = new ServerBench();
  bench.receive(settings(4, 5), get(1));
  const stream = open(bench, 0);
  assert.equal(stream.write(Buffer.from('abcdefgh')), false);
  stream.end(null);
  assert.deepEqual(bench.said(), ['SETTINGS ACK', 'HEADERS 1 :status: 200', 'DATA 1 "abcde"']);
  bench.receive(windowUpdate(1, 2));
  assert.deepEqual(bench.said(), ['DATA 1 "fg"']);
  bench.receive(windowUpdate(1, 2));
  assert.deepEqual(bench.said(), ['DATA 1 "h" END']);
  assert.equal(bench.session.idle, true);
});

test('RFC 9113 6.9.1: nor than the connection allows', () => {
  const bench = new ServerBench();
  bench.receive(settings(4, 1_000_000), get(1), get(3));
  const one = open(bench, 0);
  const other = open(bench, 1);
  assert.equal(one.write(Buffer.alloc(60_000)), true);
  assert.equal(other.write(Buffer.alloc(60_000)), false);
  assert.deepEqual(sent(bench), { 1: 60_000, 3: 5535 });
  bench.receive(windowUpdate(0, 10_000));
  assert.deepEqual(sent(bench), { 3: 10_000 });
  bench.receive(windowUpdate(0, 100_000));
  assert.deepEqual(sent(bench), { 3: 44_465 });
  assert.equal(bench.seen[1]?.drains, 1);
  assert.equal(bench.seen[0]?.drains, 0);
});

test('RFC 9113 6.9.1: HEADERS are not held back by any window', () => {
  const bench = new ServerBench();
  bench.receive(settings(4, 0), get(1), get(3));
  const one = open(bench, 0);
  assert.equal(one.write(Buffer.from('x')), false);
  const other = open(bench, 1);
  other.end(HeaderList.of('grpc-status', '0'));
  assert.deepEqual(bench.said().slice(1), [
    'HEADERS 1 :status: 200',
    'HEADERS 3 :status: 200',
    'HEADERS 3 grpc-status: 0 END',
  ]);
});

test('RFC 9113 6.9.1: trailers wait for the data before them', () => {
  const bench = new ServerBench();
  bench.receive(settings(4, 1), get(1));
  const stream = open(bench, 0);
  stream.write(Buffer.from('ab'));
  stream.end(HeaderList.of('grpc-status', '0'));
  assert.deepEqual(bench.said().slice(1), ['HEADERS 1 :status: 200', 'DATA 1 "a"']);
  bench.receive(windowUpdate(1, 9));
  assert.deepEqual(bench.said(), ['DATA 1 "b"', 'HEADERS 1 grpc-status: 0 END']);
});

test('RFC 9113 6.9.1: a window above 2^31-1 is FLOW_CONTROL_ERROR of the stream or the connection', () => {
  const bench = new ServerBench();
  bench.receive(get(1), windowUpdate(1, 0x7fffffff));
  assert.deepEqual(bench.said(), ['RST_STREAM 1 3']);
  bench.receive(windowUpdate(0, 0x7fffffff));
  assert.equal(bench.brokenBy, 3);
});

test('RFC 9113 6.9.2: another initial window moves those of open streams, also below zero', () => {
  const bench = new ServerBench();
  bench.receive(settings(4, 6), get(1));
  const stream = open(bench, 0);
  assert.equal(stream.write(Buffer.from('abcdef')), true);
  bench.receive(settings(4, 2));
  assert.equal(stream.write(Buffer.from('gh')), false);
  bench.frames();
  // The window is -4 now.
  bench.receive(windowUpdate(1, 4));
  assert.deepEqual(bench.said(), []);
  bench.receive(windowUpdate(1, 1));
  assert.deepEqual(bench.said(), ['DATA 1 "g"']);
  bench.receive(settings(4, 100));
  assert.deepEqual(bench.said(), ['SETTINGS ACK', 'DATA 1 "h"']);
});

test('RFC 9113 6.9.2: an initial window that lets a stream grow too large ends the connection', () => {
  const bench = new ServerBench();
  bench.receive(get(1), windowUpdate(1, 0x7fffffff - 65_535), settings(4, 65_536));
  assert.equal(bench.brokenBy, 3);
});

test('RFC 9113 6.9.1: a client that sends more than it may on one stream loses that stream', () => {
  const bench = new ServerBench({}, { streamWindow: 65_535 }, true, (seen) => {
    seen.takes = false;
  });
  bench.receive(headers(1, 0, ...POST), headers(3, 0, ...POST));
  for (let sum = 0; sum < 65_535; sum += 13_107) bench.receive(data(1, Buffer.alloc(13_107)));
  assert.deepEqual(bench.said(), []);
  bench.receive(data(1, 'x'), data(3, 'y', END_STREAM));
  assert.deepEqual(bench.said(), ['RST_STREAM 1 3']);
  assert.equal(bench.seen[1]?.body, 'y');
});

test('RFC 9113 6.9.1: and one that sends more than it may altogether loses the connection', () => {
  const bench = new ServerBench({}, { streamWindow: 65_535, connectionWindow: 65_535 }, true, (seen) => {
    seen.x.stream.pause();
  });
  bench.receive(headers(1, 0, ...POST), headers(3, 0, ...POST));
  for (let sum = 0; sum < 65_536; sum += 16_384) bench.receive(data(sum % 32_768 === 0 ? 1 : 3, Buffer.alloc(16_384)));
  assert.equal(bench.brokenBy, 3);
});

test('RFC 9113 6.9: what was taken is allowed again, at half a window', () => {
  const bench = new ServerBench({}, { streamWindow: 70_000, connectionWindow: 100_000 });
  bench.receive(headers(1, 0, ...POST));
  for (let each = 0; each < 3; each += 1) bench.receive(data(1, Buffer.alloc(10_000)));
  assert.deepEqual(bench.said(), []);
  bench.receive(data(1, Buffer.alloc(10_000)));
  assert.deepEqual(bench.said(), ['WINDOW_UPDATE 1 40000']);
  bench.receive(data(1, Buffer.alloc(10_000)));
  assert.deepEqual(bench.said(), ['WINDOW_UPDATE 0 50000']);
});

test('RFC 9113 6.9.1: padding and DATA that nobody wants come out of the windows, and go back', () => {
  const bench = new ServerBench({}, { streamWindow: 65_535, connectionWindow: 65_535 });
  bench.receive(headers(1, 0, ...POST), headers(3, 0, ...POST), rst(3, 8));
  const padded = frame(TYPE.DATA, PADDED, 1, `\xffa${'\0'.repeat(255)}`);
  for (let each = 0; each < 130; each += 1) bench.receive(padded);
  const updates = bench.said();
  assert.equal(updates.filter((each) => each.startsWith('WINDOW_UPDATE 1 ')).length, 1);
  assert.equal(updates.filter((each) => each.startsWith('WINDOW_UPDATE 0 ')).length, 1);
  for (let each = 0; each < 3; each += 1) bench.receive(data(3, Buffer.alloc(16_384)));
  assert.ok(bench.said().some((each) => each.startsWith('WINDOW_UPDATE 0 ')));
});

test('no WINDOW_UPDATE is sent for a stream whose data has ended', () => {
  const bench = new ServerBench({}, { streamWindow: 65_535 });
  bench.receive(headers(1, 0, ...POST));
  for (let each = 0; each < 4; each += 1) bench.receive(data(1, Buffer.alloc(8000)));
  bench.receive(data(1, Buffer.alloc(8000), END_STREAM));
  assert.deepEqual(bench.said(), []);
});

test('a handler that takes no more stops its own stream only; what comes meanwhile waits for it in order', () => {
  const bench = new ServerBench({}, {}, true, (seen) => {
    seen.takes = seen.x.path === '/fast';
  });
  const fast = POST.map((each) => (each === '/' ? '/fast' : each));
  bench.receive(headers(1, 0, ...POST), headers(3, 0, ...fast));
  const [slow, quick] = bench.seen as [ServerBench['seen'][0], ServerBench['seen'][0]];
  for (const text of ['a', 'b', 'c']) bench.receive(data(1, text), data(3, text));
  bench.receive(headers(1, END_STREAM, 'x-sum', '3'), data(3, '', END_STREAM));
  assert.deepEqual([slow.body, slow.ended, quick.body, quick.ended], ['a', false, 'abc', true]);
  slow.takes = true;
  slow.x.stream.resume();
  assert.deepEqual([slow.body, slow.ended, slow.trailers], ['abc', true, ['x-sum: 3']]);
});

test('a stream that is paused holds at most its window, whatever size the pieces have', () => {
  const bench = new ServerBench({}, { streamWindow: 65_535 });
  bench.receive(headers(1, 0, ...POST));
  const [seen] = bench.seen as [ServerBench['seen'][0]];
  seen.x.stream.pause();
  globalThis.gc?.();
  const before = process.memoryUsage();
  const single = Buffer.concat(Array.from({ length: 1000 }, () => data(1, 'x')));
  for (let each = 0; each < 65; each += 1) bench.receive(single);
  const after = process.memoryUsage();
  assert.ok(after.arrayBuffers - before.arrayBuffers < 1e6);
  assert.equal(seen.body, '');
  seen.x.stream.resume();
  assert.equal(seen.body.length, 65_000);
});

test('a handler may pause again from within what resume delivers', () => {
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ...POST));
  const [seen] = bench.seen as [ServerBench['seen'][0]];
  seen.x.stream.pause();
  bench.receive(data(1, Buffer.alloc(10_000, 'a')), data(1, Buffer.alloc(10_000, 'b'), END_STREAM));
  seen.takes = false;
  seen.x.stream.resume();
  assert.equal(seen.ended, false);
  assert.ok(seen.body.length < 20_000);
  seen.takes = true;
  seen.x.stream.resume();
  assert.deepEqual([seen.body.length, seen.ended], [20_000, true]);
});

test('while the socket is full data waits in its stream, and streams take turns when it drains', () => {
  const bench = new ServerBench();
  bench.receive(settings(4, 1_000_000), windowUpdate(0, 1_000_000), get(1), get(3));
  const one = open(bench, 0);
  const other = open(bench, 1);
  bench.frames();
  bench.wire.backedUp = true;
  assert.equal(one.write(Buffer.alloc(40_000)), false);
  assert.equal(other.write(Buffer.alloc(40_000)), false);
  assert.deepEqual(bench.said(), []);
  bench.wire.drain();
  const order = bench.frames().map(({ id }) => id);
  assert.deepEqual(order, [1, 3, 1, 3, 1, 3]);
  assert.deepEqual([bench.seen[0]?.drains, bench.seen[1]?.drains], [1, 1]);
});

test('data that waits is dropped with its stream, and the others go on', () => {
  const bench = new ServerBench();
  bench.receive(settings(4, 1), get(1), get(3));
  const one = open(bench, 0);
  const other = open(bench, 1);
  one.write(Buffer.from('abc'));
  other.write(Buffer.from('def'));
  bench.frames();
  bench.receive(rst(1, 8), settings(4, 100));
  assert.deepEqual(bench.said(), ['SETTINGS ACK', 'DATA 3 "ef"']);
});

test('a client that does not read is not read from while its answers pile up', () => {
  const bench = new ServerBench({}, {}, true, (seen) => seen.answer(200, '', 'x-long', 'v'.repeat(10_000)));
  bench.wire.backedUp = true;
  for (let id = 1; id < 41 && !bench.wire.paused; id += 2) bench.receive(get(id));
  assert.equal(bench.wire.paused, true);
  assert.ok(bench.seen.length < 12);
  bench.wire.drain();
  assert.equal(bench.wire.paused, false);
});

test('upstream: a slow reader holds up its own stream, and a window of it', () => {
  const bench = new ClientBench({ streamWindow: 65_535 });
  const slow = bench.request();
  const fast = bench.request();
  slow.takes = false;
  bench.receive(headers(1, 0, ':status', '200'), headers(3, 0, ':status', '200'));
  for (let each = 0; each < 3; each += 1) bench.receive(data(1, Buffer.alloc(16_384)), data(3, Buffer.alloc(16_384)));
  bench.receive(data(3, 'end', END_STREAM));
  assert.equal(slow.body.length, 16_384);
  assert.deepEqual([fast.body.length, fast.ended], [49_155, true]);
  assert.deepEqual(
    bench.said().filter((each) => each.startsWith('WINDOW_UPDATE 1')),
    [],
  );
  slow.takes = true;
  slow.stream.resume();
  assert.equal(slow.body.length, 49_152);
  assert.deepEqual(
    bench.said().filter((each) => each.startsWith('WINDOW_UPDATE 1')),
    ['WINDOW_UPDATE 1 32768'],
  );
});

test('upstream: a request body waits for the window of the server', () => {
  const bench = new ClientBench();
  bench.receive(settings(4, 3));
  bench.frames();
  const got = bench.request('POST', -1);
  assert.equal(got.stream.write(Buffer.from('abcde')), false);
  got.stream.end(null);
  assert.deepEqual(bench.said(), [
    'HEADERS 1 :method: POST, :scheme: http, :authority: cart:80, :path: /items',
    'DATA 1 "abc"',
  ]);
  bench.receive(windowUpdate(1, 100));
  assert.deepEqual(bench.said(), ['DATA 1 "de" END']);
  assert.equal(got.drains, 0);
});

test('upstream: a response that ended is delivered although its reader was slow and the connection went', () => {
  const bench = new ClientBench();
  const got = bench.request();
  got.takes = false;
  bench.receive(headers(1, 0, ':status', '200'), data(1, 'abc'), data(1, 'def'), headers(1, END_STREAM, 'x-sum', '6'));
  assert.deepEqual([got.body, got.ended], ['abc', false]);
  bench.wire.gone('ECONNRESET');
  assert.equal(got.failure, null);
  got.takes = true;
  got.stream.resume();
  assert.deepEqual([got.body, got.ended, got.trailers], ['abcdef', true, ['x-sum: 6']]);
});
