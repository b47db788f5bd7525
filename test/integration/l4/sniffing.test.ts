import assert from 'node:assert/strict';
import { once } from 'node:events';
import type net from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { httpBackend, rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { selfSigned } from '../../support/certificate.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';
import { inspector, listenerOf, tcpChain } from '../../support/tcp-listener.ts';

/** The HTTP chain of the usual listener, for connections that speak it. */
const httpChain = (match: Json = { application_protocols: ['http/1.0', 'http/1.1', 'h2c'] }): Json => {
  const [chain] = httpListener().filter_chains as [Json];
  return { ...chain, filter_chain_match: match };
};

/** HTTP to `cart`, all else to `db`; as a mesh has it. */
const both = (over: Json = {}): Json =>
  listenerOf([httpChain(), tcpChain('db')], {
    listener_filters: [inspector('http')],
    listener_filters_timeout: '0.2s',
    continue_on_listener_filters_timeout: true,
    ...over,
  });

const greet = (socket: net.Socket): void => {
  socket.write('220 mail.example ESMTP\r\n');
  socket.on('data', (chunk) => socket.write(`250 ${chunk}`));
  socket.on('end', () => socket.end());
};

async function greeted(sidecar: Sidecar): Promise<{ client: RawClient; ms: number }> {
  const began = performance.now();
  const client = await RawClient.connect(sidecar.port());
  await client.sees('220 ');
  return { client, ms: performance.now() - began };
}

test('a server that speaks first is waited for once, and HTTP works on the same port', async (t) => {
  const [web, mail] = [await httpBackend(t), await rawBackend(t, greet)];
  const sidecar = await startSidecar(t, bootstrap([both()], [cluster('cart', [web.port]), cluster('db', [mail.port])]));
  assert.equal((await call(sidecar.port(), { path: '/a' })).body, '/a');
  const first = await greeted(sidecar);
  assert.ok(first.ms >= 150 && first.ms < 1000, `${first.ms} ms`);
  const second = await greeted(sidecar);
  assert.ok(second.ms < 100, `${second.ms} ms`);
  // Also now that the server is known to speak first.
  assert.equal((await call(sidecar.port(), { path: '/b' })).body, '/b');
  first.client.write('EHLO me\r\n');
  await first.client.sees('250 EHLO me');
  for (const { client } of [first, second]) client.close();
});

test('a connection that is only kept ready does not make its destination one where servers speak first', async (t) => {
  const [web, db] = [await httpBackend(t), await rawBackend(t, (socket) => socket.pipe(socket))];
  const sidecar = await startSidecar(t, bootstrap([both()], [cluster('cart', [web.port]), cluster('db', [db.port])]));
  const idle = await RawClient.connect(sidecar.port());
  await eventually(() => db.accepted === 1);
  // Others wait as before, so that HTTP is seen as such.
  const late = await RawClient.connect(sidecar.port());
  await new Promise((resolve) => setTimeout(resolve, 60));
  late.write('GET /late HTTP/1.1\r\nHost: a\r\n\r\n');
  await late.sees('/late');
  for (const client of [idle, late]) client.close();
});

test('a client that speaks first where servers did unlearns that', async (t) => {
  let speaks = true;
  const web = await httpBackend(t);
  const mail = await rawBackend(t, (socket) => (speaks ? greet(socket) : socket.pipe(socket)));
  const sidecar = await startSidecar(t, bootstrap([both()], [cluster('cart', [web.port]), cluster('db', [mail.port])]));
  (await greeted(sidecar)).client.close();
  speaks = false;
  // Too late for the short look, so taken for TCP this once; the next one is looked at as long as ever.
  const mistaken = await RawClient.connect(sidecar.port());
  await eventually(() => mail.accepted === 2);
  mistaken.write('GET /mistaken HTTP/1.1\r\nHost: a\r\n\r\n');
  await mistaken.sees('GET /mistaken');
  mistaken.close();
  const right = await RawClient.connect(sidecar.port());
  await new Promise((resolve) => setTimeout(resolve, 60));
  right.write('GET /right HTTP/1.1\r\nHost: a\r\n\r\n');
  await right.sees('\r\n\r\n/right');
  right.close();
});

test('other text protocols, binary ones and HTTP in small pieces each find their way', async (t) => {
  const [web, db] = [await httpBackend(t), await rawBackend(t, (socket) => socket.pipe(socket))];
  const sidecar = await startSidecar(t, bootstrap([both()], [cluster('cart', [web.port]), cluster('db', [db.port])]));
  for (const text of ['PING\r\n', 'EHLO me\r\n', '\x00\x01\x02', '\x16\x03\x01hello']) {
    const client = await RawClient.connect(sidecar.port());
    client.write(text);
    assert.equal(await client.sees(text), text);
    client.close();
  }
  const slow = await RawClient.connect(sidecar.port());
  for (const piece of ['G', 'ET /sl', 'ow HT', 'TP/1.1\r\nHost: a\r\n\r\n']) {
    slow.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await slow.sees('/slow');
  slow.close();
  const half = await RawClient.connect(sidecar.port());
  half.write('GE');
  half.socket.end();
  assert.equal(await half.sees('GE'), 'GE');
});

test('without leave to go on, who stays silent is closed after the time', async (t) => {
  const [web, db] = [await httpBackend(t), await rawBackend(t, (socket) => socket.pipe(socket))];
  const listener = both({ continue_on_listener_filters_timeout: false });
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [web.port]), cluster('db', [db.port])]));
  const client = await RawClient.connect(sidecar.port());
  await eventually(() => client.ended);
  assert.equal(db.accepted, 0);
  assert.equal(await sidecar.stat('listener.127.0.0.1_0.downstream_pre_cx_timeout'), 1);
  assert.equal(await sidecar.stat('listener.127.0.0.1_0.downstream_pre_cx_active'), 0);
});

