import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

const websocket: Json = { upgrade_configs: [{ upgrade_type: 'websocket' }] };

/** Sends each message back; plain requests are answered with 200. */
async function echoServer(t: TestContext): Promise<number> {
  const server = http.createServer((_request, response) => response.end('plain'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
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

const before = (t: TestContext, port: number, over: Json = websocket, route: Json = {}): Promise<Sidecar> =>
  startSidecar(
    t,
    bootstrap([httpListener({ manager: over, routes: [forward('cart', route)] })], [cluster('cart', [port])]),
  );

async function opened(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  await once(socket, 'open');
  return socket;
}

test('a WebSocket goes through two sidecars: text, binary, a large message, ping, and the close code', async (t) => {
  const inner = await before(t, await echoServer(t));
  const outer = await before(t, inner.port());
  const socket = await opened(outer.port());
  const received: [Buffer, boolean][] = [];
  socket.on('message', (data, isBinary) => received.push([data as Buffer, isBinary]));
  const large = Buffer.alloc(3 << 20, 'aya');
  socket.send('hello');
  socket.send(Buffer.from([0, 1, 255]));
  socket.send(large);
  await eventually(() => received.length === 3);
  assert.deepEqual(
    received.map(([data, isBinary]) => [data.length, isBinary]),
    [
      [5, false],
      [3, true],
      [large.length, true],
    ],
  );
  assert.ok(received[2]?.[0].equals(large));
  socket.ping();
  await once(socket, 'pong');
  for (const sidecar of [outer, inner]) {
    assert.equal(await sidecar.stat('http.web.downstream_cx_upgrades_total'), 1);
    assert.equal(await sidecar.stat('http.web.downstream_cx_upgrades_active'), 1);
  }
  socket.close(4001, 'enough');
  const [code] = (await once(socket, 'close')) as [number];
  assert.equal(code, 4001);
  for (const sidecar of [outer, inner]) {
    await sidecar.statBecomes('http.web.downstream_cx_upgrades_active', 0);
    await sidecar.statBecomes('cluster.cart.upstream_rq_active', 0);
    await sidecar.statBecomes('cluster.cart.upstream_cx_active', 0);
    assert.equal(await sidecar.stat('http.web.downstream_rq_1xx'), 1);
  }
});

test('a server that goes away takes the WebSocket along', async (t) => {
  const server = http.createServer();
  const sockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const sidecar = await before(t, (server.address() as net.AddressInfo).port);
  const socket = await opened(sidecar.port());
  socket.on('error', () => {});
  for (const each of sockets.clients) each.terminate();
  await once(socket, 'close');
  await sidecar.statBecomes('http.web.downstream_cx_upgrades_active', 0);
});

test('what is not enabled is an ordinary request, and a route may say otherwise', async (t) => {
  const port = await echoServer(t);
  const off = await before(t, port, {});
  const headers = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'x',
    'sec-websocket-version': '13',
  };
  const answer = await call(off.port(), { headers });
  assert.deepEqual([answer.status, answer.body], [200, 'plain']);
  const route = { upgrade_configs: [{ upgrade_type: 'WebSocket' }] };
  const on = await before(t, port, {}, route);
  (await opened(on.port())).terminate();
  const forbidden = await before(t, port, websocket, {
    upgrade_configs: [{ upgrade_type: 'websocket', enabled: false }],
  });
  assert.equal((await call(forbidden.port(), { headers })).body, 'plain');
});

test('a WebSocket in which nothing moves ends after the stream idle timeout', async (t) => {
  const sidecar = await before(t, await echoServer(t), { ...websocket, stream_idle_timeout: '0.4s' });
  const socket = await opened(sidecar.port());
  socket.on('error', () => {});
  await once(socket, 'close');
  assert.equal(await sidecar.stat('http.web.downstream_rq_idle_timeout'), 1);
});

test('an offer that the server refuses leaves the connection for further requests', async (t) => {
  const sidecar = await before(t, await echoServer(t));
  const client = await RawClient.connect(sidecar.port());
  // Without a key: ws answers 400 and closes its side.
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await client.sees('HTTP/1.1 400');
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.sees('plain');
  client.close();
});
