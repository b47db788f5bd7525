import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HpackDecoder } from '../../sidecar/codec/http2/hpack-decoder.ts';
import { HpackEncoder } from '../../sidecar/codec/http2/hpack-encoder.ts';
import { huffmanDecode, huffmanEncode, huffmanLength, huffmanScratch } from '../../sidecar/codec/http2/huffman.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { ClientBench } from '../support/http2/client-bench.ts';
import {
  data,
  decodeFields,
  END_STREAM,
  frame,
  get,
  headers,
  literals,
  MAGIC,
  PADDED,
  POST,
  ping,
  rst,
  settings,
  settingsAck,
  TYPE,
  windowUpdate,
} from '../support/http2/frames.ts';
import { ServerBench } from '../support/http2/server-bench.ts';

const CHARS = "abcdefghijklmnopqrstuvwxyz0123456789-_.!#$%&'*+^`|~";
const name = fc.string({ unit: fc.constantFrom(...CHARS), minLength: 1, maxLength: 30 });
const value = fc.oneof(
  fc.constantFrom('', 'red', 'text/plain', '200', 'gzip, deflate'),
  fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 200 }),
);
const ordinary = fc.tuple(
  fc.oneof(
    fc.constantFrom('content-type', 'date', 'x-color', 'cookie', 'authorization', 'accept-encoding', 'te'),
    name,
  ),
  value,
);
/** Left out by the encoder: what ends at a hop. */
const hop = new Set([
  'connection',
  'host',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

test('any string survives the Huffman code', () => {
  const out = Buffer.alloc(4000);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      const end = huffmanEncode(text, out, 0);
      assert.equal(end, huffmanLength(text));
      assert.equal(huffmanDecode(out, 0, end), bytes.length);
      assert.equal(huffmanScratch().toString('latin1', 0, bytes.length), text);
    }),
  );
});

test('the Huffman decoder takes any bytes: what it accepts is what the encoder would have written', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60, size: 'max' }), (bytes) => {
      const length = huffmanDecode(bytes, 0, bytes.length);
      if (length < 0) return;
      const text = huffmanScratch().toString('latin1', 0, length);
      const out = Buffer.alloc(200);
      assert.deepEqual(out.subarray(0, huffmanEncode(text, out, 0)), Buffer.from(bytes));
    }),
    { numRuns: 2000 },
  );
});

test('header lists survive HPACK, whatever came before and however the table is resized', () => {
  const block = fc.record({ fields: fc.array(ordinary, { maxLength: 12 }), table: fc.option(fc.nat(5000)) });
  fc.assert(
    fc.property(fc.array(block, { maxLength: 30, size: 'max' }), (blocks) => {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder();
      const out = Buffer.alloc(64 * 1024);
      for (const { fields, table } of blocks) {
        if (table !== null) encoder.allow(table);
        const list = HeaderList.of(...fields.flat());
        const room = encoder.room(list, 0);
        encoder.begin(out, 0);
        encoder.headers(list);
        const end = encoder.end();
        assert.ok(end <= room);
        assert.deepEqual(
          decodeFields(decoder, out.subarray(0, end)),
          fields.filter(([each]) => !hop.has(each)).map(([each, text]) => `${each}: ${text}`),
        );
      }
    }),
    { numRuns: 200 },
  );
});

test('the HPACK decoder takes any bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80, size: 'max' }), { maxLength: 10, size: 'max' }), (blocks) => {
      const decoder = new HpackDecoder();
      for (const bytes of blocks) {
        const buffer = Buffer.from(bytes);
        if (!decoder.decode(buffer, 0, buffer.length, { add() {}, keepSecret() {} })) return;
      }
    }),
    { numRuns: 2000 },
  );
});

