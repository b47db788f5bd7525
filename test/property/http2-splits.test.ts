/** Frames of any kind, right and wrong, come to the same wherever the bytes of a connection are cut: at each place, and at many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ACK,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  goaway,
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
import { answered, served } from '../support/http2/outcome.ts';

const REQUEST = [...POST, 'x-color', 'red'];
const RESPONSE = [':status', '200', 'x-color', 'red'];
const ends = fc.constantFrom(0, END_STREAM);

/** Frames that the other side may send, most of them in order, for streams of few numbers. `fields` begin a message. */
const frames = (ids: readonly number[], fields: readonly string[]): fc.Arbitrary<Buffer> => {
  const id = fc.constantFrom(...ids);
  const block = literals(...fields);
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(id, ends).map(([each, end]) => headers(each, end, ...fields)) },
    {
      weight: 3,
      arbitrary: fc.tuple(id, fc.nat(80), ends).map(([each, size, end]) => data(each, 'd'.repeat(size), end)),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(id, fc.nat(20), fc.nat(30), ends)
        .map(([each, size, pad, end]) =>
          frame(
            TYPE.DATA,
            PADDED | end,
            each,
            Buffer.concat([Buffer.from([pad]), Buffer.alloc(size, 'd'), Buffer.alloc(pad)]),
          ),
        ),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(id, ends, fc.nat(block.length), fc.nat(block.length))
        .map(([each, end, one, other]) =>
          Buffer.concat([
            frame(TYPE.HEADERS, end, each, block.subarray(0, Math.min(one, other))),
            frame(TYPE.CONTINUATION, 0, each, block.subarray(Math.min(one, other), Math.max(one, other))),
            frame(TYPE.CONTINUATION, END_HEADERS, each, block.subarray(Math.max(one, other))),
          ]),
        ),
    },
    { weight: 1, arbitrary: fc.tuple(id, ends).map(([each, end]) => headers(each, end, 'x-sum', '1')) },
    { weight: 1, arbitrary: id.map((each) => rst(each, 8)) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom(0, ...ids), fc.nat(900)).map(([each, by]) => windowUpdate(each, by)),
    },
    { weight: 1, arbitrary: fc.constantFrom(ping(), ping(ACK), settingsAck(), settings(4, 70_000), settings()) },
    { weight: 1, arbitrary: fc.nat(60).map((size) => frame(0xbb, 0xff, 3, 'u'.repeat(size))) },
    { weight: 1, arbitrary: fc.nat(9).map((last) => goaway(last, 0)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.nat(10), fc.nat(255), fc.nat(9), fc.uint8Array({ maxLength: 20 }))
        .map(([type, flags, each, payload]) => frame(type, flags, each, Buffer.from(payload))),
    },
  );
};

const places = fc.array(fc.nat(2_000), { maxLength: 30 });

function sameEverywhere(
  bytes: Buffer,
  more: readonly number[],
  outcome: (bytes: Buffer, cuts: readonly number[]) => unknown,
): void {
  const whole = outcome(bytes, []);
  for (let at = 1; at < bytes.length; at += 1) assert.deepEqual(outcome(bytes, [at]), whole, `cut at ${at}`);
  assert.deepEqual(
    outcome(
      bytes,
      Array.from({ length: bytes.length }, (_, at) => at),
    ),
    whole,
    'byte by byte',
  );
  const several = more.filter((at) => at < bytes.length).sort((a, b) => a - b);
  assert.deepEqual(outcome(bytes, several), whole, `cut at ${several}`);
}

test('towards a server', () => {
  fc.assert(
    fc.property(fc.array(frames([1, 3, 5], REQUEST), { minLength: 1, maxLength: 8 }), places, (all, more) => {
      const greeting = [Buffer.from(MAGIC, 'latin1'), settings(4, 100_000), settingsAck()];
      sameEverywhere(Buffer.concat([...greeting, ...all]), more, served);
    }),
    { numRuns: 60 },
  );
});

test('towards a client', () => {
  fc.assert(
    fc.property(fc.array(frames([1, 3, 5], RESPONSE), { minLength: 1, maxLength: 8 }), places, (all, more) => {
      sameEverywhere(Buffer.concat(all), more, answered);
    }),
    { numRuns: 60 },
  );
});
