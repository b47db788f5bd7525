import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ACK,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  GET,
  get,
  goaway,
  headers,
  literals,
  MAGIC,
  PADDED,
  POST,
  PRIORITIZED,
  ping,
  rst,
  settings,
  settingsAck,
  TYPE,
  windowUpdate,
  word,
} from '../support/http2/frames.ts';
import { ServerBench } from '../support/http2/server-bench.ts';

const CODE = {
  none: 0,
  protocol: 1,
  flowControl: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  calm: 11,
};

/** A frame, or several, that end the connection with `code`. */
function breaks(code: number, ...frames: Buffer[]): void {
  const bench = new ServerBench();
  bench.receive(...frames);
  assert.equal(bench.brokenBy, code);
  assert.equal(bench.protocolErrors.length, 1);
}

/** Frames that reset one stream and leave the connection to go on. */
function resets(id: number, code: number, ...frames: Buffer[]): ServerBench {
  const bench = new ServerBench();
  bench.receive(...frames);
  assert.ok(bench.said().includes(`RST_STREAM ${id} ${code}`), 'no RST_STREAM');
  lives(bench);
  return bench;
}

/** The connection still answers. */
function lives(bench: ServerBench): void {
  bench.frames();
  const before = bench.seen.length;
  bench.receive(get(901));
  assert.equal(bench.seen.length, before + 1);
  bench.seen.at(-1)?.answer(204);
  assert.deepEqual(bench.said(), ['HEADERS 901 :status: 204 END']);
}

test('RFC 9113 3.4: the server begins with SETTINGS, and answers those of the client', () => {
  const bench = new ServerBench({}, {}, false);
  assert.deepEqual(bench.said(), ['SETTINGS', 'WINDOW_UPDATE 0 4128769']);
  bench.receive(MAGIC, settings());
  assert.deepEqual(bench.said(), ['SETTINGS ACK']);
});

test('RFC 9113 3.4: an invalid preface ends the connection', () => {
  for (const text of ['GET / HTTP/1.1\r\nhost: a\r\n\r\n', `${MAGIC.slice(0, -1)}X`]) {
    const bench = new ServerBench({}, {}, false);
    bench.receive(text);
    assert.equal(bench.brokenBy, CODE.protocol);
  }
});

test('RFC 9113 3.4: the first frame of the client is SETTINGS and no acknowledgement', () => {
  for (const first of [ping(), get(1), data(1, ''), settingsAck()]) {
    const bench = new ServerBench({}, {}, false);
    bench.receive(MAGIC, first);
    assert.equal(bench.brokenBy, CODE.protocol);
  }
});

test('RFC 9113 4.1: frames of unknown types are ignored, and so are unknown flags and the reserved bit', () => {
  const bench = new ServerBench();
  bench.receive(frame(0xfa, 0xff, 0, 'whatever'), frame(0x42, 0, 77), frame(TYPE.PING, 0xfe, 0x80000000, '12345678'));
  assert.deepEqual(bench.said(), ['PING ACK']);
  lives(bench);
});

test('RFC 9113 4.2: a frame larger than SETTINGS_MAX_FRAME_SIZE is refused, one as large is not', () => {
  breaks(CODE.frameSize, headers(1, 0, ...POST), data(1, Buffer.alloc(16_385)));
  breaks(CODE.frameSize, frame(0x42, 0, 0, Buffer.alloc(16_385)));
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ...POST), data(1, Buffer.alloc(16_384)));
  assert.equal(bench.seen[0]?.body.length, 16_384);
});

test('RFC 9113 4.3: a block that cannot be decoded is a connection error COMPRESSION_ERROR', () => {
  breaks(CODE.compression, frame(TYPE.HEADERS, END_HEADERS | END_STREAM, 1, Buffer.from([0x80])));
});

test('RFC 9113 4.3: a refused or malformed request still updates the tables', () => {
  const bench = new ServerBench();
  // x-a: b goes into the table with a request that is malformed (no pseudo-headers).
  bench.receive(frame(TYPE.HEADERS, END_HEADERS | END_STREAM, 1, Buffer.from('4003782d610162', 'hex')));
  bench.receive(
    frame(TYPE.HEADERS, END_HEADERS | END_STREAM, 3, Buffer.concat([literals(...GET), Buffer.from([0xbe])])),
  );
  assert.deepEqual(bench.seen[0]?.headers, ['x-a: b']);
});