test('what no chain matches is closed and counted', async (t) => {
  const web = await httpBackend(t);
  const listener = listenerOf([httpChain()], { listener_filters: [inspector('http')] });
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [web.port])]));
  const client = await RawClient.connect(sidecar.port());
  client.write('PING\r\n');
  await eventually(() => client.ended);
  assert.equal(await sidecar.stat('listener.127.0.0.1_0.no_filter_chain_match'), 1);
  assert.equal((await call(sidecar.port(), { path: '/a' })).body, '/a');
});

test('TLS goes through untouched to the cluster of its server name', async (t) => {
  const certificates = [selfSigned('a.example'), selfSigned('b.example', '*.wild.example')];
  const [one, two] = certificates;
  if (!one || !two) return t.skip('openssl is not here');
  const servers = await Promise.all(
    [one, two].map(async (certificate, at) => {
      const server = tls.createServer({ ...certificate, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
        socket.on('error', () => {});
        socket.end(`server ${at} ${String(socket.alpnProtocol)}`);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
      return (server.address() as net.AddressInfo).port;
    }),
  );
  const web = await httpBackend(t);
  const listener = listenerOf(
    [
      tcpChain('a', {}, { server_names: ['a.example'], transport_protocol: 'tls' }),
      tcpChain('b', {}, { server_names: ['b.example', '*.wild.example'] }),
      httpChain({ transport_protocol: 'raw_buffer' }),
    ],
    { listener_filters: [inspector('tls')] },
  );
  const clusters = [cluster('a', [servers[0] ?? 0]), cluster('b', [servers[1] ?? 0]), cluster('cart', [web.port])];
  const sidecar = await startSidecar(t, bootstrap([listener], clusters));
  const ask = async (servername: string, ca: string, protocols: string[]): Promise<string> => {
    const socket = tls.connect({ port: sidecar.port(), host: '127.0.0.1', servername, ca, ALPNProtocols: protocols });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    await once(socket, 'close');
    return text;
  };
  assert.equal(await ask('a.example', one.cert, ['h2']), 'server 0 h2');
  assert.equal(await ask('b.example', two.cert, ['http/1.1']), 'server 1 http/1.1');
  assert.equal(await ask('x.wild.example', two.cert, ['h2']), 'server 1 h2');
  await assert.rejects(ask('c.example', one.cert, []));
  assert.equal((await call(sidecar.port(), { path: '/plain' })).body, '/plain');
  assert.equal(await sidecar.stat('listener.127.0.0.1_0.no_filter_chain_match'), 1);
});
