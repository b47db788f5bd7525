/** The gRPC-Web bridge sees the same whatever the pieces in which it comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RequestSink, ServerStream } from '../../sidecar/core/exchange.ts';
import type { LocalReply } from '../../sidecar/core/filter.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { Base64Decoder } from '../../sidecar/filter/grpc-web/base64-decoder.ts';
import { GrpcWebFilter } from '../../sidecar/filter/grpc-web/filter.ts';
import { MessageEncoder } from '../../sidecar/filter/grpc-web/message-encoder.ts';
import { exchangeOf } from '../support/exchange.ts';
import { decoded, frame } from '../support/grpc-web.ts';

const bytes = fc.uint8Array({ maxLength: 40, size: 'max' }).map((each) => Buffer.from(each));
/** Positions at which a text is cut, as shares of it. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

function pieces(whole: Buffer, where: readonly number[]): Buffer[] {
  const edges = [...where.map((each) => Math.floor(each * whole.length)).sort((a, b) => a - b), whole.length];
  return edges.map((edge, at) => whole.subarray(edges[at - 1] ?? 0, edge));
}

test('base64 cut anywhere is decoded, one padded text after the other', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), cuts, (texts, where) => {
      const decoder = new Base64Decoder();
      const text = Buffer.from(texts.map((each) => each.toString('base64')).join(''));
      const got = pieces(text, where).map((piece) => {
        const part = decoder.decode(piece);
        assert.ok(part);
        return part;
      });
      assert.deepEqual(Buffer.concat(got), Buffer.concat(texts));
      assert.ok(decoder.whole);
    }),
  );
});

test('what is no base64 is refused wherever it is cut', () => {
  const bad = fc.oneof(
    fc.constantFrom('=AAA', 'A=AA', 'AA=A', 'AAAA=', 'AA-_', 'AA A', 'AAA\n', 'é===', '===='),
    fc.string({ minLength: 4, maxLength: 4 }).filter((each) => /[^A-Za-z0-9+/=]/.test(each)),
  );
  fc.assert(
    fc.property(fc.constantFrom('', 'AAAA', 'AA=='), bad, cuts, (before, wrong, where) => {
      const decoder = new Base64Decoder();
      const got = pieces(Buffer.from(before + wrong), where).map((piece) => decoder.decode(piece));
      assert.ok(got.includes(null) || !decoder.whole);
    }),
  );
});

test('messages cut anywhere are encoded each for itself, and nothing waits for the next', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), cuts, (messages, where) => {
      const encoder = new MessageEncoder();
      const frames = messages.map((each) => frame(each));
      const got = pieces(Buffer.concat(frames), where).map((piece) => encoder.encode(piece));
      assert.equal(Buffer.concat(got).toString(), frames.map((each) => each.toString('base64')).join(''));
      assert.equal(encoder.finish().length, 0);
    }),
  );
});

/** An exchange behind the filter, and what reaches either end. */
function bridged(type: string, accept: string) {
  const sent: Buffer[] = [];
  const got: Buffer[] = [];
  const log: string[] = [];
  const refused: LocalReply[] = [];
  const stream: ServerStream = {
    peer: { remoteAddress: '127.0.0.1', remotePort: 1, localAddress: '127.0.0.1', localPort: 2 },
    inform: () => {},
    respond: (status, headers, length) => log.push(`${status} ${headers.get('content-type')} ${length}`),
    write: (chunk) => sent.push(Buffer.from(chunk)) > 0,
    end: (trailers) => log.push(`end ${trailers === null ? 'without trailers' : 'with trailers'}`),
    reset: () => log.push('reset'),
    pause: () => {},
    resume: () => log.push('resume'),
    idleTimeout: () => {},
  };
  const sink: RequestSink = {
    onData: (chunk) => got.push(Buffer.from(chunk)) > 0,
    onEnd: () => log.push('request end'),
    onAbort: () => {},
    onDrain: () => {},
  };
  const x = exchangeOf({ method: 'POST', headers: ['content-type', type, 'accept', accept] });
  x.stream = stream;
  const filter = new GrpcWebFilter('grpc_web', false);
  const front = filter.enclose(x, sink, (reply) => refused.push(reply));
  return { x, filter, front, sent, got, log, refused };
}

const kinds = fc.constantFrom(
  ['application/grpc-web+proto', false],
  ['application/grpc-web-text', true],
) as fc.Arbitrary<[string, boolean]>;

test('a request goes on as gRPC, early or late, in any pieces', () => {
  fc.assert(
    fc.property(
      kinds,
      fc.array(bytes, { maxLength: 4 }),
      cuts,
      fc.boolean(),
      ([type, text], messages, where, early) => {
        const { filter, front, got, log, x } = bridged(type, type);
        const frames = Buffer.concat(messages.map((each) => frame(each)));
        if (!early) filter.routed(x);
        for (const piece of pieces(text ? Buffer.from(frames.toString('base64')) : frames, where)) front.onData(piece);
        front.onEnd(null);
        if (early) filter.routed(x);
        assert.deepEqual(Buffer.concat(got), frames);
        assert.deepEqual(
          log.filter((each) => each !== 'resume'),
          ['request end'],
        );
        assert.equal(x.headers.get('content-type'), 'application/grpc');
        assert.equal(x.headers.get('te'), 'trailers');
      },
    ),
  );
});

test('a response comes as gRPC-Web with its trailers in the last frame, in any pieces', () => {
  fc.assert(
    fc.property(kinds, fc.array(bytes, { maxLength: 4 }), cuts, ([type, text], messages, where) => {
      const { filter, log, sent, x } = bridged(type, type);
      filter.routed(x);
      const frames = Buffer.concat(messages.map((each) => frame(each)));
      x.stream.respond(200, HeaderList.of('content-type', 'application/grpc'), -1);
      for (const piece of pieces(frames, where)) x.stream.write(piece);
      x.stream.end(HeaderList.of('grpc-status', '0', 'X-More', 'a:b'));
      const body = text ? decoded(Buffer.concat(sent).toString()) : Buffer.concat(sent);
      const trailers = frame(Buffer.from('grpc-status:0\r\nx-more:a:b\r\n'), 0x80);
      assert.deepEqual(body, Buffer.concat([frames, trailers]));
      const told = text ? 'application/grpc-web-text+proto' : 'application/grpc-web+proto';
      assert.deepEqual(log, [`200 ${told} -1`, 'end without trailers']);
      assert.equal(x.bytesSent, Buffer.concat(sent).length - frames.length);
    }),
  );
});

test('what is no base64 is refused once, and nothing of it goes on', () => {
  fc.assert(
    fc.property(cuts, (where) => {
      const { filter, front, got, refused, x } = bridged('application/grpc-web-text', '*/*');
      filter.routed(x);
      for (const piece of pieces(Buffer.from('AAAA====AAAA'), where)) {
        front.onData(piece);
        if (refused.length > 0) x.stream.end(null);
      }
      front.onEnd(null);
      assert.deepEqual(
        refused.map(({ status }) => status),
        [400],
      );
      assert.ok(Buffer.concat(got).length <= 3);
    }),
  );
});