test('RFC 9113 4.3: a block in pieces is one unit: nothing may come in between', () => {
  const begin = frame(TYPE.HEADERS, END_STREAM, 1, literals(...GET));
  for (const other of [ping(), get(3), data(1, 'x'), frame(0x42, 0, 0), settings(), rst(1, 8), frame(9, 4, 3)]) {
    breaks(CODE.protocol, begin, other);
  }
  breaks(CODE.protocol, get(1), headers(3, 0, ...POST), begin, windowUpdate(0, 1));
});

test('RFC 9113 5.1: frames for idle streams are connection errors, PRIORITY is not', () => {
  breaks(CODE.protocol, data(1, 'x'));
  breaks(CODE.protocol, rst(1, 0));
  breaks(CODE.protocol, windowUpdate(1, 1));
  breaks(CODE.protocol, frame(TYPE.CONTINUATION, END_HEADERS, 1, literals(...GET)));
  const bench = new ServerBench();
  bench.receive(frame(TYPE.PRIORITY, 0, 5, Buffer.from('0000000010', 'hex')));
  lives(bench);
});

test('RFC 9113 5.1: half-closed (remote): more than WINDOW_UPDATE, PRIORITY and RST_STREAM is STREAM_CLOSED', () => {
  resets(1, CODE.streamClosed, get(1), data(1, 'x'));
  resets(1, CODE.streamClosed, get(1), headers(1, END_STREAM, 'x-a', 'b'));
  const bench = new ServerBench();
  bench.receive(get(1), windowUpdate(1, 5), frame(TYPE.PRIORITY, 0, 1, Buffer.from('0000000010', 'hex')), rst(1, 8));
  assert.equal(bench.seen[0]?.aborted, 'reset');
  lives(bench);
});

test('RFC 9113 5.1: closed: after RST_STREAM of the client its frames are STREAM_CLOSED', () => {
  resets(1, CODE.streamClosed, headers(1, 0, ...POST), rst(1, 8), data(1, 'x'));
  resets(1, CODE.streamClosed, headers(1, 0, ...POST), rst(1, 8), headers(1, END_STREAM, 'x-a', 'b'));
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ...POST), rst(1, 8), windowUpdate(1, 1), rst(1, 8));
  lives(bench);
});

test('RFC 9113 5.1: closed: after our RST_STREAM frames on their way are ignored', () => {
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ...POST));
  bench.seen[0]?.x.stream.reset();
  assert.deepEqual(bench.said(), ['RST_STREAM 1 2']);
  bench.receive(data(1, 'x'), headers(1, END_STREAM, 'x-a', 'b'), rst(1, 8), windowUpdate(1, 1));
  assert.deepEqual(bench.said(), []);
  lives(bench);
});

test('RFC 9113 5.1: closed: a stream that ended takes no DATA, and HEADERS for it end the connection', () => {
  const ended = (): ServerBench => {
    const bench = new ServerBench();
    bench.receive(get(1));
    bench.seen[0]?.answer(204);
    bench.frames();
    return bench;
  };
  const one = ended();
  one.receive(data(1, 'x'));
  assert.deepEqual(one.said(), ['RST_STREAM 1 5']);
  const other = ended();
  other.receive(get(1));
  assert.equal(other.brokenBy, CODE.streamClosed);
});

test('RFC 9113 5.1.1: clients use odd numbers, each higher than the last', () => {
  breaks(CODE.protocol, get(2));
  breaks(CODE.protocol, get(5), get(3));
  breaks(CODE.protocol, frame(TYPE.HEADERS, END_HEADERS, 0, literals(...GET)));
});

test('RFC 9113 5.1.2: a stream above the limit is refused, and gets a place when one has ended', () => {
  const bench = new ServerBench({}, { maxConcurrentStreams: 2 });
  bench.receive(get(1), get(3), get(5));
  assert.deepEqual(bench.said(), ['RST_STREAM 5 7']);
  bench.seen[0]?.answer();
  bench.frames();
  bench.receive(get(7));
  assert.equal(bench.seen.length, 3);
});

test('RFC 9113 5.4.1: GOAWAY names the last stream that was looked at and the reason', () => {
  const bench = new ServerBench();
  bench.receive(get(1), get(3), frame(TYPE.PING, 0, 0, 'short'));
  const last = bench.frames().at(-1);
  assert.equal(last?.type, 'GOAWAY');
  assert.equal(last?.payload.readUInt32BE(0), 3);
  assert.equal(last?.payload.toString('latin1', 8), 'PING of a wrong size');
  assert.equal(bench.wire.closed, true);
  assert.deepEqual(
    bench.seen.map(({ aborted }) => aborted),
    ['reset', 'reset'],
  );
  bench.receive(get(5));
  assert.equal(bench.seen.length, 2, 'nothing is read any more');
  bench.wire.gone();
  bench.wire.gone();
  assert.equal(bench.closed, 1);
});