/** A conversation with everything in it. */
const conversation = Buffer.concat([
  Buffer.from(MAGIC, 'latin1'),
  settings(4, 100_000, 1, 100),
  settingsAck(),
  get(1, 'x-color', 'red', 'cookie', 'a=1', 'cookie', 'b=2'),
  headers(3, 0, ...POST, 'content-length', '6'),
  ping(),
  frame(TYPE.DATA, PADDED, 3, '\x05abcXXXXX'),
  windowUpdate(0, 1000),
  frame(TYPE.HEADERS, END_STREAM, 5, literals(...POST).subarray(0, 7)),
  frame(TYPE.CONTINUATION, 0, 5, literals(...POST).subarray(7, 20)),
  frame(TYPE.CONTINUATION, 4, 5, literals(...POST).subarray(20)),
  data(3, 'def'),
  frame(0xbb, 3, 9, 'unknown'),
  headers(3, END_STREAM, 'x-sum', '6'),
  headers(7, 0, ...POST),
  data(7, 'x'),
  rst(7, 8),
  data(1, 'late'),
  get(9, 'X-Bad', 'name'),
  get(11),
  frame(TYPE.DATA, 0, 0, 'the end'),
]);

/** What a server made of the conversation, cut at `cuts`. */
function heard(cuts: readonly number[]): unknown {
  const bench = new ServerBench({}, {}, false);
  bench.turn.enter();
  bench.wire.receive(conversation, cuts);
  bench.turn.leave();
  return {
    seen: bench.seen.map(({ x, headers: list, body, ended, trailers, aborted }) => [
      [x.method, x.path, x.bodyLength],
      list,
      body,
      ended,
      trailers,
      aborted,
    ]),
    said: bench.said(),
    refusals: bench.refusals,
    errors: bench.protocolErrors,
  };
}

test('a conversation means the same wherever it is cut', () => {
  const whole = heard([]);
  for (let at = 1; at < conversation.length; at += 1) assert.deepEqual(heard([at]), whole, `cut at ${at}`);
  assert.deepEqual(heard(Array.from({ length: conversation.length }, (_, at) => at)), whole, 'byte by byte');
  fc.assert(
    fc.property(fc.array(fc.nat(conversation.length), { maxLength: 20 }), (cuts) => {
      assert.deepEqual(heard(cuts.sort((a, b) => a - b)), whole);
    }),
  );
});

/** Frames that are nearly right: small ids, true types, payloads of the sizes that matter. */
const anyFrame = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(10), fc.nat(255), fc.nat(9), fc.uint8Array({ maxLength: 40 }))
      .map(([type, flags, id, payload]) => frame(type, flags, id, Buffer.from(payload))),
  },
  { weight: 3, arbitrary: fc.tuple(fc.nat(9), fc.constantFrom(0, 1)).map(([id, end]) => headers(id, end, ...POST)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(9), fc.constantFrom(0, 1)).map(([id, end]) => headers(id, end, ':status', '200')),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(9), fc.nat(3000), fc.constantFrom(0, 1))
      .map(([id, size, end]) => data(id, Buffer.alloc(size), end)),
  },
  { weight: 1, arbitrary: fc.tuple(fc.nat(9), fc.nat(20)).map(([id, code]) => rst(id, code)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(9), fc.oneof(fc.nat(70_000), fc.nat(0x7fffffff)))
      .map(([id, by]) => windowUpdate(id, by)),
  },
  { weight: 1, arbitrary: fc.tuple(fc.nat(9), fc.oneof(fc.nat(70_000), fc.nat())).map(([id, by]) => settings(id, by)) },
);

/** What a handler does meanwhile. */
const act = fc.constantFrom(
  'answer',
  'head',
  'write',
  'end',
  'reset',
  'pause',
  'resume',
  'drain',
  'back-up',
  'time',
  'fin',
);

