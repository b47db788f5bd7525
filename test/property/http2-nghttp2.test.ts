/**
 * Exchanges of any shape between Node's HTTP/2, which is nghttp2, on both sides: directly, and through our codec as its server and as
 * its client. Both ends have to see the same either way, whatever windows, tables and other streams there are.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import type net from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { startRelay } from '../support/http2/relay.ts';

const CHARS = 'abcdefghijklmnopqrstuvwxyz0123456789-_';
const name = fc.string({ unit: fc.constantFrom(...CHARS), minLength: 1, maxLength: 20 }).map((each) => `x-${each}`);
/** Visible ASCII and the blanks between: what Node sends as it is. */
const value = fc.oneof(
  fc.constantFrom('', 'red', 'text/plain', '0'),
  fc
    .string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 300 })
    .map((each) => each.trim()),
);
const fields = fc.dictionary(name, value, { maxKeys: 8, noNullPrototype: true });
const pieces = fc.array(fc.oneof(fc.nat(20), fc.nat(70_000)), { maxLength: 5 });

const exchange = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'REPORT'),
  request: fields,
  body: pieces,
  trailers: fc.option(fields),
  status: fc.constantFrom(200, 201, 204, 304, 404, 500, 599),
  response: fields,
  answer: pieces,
  answerTrailers: fc.option(fields),
  /** The response begins before the request has ended; it ends after it, else the rest of the request would be nobody's. */
  early: fc.boolean(),
});
type Plan = typeof exchange extends fc.Arbitrary<infer T> ? T : never;

const setting = fc.record({
  initialWindowSize: fc.constantFrom(1_000, 65_535, 1_000_000),
  headerTableSize: fc.constantFrom(0, 100, 4_096, 65_536),
  maxFrameSize: fc.constantFrom(16_384, 1_000_000),
});

interface Side {
  head: object;
  body: string;
  trailers: object;
}
const nothing = (): Side => ({ head: {}, body: '', trailers: {} });

/** Without what each hop says for itself, and what Node notes beside. */
function plain(headers: http2.IncomingHttpHeaders): object {
  return { ...headers, ':authority': '', date: '' };
}

/** Where a piece differs from any other of its length. */
const piece = (size: number, at: number): Buffer => Buffer.alloc(size, `${at}:${size};`);

function listen(stream: http2.Http2Stream, side: Side): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => {
    side.body = Buffer.concat(chunks).toString('latin1');
  });
  stream.on('trailers', (trailers: http2.IncomingHttpHeaders) => {
    side.trailers = { ...trailers };
  });
}

function speak(stream: http2.Http2Stream, sizes: readonly number[], trailers: object | null): void {
  stream.on('wantTrailers', () => stream.sendTrailers({ ...trailers }));
  for (const [at, size] of sizes.entries()) stream.write(piece(size, at));
}

/** One run of all plans at the same time over one session; what the server heard and what the client got, by plan. */
async function run(port: number, settings: http2.Settings, plans: readonly Plan[], heard: Side[]): Promise<Side[]> {
  const client = http2.connect(`http://127.0.0.1:${port}`, { settings });
  const got = plans.map(nothing);
  await Promise.all(
    plans.map(async ({ method, request, body, trailers }, at) => {
      const side = got[at] as Side;
      heard[at] = nothing();
      const bodyless = method === 'GET' || method === 'HEAD';
      const headers = { ':method': method, ':path': `/${at}`, ...request };
      const options = { endStream: bodyless, waitForTrailers: !bodyless && trailers !== null };
      const stream = client.request(headers, options);
      stream.on('response', (head) => {
        side.head = plain(head);
      });
      listen(stream, side);
      if (!bodyless) {
        speak(stream, body, trailers);
        stream.end();
      }
      await once(stream, 'close');
    }),
  );
  client.close();
  return got;
}

test('nghttp2 sees the same of nghttp2 through our codec as it sees directly', async (t) => {
  let plans: readonly Plan[] = [];
  let heard: Side[] = [];
  let ours: http2.Settings = {};
  const sessions = new Set<http2.ServerHttp2Session>();
  const backend = http2.createServer({ maxSessionMemory: 100 });
  backend.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.settings(ours);
  });
  backend.on('stream', (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
    const at = Number(String(headers[':path']).slice(1));
    const { status, response, answer, answerTrailers, early, method } = plans[at] as Plan;
    const side = heard[at] as Side;
    side.head = plain(headers);
    listen(stream, side);
    const bodyless = method === 'HEAD' || status === 204 || status === 304;
    const options = { endStream: bodyless, waitForTrailers: !bodyless && answerTrailers !== null };
    const reply = (): void => {
      stream.respond({ ':status': status, ...response }, options);
      if (!bodyless) speak(stream, answer, answerTrailers);
    };
    if (early && !bodyless) reply();
    stream.on('end', () => {
      if (!stream.headersSent) reply();
      if (!bodyless) stream.end();
    });
  });
  await once(backend.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    for (const each of sessions) each.destroy();
    backend.close();
  });
  const { port } = backend.address() as net.AddressInfo;

  await fc.assert(
    fc.asyncProperty(
      fc.array(exchange, { minLength: 1, maxLength: 8 }),
      setting,
      setting,
      async (all, mine, theirs) => {
        plans = all;
        ours = theirs;
        const relay = await startRelay(port);
        const seen: unknown[] = [];
        for (const way of [port, relay.port]) {
          heard = [];
          const got = await run(way, mine, all, heard);
          seen.push({ heard, got });
        }
        relay.close();
        assert.deepEqual(seen[1], seen[0]);
      },
    ),
    { numRuns: 150 },
  );
});
