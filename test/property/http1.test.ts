import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClientSession } from '../../sidecar/codec/http1/client-session.ts';
import type { AttemptSink, Exchange, RequestSink } from '../../sidecar/core/exchange.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { FakeWire } from '../support/fake-wire.ts';
import { REQUEST_MESSAGES } from '../support/http1/request-messages.ts';
import { RESPONSE_MESSAGES } from '../support/http1/response-messages.ts';
import { answer, Recorder, ServerBench, serve } from '../support/http1-observed.ts';

const positions = fc.array(fc.nat(600), { maxLength: 12 }).map((list) => [...new Set(list)].sort((a, b) => a - b));
const GET = 'GET /canary HTTP/1.1\r\nHost: a\r\n\r\n';
/** Text made of the pieces in which parsers differ. */
const noise = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        ' ',
        '\t',
        ':',
        '\0',
        ',',
        ';',
        '0',
        '5',
        'a',
        '\x80',
        '0\r\n\r\n',
        '\r\n\r\n',
      ),
      fc.constantFrom(
        'GET ',
        'POST / HTTP/1.1',
        ' HTTP/1.1\r\n',
        'HTTP/1.1 200 OK\r\n',
        'Host: a\r\n',
        'Content-Length: 5\r\n',
      ),
      fc.constantFrom(
        'Transfer-Encoding: chunked\r\n',
        'Connection: close\r\n',
        '5\r\nhello\r\n',
        'chunked',
        'HTTP/1.0',
      ),
      fc.string({ maxLength: 4, unit: 'binary' }).map((text) => Buffer.from(text).toString('latin1')),
    ),
    { maxLength: 24 },
  )
  .map((pieces) => pieces.join(''));
const short = <T extends { bytes: string }>(list: readonly T[]): T[] => list.filter(({ bytes }) => bytes.length < 600);

/** A message of which one byte is changed, removed, doubled or put in. */
const bent = (messages: readonly { bytes: string }[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...messages.map(({ bytes }) => bytes)),
      fc.nat(600),
      fc.constantFrom('replace', 'remove', 'double', 'insert'),
      fc.constantFrom('\r', '\n', '\0', ' ', '\t', ':', ',', ';', '0', '1', 'x', '\x0b', '\x80', '\xff', '#', '/'),
    )
    .map(([bytes, where, how, byte]) => {
      const at = bytes.length === 0 ? 0 : where % bytes.length;
      const rest = bytes.slice(at + 1);
      if (how === 'remove') return bytes.slice(0, at) + rest;
      if (how === 'double') return bytes.slice(0, at + 1) + bytes.slice(at);
      return bytes.slice(0, at) + byte + (how === 'insert' ? bytes.slice(at) : rest);
    });

test('any bytes, cut anywhere, give the same requests and the same refusal as in one piece', () => {
  fc.assert(
    fc.property(fc.oneof(noise, bent(short(REQUEST_MESSAGES))), positions, (bytes, cuts) => {
      assert.deepEqual(serve(bytes, cuts), serve(bytes, []));
    }),
    { numRuns: 3000 },
  );
});

test('any bytes, cut anywhere, give the same response or the same failure as in one piece', () => {
  fc.assert(
    fc.property(
      fc.oneof(noise, bent(short(RESPONSE_MESSAGES))),
      positions,
      fc.constantFrom('GET', 'HEAD'),
      fc.boolean(),
      (bytes, cuts, method, fin) => {
        assert.deepEqual(answer(method, bytes, cuts, fin), answer(method, bytes, [], fin));
      },
    ),
    { numRuns: 3000 },
  );
});

/** Forwards each exchange to a client session on a wire of its own and answers 200. */
function forwarded(bytes: string): { behind: string; begun: number } {
  let behind = '';
  let begun = 0;
  const bench = new ServerBench({
    begin(x): RequestSink {
      begun += 1;
      const wire = new FakeWire();
      const session = new ClientSession(wire, { onIdle() {}, onGone() {} });
      const nothing: AttemptSink = {
        onInform() {},
        onStart() {},
        onData: () => true,
        onEnd() {},
        onFailure() {},
        onDrain() {},
      };
      session.start(x.method, x.authority, x.path, x.headers, x.bodyLength, nothing);
      return {
        onData: (chunk) => session.write(chunk),
        onEnd(trailers) {
          session.end(trailers);
          behind += wire.output;
          x.stream.respond(200, HeaderList.of(), 0);
          x.stream.end(null);
        },
        onAbort() {},
        onDrain() {},
      };
    },
  });
  bench.receive(bytes);
  return { behind, begun };
}