test('a server takes any frames, with a handler that does anything, and never throws', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyFrame, act), { maxLength: 60, size: 'max' }), (steps) => {
      const bench = new ServerBench(
        { streamIdleTimeout: 1000, headersTimeout: 500 },
        { maxConcurrentStreams: 3, stallTimeout: 700 },
      );
      let turn = 0;
      for (const step of steps) {
        turn += 1;
        const seen = bench.seen[turn % Math.max(1, bench.seen.length)];
        const stream = seen?.x.stream;
        if (typeof step !== 'string') bench.receive(step);
        else if (step === 'answer') seen?.answer(200, 'hello');
        else if (step === 'head') stream?.respond(200, HeaderList.of('x-color', 'red'), turn % 2 === 0 ? -1 : 5000);
        else if (step === 'write') stream?.write(Buffer.alloc(turn * 500));
        else if (step === 'end') stream?.end(turn % 3 === 0 ? HeaderList.of('x-sum', '1') : null);
        else if (step === 'reset') stream?.reset();
        else if (step === 'pause' && seen) {
          seen.takes = false;
          stream?.pause();
        } else if (step === 'resume' && seen) {
          seen.takes = true;
          stream?.resume();
        } else if (step === 'drain') bench.session.drain(turn % 2 === 0);
        else if (step === 'back-up') {
          if (bench.wire.backedUp) bench.wire.drain();
          else bench.wire.backedUp = true;
        } else if (step === 'time') bench.clock.advance(400);
        else if (step === 'fin') bench.wire.fin();
      }
      // What was said can be read by anyone.
      bench.frames();
      bench.wire.gone();
      assert.equal(bench.closed, 1);
      assert.equal(bench.session.idle, true);
    }),
    { numRuns: 1000 },
  );
});

test('a client takes any frames, whatever its streams do, and each attempt ends once', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyFrame, act), { maxLength: 60, size: 'max' }), (steps) => {
      const bench = new ClientBench({
        maxConcurrentStreams: 4,
        stallTimeout: 700,
        keepaliveInterval: 300,
        keepaliveTimeout: 600,
      });
      const all = [];
      let turn = 0;
      for (const step of steps) {
        turn += 1;
        const got = all[turn % Math.max(1, all.length)];
        if (typeof step !== 'string') bench.receive(step);
        else if (step === 'answer' || step === 'head') {
          if (bench.session.available > 0) {
            const fresh = bench.request(step === 'answer' ? 'GET' : 'POST', step === 'answer' ? 0 : -1);
            let ends = 0;
            const { onEnd, onFailure } = fresh;
            fresh.onEnd = (trailers) => {
              ends += 1;
              assert.equal(ends, 1);
              onEnd.call(fresh, trailers);
            };
            fresh.onFailure = (failure) => {
              ends += 1;
              assert.equal(ends, 1);
              onFailure.call(fresh, failure);
            };
            all.push(fresh);
          }
        } else if (step === 'write') got?.stream.write(Buffer.alloc(turn * 500));
        else if (step === 'end') got?.stream.end(turn % 3 === 0 ? HeaderList.of('x-sum', '1') : null);
        else if (step === 'reset') got?.stream.cancel();
        else if (step === 'pause' && got) {
          got.takes = false;
          got.stream.pause();
        } else if (step === 'resume' && got) {
          got.takes = true;
          got.stream.resume();
        } else if (step === 'drain') bench.session.drain();
        else if (step === 'back-up') {
          if (bench.wire.backedUp) bench.wire.drain();
          else bench.wire.backedUp = true;
        } else if (step === 'time') bench.clock.advance(400);
        else if (step === 'fin') bench.wire.fin();
      }
      bench.frames();
      bench.wire.gone();
      assert.equal(bench.events.filter((each) => each === 'gone').length, 1);
      assert.equal(bench.session.active, 0);
      assert.equal(bench.session.available, 0);
    }),
    { numRuns: 1000 },
  );
});

test('bytes that are no frames at all never throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100, size: 'max' }), { maxLength: 10, size: 'max' }), (reads) => {
      const server = new ServerBench();
      const client = new ClientBench();
      client.request();
      for (const bytes of reads) {
        server.receive(Buffer.from(bytes));
        client.receive(Buffer.from(bytes));
      }
      server.frames();
      client.frames();
    }),
    { numRuns: 1000 },
  );
});