test('RFC 9113 6.1: DATA belongs to a stream, and its padding to nobody', () => {
  breaks(CODE.protocol, data(0, 'x'));
  const bench = new ServerBench();
  bench.receive(headers(1, 0, ...POST));
  bench.receive(frame(TYPE.DATA, PADDED, 1, '\x03abcXXX'), frame(TYPE.DATA, PADDED | END_STREAM, 1, '\x02\0\0'));
  assert.equal(bench.seen[0]?.body, 'abc');
  assert.equal(bench.seen[0]?.ended, true);
});

test('RFC 9113 6.1: more padding than payload is a connection error', () => {
  breaks(CODE.protocol, headers(1, 0, ...POST), frame(TYPE.DATA, PADDED, 1, '\x04abc'));
  breaks(CODE.frameSize, headers(1, 0, ...POST), frame(TYPE.DATA, PADDED, 1));
});

test('RFC 9113 6.2: HEADERS with padding and priority are read past both', () => {
  const bench = new ServerBench();
  const block = literals(...GET);
  const payload = Buffer.concat([Buffer.from([4]), word(0), Buffer.from([16]), block, Buffer.from('XXXX')]);
  bench.receive(frame(TYPE.HEADERS, END_HEADERS | END_STREAM | PADDED | PRIORITIZED, 1, payload));
  assert.equal(bench.seen[0]?.x.path, '/');
});

test('RFC 9113 6.2: HEADERS too short for their padding or priority are connection errors', () => {
  breaks(CODE.protocol, frame(TYPE.HEADERS, END_HEADERS | PADDED, 1, '\x05abc'));
  breaks(CODE.frameSize, frame(TYPE.HEADERS, END_HEADERS | PADDED, 1));
  breaks(CODE.frameSize, frame(TYPE.HEADERS, END_HEADERS | PRIORITIZED, 1, '\0\0\0'));
});

test('RFC 9113 6.3: PRIORITY has five bytes and a stream', () => {
  breaks(CODE.protocol, frame(TYPE.PRIORITY, 0, 0, '\0\0\0\0\x10'));
  resets(1, CODE.frameSize, get(1), frame(TYPE.PRIORITY, 0, 1, '\0\0\0\0'));
});

test('RFC 7540 5.3.1: a stream that depends on itself is reset', () => {
  resets(
    1,
    CODE.protocol,
    frame(TYPE.HEADERS, END_HEADERS | PRIORITIZED, 1, Buffer.concat([word(1), Buffer.from([1]), literals(...POST)])),
  );
  resets(1, CODE.protocol, get(1), frame(TYPE.PRIORITY, 0, 1, Buffer.from('0000000110', 'hex')));
});

test('RFC 9113 6.4: RST_STREAM has four bytes and a stream that was opened', () => {
  breaks(CODE.protocol, rst(0, 8));
  breaks(CODE.frameSize, get(1), frame(TYPE.RST_STREAM, 0, 1, 'abc'));
  const bench = new ServerBench();
  bench.receive(get(1), rst(1, 0xfedcba));
  assert.equal(bench.seen[0]?.aborted, 'reset');
  lives(bench);
});

test('RFC 9113 6.5: SETTINGS concern the connection and have a multiple of six bytes', () => {
  breaks(CODE.protocol, frame(TYPE.SETTINGS, 0, 1));
  breaks(CODE.frameSize, frame(TYPE.SETTINGS, 0, 0, 'abcde'));
  breaks(CODE.frameSize, frame(TYPE.SETTINGS, ACK, 0, 'abcdef'));
});

test('RFC 9113 6.5.2: values out of range are refused, unknown settings ignored', () => {
  breaks(CODE.protocol, settings(2, 2));
  breaks(CODE.flowControl, settings(4, 2 ** 31));
  breaks(CODE.protocol, settings(5, 16_383));
  breaks(CODE.protocol, settings(5, 2 ** 24));
  breaks(CODE.protocol, settings(8, 2));
  breaks(CODE.protocol, settings(8, 1), settings(8, 0));
  const bench = new ServerBench();
  bench.receive(settings(2, 1, 3, 0, 5, 16_384, 5, 2 ** 24 - 1, 6, 1, 0x99, 5, 1, 0));
  assert.deepEqual(bench.said(), ['SETTINGS ACK']);
  lives(bench);
});