test('what is forwarded is read behind as exactly the requests that were seen', () => {
  fc.assert(
    fc.property(fc.oneof(noise, bent(short(REQUEST_MESSAGES))), (bytes) => {
      const before = serve(bytes + GET, []);
      const { behind } = forwarded(bytes + GET);
      const after = serve(behind, []);
      const facts = (seen: (typeof before)['seen']): unknown[] =>
        seen
          .filter((each) => each.end === 'whole')
          .map(({ method, authority, path, body, headers, trailers }) => ({
            method,
            authority,
            path,
            body,
            // The names are enough: framing fields are gone, and TE is named in Connection on the way.
            headers: headers.map((line) => line.toLowerCase()),
            trailers: trailers?.length === 0 ? null : trailers,
          }));
      assert.deepEqual(facts(after.seen), facts(before.seen));
      assert.deepEqual(after.refused, []);
    }),
    { numRuns: 3000 },
  );
});

interface Message {
  headers: [string, string][];
  body: string[];
  counted: boolean;
  trailers: [string, string][];
}
const token = fc
  .string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...'abcXYZ09-_.!~') })
  .map((name) => `x${name}`);
const value = fc
  .string({ maxLength: 12, unit: fc.constantFrom(...'abc \t09:,;="\x80\xff') })
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const message: fc.Arbitrary<Message> = fc.record({
  headers: fc.array(fc.tuple(token, value), { maxLength: 5 }),
  body: fc.array(fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...'a\r\n0\x00\xff') }), {
    maxLength: 5,
  }),
  counted: fc.boolean(),
  trailers: fc.array(fc.tuple(token, value), { maxLength: 2 }),
});
const wireOf = (start: string, { headers, body, counted, trailers }: Message): string => {
  const lines = (list: [string, string][]): string => list.map(([name, text]) => `${name}: ${text}\r\n`).join('');
  const all = body.join('');
  if (counted) return `${start}${lines(headers)}Content-Length: ${all.length}\r\n\r\n${all}`;
  const chunks = body.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  return `${start}${lines(headers)}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n${lines(trailers)}\r\n`;
};
const flat = (list: [string, string][]): string[] => list.map(([name, text]) => `${name}: ${text}`);

test('requests and responses pass through both sessions unharmed, however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(message, message), { minLength: 1, maxLength: 4 }),
      positions,
      positions,
      (pairsOf, cuts, backCuts) => {
        const up = new FakeWire();
        const session = new ClientSession(up, { onIdle() {}, onGone() {} });
        const exchanges: Exchange[] = [];
        const bench = new ServerBench({
          begin(x): RequestSink {
            exchanges.push(x);
            const { stream } = x;
            session.start(x.method, x.authority, x.path, x.headers, x.bodyLength, {
              onInform: (status, headers) => stream.inform(status, headers),
              onStart: (status, headers, length) => stream.respond(status, headers, length),
              onData: (chunk) => stream.write(chunk),
              onEnd: (trailers) => stream.end(trailers),
              onFailure: (failure) => assert.fail(failure.detail),
              onDrain() {},
            });
            return {
              onData: (chunk) => session.write(chunk),
              onEnd: (trailers) => session.end(trailers),
              onAbort: (failure) => assert.fail(failure),
              onDrain() {},
            };
          },
        });
        const backend = new Recorder(() => {});
        const server = new ServerBench(backend);
        bench.receive(
          pairsOf.map(([request], at) => wireOf(`POST /${at} HTTP/1.1\r\nHost: a\r\n`, request)).join(''),
          cuts,
        );
        for (const [at, [request, response]] of pairsOf.entries()) {
          server.receive(up.output);
          up.output = '';
          const seen = backend.seen[at];
          assert.deepEqual(
            { path: seen?.path, headers: seen?.headers, body: seen?.body, trailers: seen?.trailers ?? [] },
            {
              path: `/${at}`,
              headers: flat(request.headers),
              body: request.body.join(''),
              trailers: request.counted ? [] : flat(request.trailers),
            },
          );
          const before = bench.wire.output.length;
          bench.within(() => up.receive(wireOf('HTTP/1.1 200 OK\r\n', response), backCuts));
          const got = answer('GET', bench.wire.output.slice(before), []);
          assert.deepEqual(
            { end: got.end, headers: got.headers, body: got.body, trailers: got.trailers ?? [] },
            {
              end: 'whole',
              headers: flat(response.headers),
              body: response.body.join(''),
              trailers: response.counted ? [] : flat(response.trailers),
            },
          );
          const x = backend.exchanges[at];
          x?.stream.respond(200, HeaderList.of(), 0);
          x?.stream.end(null);
        }
        assert.equal(exchanges.length, pairsOf.length);
      },
    ),
    { numRuns: 400 },
  );
});
