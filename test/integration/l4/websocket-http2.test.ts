/** RFC 8441: WebSockets by extended CONNECT, from and to HTTP/1.1. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type net from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { data, END_STREAM, headers, rst } from '../../support/http2/frames.ts';
import { scriptedServer } from '../../support/http2/scripted-server.ts';
import { speaksHttp2 } from '../../support/http2/towards.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

const websocket: Json = { upgrade_configs: [{ upgrade_type: 'websocket' }] };

/** HTTP/1.1: WebSocket messages come back; `/plain` does not switch. */
async function echoServer(t: TestContext): Promise<number> {
  const server = http.createServer((request, response) => {
    response.end(request.url);
  });
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on('connection', (socket) =>
    socket.on('message', (bytes, isBinary) => socket.send(bytes, { binary: isBinary })),
  );
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {});
    if (request.url === '/plain') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno');
    else if (request.url === '/refused') socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno');
    else sockets.handleUpgrade(request, socket, head, (each) => sockets.emit('connection', each));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const each of sockets.clients) each.terminate();
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

/** HTTP/2: extended CONNECT opens a stream that sends all bytes back, and ends when the client does. */
async function echoStreams(
  t: TestContext,
  takes = true,
): Promise<{ port: number; heads: http2.IncomingHttpHeaders[] }> {
  const server = http2.createServer({ settings: { enableConnectProtocol: takes } });
  const heads: http2.IncomingHttpHeaders[] = [];
  server.on('stream', (stream: http2.ServerHttp2Stream, head: http2.IncomingHttpHeaders) => {
    heads.push(head);
    stream.on('error', () => {});
    stream.respond({ ':status': head[':path'] === '/refused' ? 403 : 200 });
    if (head[':path'] === '/refused') stream.end('no');
    else stream.pipe(stream);
  });
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on('session', (each) => sessions.add(each));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const each of sessions) each.destroy();
    server.close();
  });
  return { port: (server.address() as net.AddressInfo).port, heads };
}

const before = (t: TestContext, port: number, over: Json = {}, manager: Json = websocket): Promise<Sidecar> =>
  startSidecar(t, bootstrap([httpListener({ manager, routes: [forward('cart')] })], [cluster('cart', [port], over)]));

async function connected(t: TestContext, port: number): Promise<http2.ClientHttp2Session> {
  const client = http2.connect(`http://127.0.0.1:${port}`);
  client.on('error', () => {});
  t.after(() => client.destroy());
  await once(client, 'remoteSettings');
  return client;
}

const offer = (client: http2.ClientHttp2Session, path: string, more: http2.OutgoingHttpHeaders = {}) =>
  client.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': path,
    'sec-websocket-version': '13',
    ...more,
  });

/** A masked text frame of a client, up to 125 bytes. */
function textFrame(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]);
}

test('extended CONNECT reaches an HTTP/1.1 server as an Upgrade, key and all', async (t) => {
  const sidecar = await before(t, await echoServer(t));
  const client = await connected(t, sidecar.port());
  assert.equal(client.remoteSettings.enableConnectProtocol, true);
  const stream = offer(client, '/chat');
  // Said before the answer: it waits.
  stream.write(textFrame('early'));
  const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
  assert.equal(head[':status'], 200);
  assert.equal(head['sec-websocket-accept'], undefined);
  assert.equal(head.upgrade, undefined);
  let got = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    got = Buffer.concat([got, chunk]);
  });
  await eventually(() => got.toString().endsWith('early'));
  stream.write(textFrame('late'));
  await eventually(() => got.toString().endsWith('late'));
  assert.equal(await sidecar.stat('http.web.downstream_cx_upgrades_active'), 1);
  // A close frame ends both sides.
  stream.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
  await once(stream, 'end');
  stream.end();
  await sidecar.statBecomes('http.web.downstream_cx_upgrades_active', 0);
  await sidecar.statBecomes('cluster.cart.upstream_cx_active', 0);
  await sidecar.statBecomes('http.web.downstream_rq_active', 0);
  assert.equal(await sidecar.stat('http.web.downstream_rq_1xx'), 1);
  // The connection goes on with other requests.
  const plain = client.request({ ':path': '/other' });
  const [answer] = (await once(plain, 'response')) as [http2.IncomingHttpHeaders];
  assert.equal(answer[':status'], 200);
});

test('a WebSocket of HTTP/1.1 goes on as extended CONNECT, and its handshake is completed', async (t) => {
  const { heads, port } = await echoStreams(t);
  const sidecar = await before(t, port, speaksHttp2());
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const request = http.request({ port: sidecar.port(), path: '/chat?a=b', headers });
  request.end();
  const [response, socket] = (await once(request, 'upgrade')) as [http.IncomingMessage, net.Socket];
  assert.equal(response.statusCode, 101);
  assert.equal(response.headers.upgrade, 'websocket');
  // The example of RFC 6455 1.3.
  assert.equal(response.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  const [head] = heads;
  assert.deepEqual(
    [head?.[':method'], head?.[':protocol'], head?.[':path'], head?.[':scheme'], head?.connection],
    ['CONNECT', 'websocket', '/chat?a=b', 'http', undefined],
  );
  let got = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    got += text;
  });
  socket.write('any bytes');
  await eventually(() => got === 'any bytes');
  const large = 'x'.repeat(3 << 20);
  socket.write(large);
  await eventually(() => got.length === large.length + 9, 10_000);
  // FIN one way, then the other.
  socket.end('last');
  await once(socket, 'end');
  assert.ok(got.endsWith('last'));
  await sidecar.statBecomes('cluster.cart.upstream_rq_active', 0);
  await sidecar.statBecomes('http.web.downstream_cx_upgrades_active', 0);
});