test('RFC 9113 6.5.3: settings count in their order, and each SETTINGS is acknowledged', () => {
  const bench = new ServerBench();
  bench.receive(settings(4, 1, 4, 3), settings(), get(1));
  assert.deepEqual(bench.said(), ['SETTINGS ACK', 'SETTINGS ACK']);
  bench.seen[0]?.answer(200, 'abcdef');
  assert.deepEqual(bench.said(), ['HEADERS 1 :status: 200, content-length: 6', 'DATA 1 "abc"']);
});

test('RFC 9113 6.5.3: SETTINGS that are not acknowledged in time end the connection', () => {
  const bench = new ServerBench({}, {}, false);
  bench.receive(MAGIC, settings());
  bench.clock.advance(9000);
  assert.equal(bench.session.open, true);
  bench.clock.advance(3000);
  assert.equal(bench.brokenBy, CODE.settingsTimeout);
});

test('RFC 9113 6.6, 8.4: a client may not push', () => {
  breaks(CODE.protocol, frame(TYPE.PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([word(2), literals(...GET)])));
});

test('RFC 9113 6.7: PING is answered with the same bytes, an answer is not', () => {
  const bench = new ServerBench();
  bench.receive(ping(0, 'abcdefgh'), ping(ACK, 'ijklmnop'));
  const frames = bench.frames();
  assert.equal(frames.length, 1);
  assert.equal(frames[0]?.payload.toString(), 'abcdefgh');
  breaks(CODE.protocol, frame(TYPE.PING, 0, 1, '12345678'));
  breaks(CODE.frameSize, frame(TYPE.PING, 0, 0, '123456789'));
});

test('RFC 9113 6.8: GOAWAY of a client lets what is under way end', () => {
  breaks(CODE.protocol, frame(TYPE.GOAWAY, 0, 1, word(0, 0)));
  breaks(CODE.frameSize, frame(TYPE.GOAWAY, 0, 0, word(0)));
  const bench = new ServerBench();
  bench.receive(get(1), goaway(0, 0));
  assert.equal(bench.wire.over, false);
  bench.seen[0]?.answer(200, 'x');
  assert.deepEqual(bench.said(), ['GOAWAY 1 0', 'HEADERS 1 :status: 200, content-length: 1', 'DATA 1 "x" END']);
  assert.equal(bench.wire.closed, true);
});

test('RFC 9113 6.9: WINDOW_UPDATE has four bytes and an increment', () => {
  breaks(CODE.frameSize, frame(TYPE.WINDOW_UPDATE, 0, 0, 'abc'));
  breaks(CODE.protocol, windowUpdate(0, 0));
  resets(1, CODE.protocol, get(1), windowUpdate(1, 0));
  const bench = new ServerBench();
  bench.receive(frame(TYPE.WINDOW_UPDATE, 0, 0, word(0x80000001)));
  lives(bench);
});

test('RFC 9113 6.10: CONTINUATION continues the block of its stream', () => {
  const bench = new ServerBench();
  const block = literals(...GET, 'x-long', 'v'.repeat(20_000));
  bench.receive(frame(TYPE.HEADERS, END_STREAM, 1, block.subarray(0, 10)));
  bench.receive(frame(TYPE.CONTINUATION, 0, 1), frame(TYPE.CONTINUATION, 0, 1, block.subarray(10, 11)));
  assert.equal(bench.seen.length, 0);
  bench.receive(frame(TYPE.CONTINUATION, 0, 1, block.subarray(11, 10_000)));
  bench.receive(frame(TYPE.CONTINUATION, END_HEADERS, 1, block.subarray(10_000)));
  assert.equal(bench.seen[0]?.ended, true);
  assert.equal(bench.seen[0]?.headers[0]?.length, 20_008);
  breaks(CODE.protocol, get(1), frame(TYPE.CONTINUATION, END_HEADERS, 1, block.subarray(0, 10)));
  breaks(CODE.protocol, frame(TYPE.HEADERS, 0, 1, literals(...GET)), frame(TYPE.CONTINUATION, END_HEADERS, 3));
});

test('RFC 9113 7: unknown error codes mean nothing special', () => {
  const bench = new ServerBench();
  bench.receive(get(1), get(3), rst(1, 0xabcdef01), goaway(0, 0xabcdef02));
  assert.equal(bench.seen[0]?.aborted, 'reset');
  assert.equal(bench.seen[1]?.aborted, '');
});
