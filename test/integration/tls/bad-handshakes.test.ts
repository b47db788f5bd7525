import assert from 'node:assert/strict';
import net from 'node:net';
import { type TestContext, test } from 'node:test';
import tls from 'node:tls';
import { Authority, withoutOpenssl } from '../../support/authority.ts';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { helloOf } from '../../support/client-hello.ts';
import { eventually } from '../../support/eventually.ts';
import { RawClient } from '../../support/http-call.ts';
import { openSockets } from '../../support/process.ts';
import { secureGet } from '../../support/secure-client.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';
import { serverSocket, withChainFields } from '../../support/transport-socket.ts';

const skip = withoutOpenssl;
const at = 'listener.127.0.0.1_0.';

interface Ground {
  readonly sidecar: Sidecar;
  readonly ca: string;
}

async function ground(t: TestContext, chain: Json = {}): Promise<Ground> {
  const authority = new Authority(t);
  const backend = await httpBackend(t);
  const socket = serverSocket(authority.issue(), { alpn_protocols: ['h2', 'http/1.1'] });
  const listener = withChainFields(httpListener(), { ...socket, ...chain });
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
  return { sidecar, ca: authority.certificate };
}

/** With the one on which the statistics are asked for. */
async function socketsNow(sidecar: Sidecar): Promise<number> {
  await sidecar.stats();
  return openSockets(sidecar.child.pid as number);
}

/** It still serves, and nothing of what came before is left. */
async function isWell({ ca, sidecar }: Ground, sockets: number): Promise<void> {
  assert.equal((await secureGet(sidecar.port(), '/well', { ca })).body, '/well');
  await sidecar.statBecomes('http.web.downstream_cx_active', 0);
  const kept = await sidecar.stat('cluster.cart.upstream_cx_active');
  await eventually(() => openSockets(sidecar.child.pid as number) - kept <= sockets);
}

const hello = (): Promise<Buffer> => helloOf({ servername: 'localhost', ALPNProtocols: ['h2'] });

test('a client that speaks no TLS is closed and counted', { skip }, async (t) => {
  const here = await ground(t);
  const { sidecar } = here;
  const sockets = await socketsNow(sidecar);
  const texts = [
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x00\x05hello',
    '\0',
  ];
  for (const text of texts) {
    const client = await RawClient.connect(sidecar.port());
    client.write(text);
    await client.seesEnd();
    client.close();
  }
  await sidecar.statBecomes(`${at}ssl.connection_error`, texts.length);
  await isWell(here, sockets);
});

test('a handshake may come byte by byte, and waits for nobody else', { skip }, async (t) => {
  const here = await ground(t, { transport_socket_connect_timeout: '2s' });
  const { ca, sidecar } = here;
  const bytes = await hello();
  const slow = await RawClient.connect(sidecar.port());
  for (const byte of bytes.subarray(0, -1)) slow.socket.write(Buffer.of(byte));
  assert.equal((await secureGet(sidecar.port(), '/meanwhile', { ca })).body, '/meanwhile');
  slow.socket.write(bytes.subarray(-1));
  // The ServerHello.
  await slow.sees('\x16\x03\x03');
  slow.close();
});

test('a handshake that takes too long is closed and counted, wherever it stops', { skip }, async (t) => {
  const here = await ground(t, { transport_socket_connect_timeout: '0.3s' });
  const { ca, sidecar } = here;
  const sockets = await socketsNow(sidecar);
  const bytes = await hello();
  const clients = await Promise.all([0, 10, bytes.length].map(() => RawClient.connect(sidecar.port())));
  clients[1]?.socket.write(bytes.subarray(0, 10));
  clients[2]?.socket.write(bytes);
  assert.equal((await secureGet(sidecar.port(), '/', { ca })).status, 200);
  for (const client of clients) await client.seesEnd();
  await sidecar.statBecomes(`${at}downstream_cx_transport_socket_connect_timeout`, 3);
  for (const client of clients) client.close();
  await isWell(here, sockets);
});

test('clients that reset or end in the middle of a handshake leave nothing behind', { skip }, async (t) => {
  const here = await ground(t);
  const { sidecar } = here;
  const sockets = await socketsNow(sidecar);
  const bytes = await hello();
  for (const length of [0, 1, 100, bytes.length]) {
    for (const how of ['reset', 'end', 'close'] as const) {
      const client = net.connect(sidecar.port(), '127.0.0.1');
      client.on('error', () => {});
      await new Promise((resolve) => client.write(bytes.subarray(0, length), resolve));
      if (length === bytes.length) await new Promise((resolve) => client.once('data', resolve));
      if (how === 'reset') client.resetAndDestroy();
      else if (how === 'end') client.end();
      else client.destroy();
    }
  }
  await isWell(here, sockets);
  assert.equal(await sidecar.stat(`${at}ssl.handshake`), 1);
});

test('a client that does not trust us says so, and that is counted', { skip }, async (t) => {
  const here = await ground(t);
  const { sidecar } = here;
  const stranger = new Authority(t, 'stranger');
  const said = await secureGet(sidecar.port(), '/', { ca: stranger.certificate });
  assert.equal(said.status, 0);
  const sslv2 = Buffer.from('802e0103010015000000100100800200800300800400800600400700c0', 'hex');
  const client = await RawClient.connect(sidecar.port());
  client.socket.write(sslv2);
  await client.seesEnd();
  client.close();
  await sidecar.statBecomes(`${at}ssl.connection_error`, 1);
});

test('many handshakes at once are served, whatever else comes between', { skip }, async (t) => {
  const here = await ground(t);
  const { ca, sidecar } = here;
  const sockets = await socketsNow(sidecar);
  const bytes = await hello();
  const noise = Array.from({ length: 60 }, (_, at) => {
    const client = net.connect(sidecar.port(), '127.0.0.1');
    client.on('error', () => {});
    client.write(bytes.subarray(0, at * 5));
    return client;
  });
  const said = await Promise.all(
    Array.from({ length: 60 }, (_, each) => secureGet(sidecar.port(), `/${each}`, { ca })),
  );
  for (const [each, { body }] of said.entries()) assert.equal(body, `/${each}`);
  for (const client of noise) client.resetAndDestroy();
  await isWell(here, sockets);
});

test('a drain closes handshakes and idle connections, and waits for requests', { skip }, async (t) => {
  const here = await ground(t);
  const { ca, sidecar } = here;
  const half = await RawClient.connect(sidecar.port());
  half.socket.write((await hello()).subarray(0, 50));
  const idle = tls.connect({ port: sidecar.port(), host: '127.0.0.1', ca, servername: 'localhost' });
  idle.on('error', () => {});
  await new Promise((resolve) => idle.once('secureConnect', resolve));
  assert.equal((await secureGet(sidecar.port(), '/', { ca })).status, 200);
  sidecar.child.kill('SIGTERM');
  await half.seesEnd(10_000);
  half.close();
  assert.equal(await sidecar.ended(), 0);
});