test('a real WebSocket goes from HTTP/1.1 over HTTP/2 to HTTP/1.1, through two sidecars', async (t) => {
  const inner = await before(t, await echoServer(t));
  const outer = await before(t, inner.port(), speaksHttp2());
  const sockets = await Promise.all(
    [1, 2, 3].map(async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${outer.port()}/chat`);
      await once(socket, 'open');
      return socket;
    }),
  );
  const large = Buffer.alloc(2 << 20, 'aya');
  for (const socket of sockets) {
    const received: Buffer[] = [];
    socket.on('message', (bytes) => received.push(bytes as Buffer));
    socket.send('hello');
    socket.send(large);
    await eventually(() => received.length === 2, 10_000);
    assert.ok(received[1]?.equals(large));
  }
  // All of them on one connection between the sidecars.
  assert.equal(await outer.stat('cluster.cart.upstream_cx_active'), 1);
  assert.equal(await inner.stat('http.web.downstream_cx_http2_active'), 1);
  for (const socket of sockets) {
    socket.close(4001, 'enough');
    const [code] = (await once(socket, 'close')) as [number];
    assert.equal(code, 4001);
  }
  for (const each of [outer, inner]) {
    await each.statBecomes('http.web.downstream_cx_upgrades_active', 0);
    await each.statBecomes('cluster.cart.upstream_rq_active', 0);
  }
});

test('a client that goes away takes the WebSocket along, over both versions', async (t) => {
  const inner = await before(t, await echoServer(t));
  const outer = await before(t, inner.port(), speaksHttp2());
  const socket = new WebSocket(`ws://127.0.0.1:${outer.port()}/chat`);
  await once(socket, 'open');
  socket.terminate();
  for (const each of [outer, inner]) {
    await each.statBecomes('http.web.downstream_cx_upgrades_active', 0);
    await each.statBecomes('cluster.cart.upstream_rq_active', 0);
  }
});

test('an offer that is not taken is told: the refusal, 502 for a 2xx that means nothing, 403 where it is not enabled', async (t) => {
  const port = await echoServer(t);
  const sidecar = await before(t, port);
  const client = await connected(t, sidecar.port());
  const statusOf = async (by: http2.ClientHttp2Session, path: string): Promise<unknown> => {
    const stream = offer(by, path);
    stream.on('error', () => {});
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    stream.close();
    return head[':status'];
  };
  assert.equal(await statusOf(client, '/refused'), 404);
  assert.equal(await statusOf(client, '/plain'), 502);
  const off = await before(t, port, {}, { http2_protocol_options: { allow_connect: true } });
  assert.equal(await statusOf(await connected(t, off.port()), '/chat'), 403);
  const { port: streams } = await echoStreams(t);
  const towards = await before(t, streams, speaksHttp2());
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' };
  assert.equal((await call(towards.port(), { path: '/refused', headers })).status, 403);
  await towards.statBecomes('cluster.cart.upstream_rq_active', 0);
});

test('towards a server of HTTP/2 that takes no extended CONNECT the answer is 501', async (t) => {
  const { heads, port } = await echoStreams(t, false);
  const sidecar = await before(t, port, speaksHttp2());
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' };
  assert.equal((await call(sidecar.port(), { path: '/', headers })).status, 501);
  assert.equal(heads.length, 0);
  assert.equal((await call(sidecar.port(), { path: '/' })).status, 200);
});

test('a server that says the last and then resets the stream is heard to the end', async (t) => {
  const server = await scriptedServer(t, {
    settings: [8, 1],
    onRequest: (peer, id) => peer.send(headers(id, 0, ':status', '200')),
    onFrame(peer, { type, id }) {
      if (type === 'DATA') peer.send(data(id, 'bye', END_STREAM), rst(id, 0));
    },
  });
  const sidecar = await before(t, server.port, speaksHttp2());
  const offered = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' };
  const request = http.request({ port: sidecar.port(), path: '/', headers: offered });
  request.end();
  const [, socket] = (await once(request, 'upgrade')) as [http.IncomingMessage, net.Socket];
  let got = '';
  socket.on('data', (chunk) => {
    got += String(chunk);
  });
  socket.write('hello');
  await once(socket, 'end');
  assert.equal(got, 'bye');
  socket.end();
  await sidecar.statBecomes('http.web.downstream_rq_active', 0);
  await sidecar.statBecomes('cluster.cart.upstream_rq_active', 0);
});
