import assert from 'node:assert/strict';
import http from 'node:http';
import type net from 'node:net';
import { test } from 'node:test';
import { deafPort, httpBackend, rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

/** CONNECT to `db:5432` goes to the cluster db, to `gone:1` to nobody; other requests to cart. */
const connecting = (over: Json = {}): Json =>
  httpListener({
    manager: { upgrade_configs: [{ upgrade_type: 'CONNECT' }], ...over },
    virtualHosts: [
      tunnel('db', 'db:5432'),
      tunnel('gone', 'gone:1'),
      { name: 'all', domains: ['*'], routes: [forward('cart')] },
    ],
  });

const tunnel = (name: string, domain: string): Json => ({
  name,
  domains: [domain],
  routes: [
    {
      match: { connect_matcher: {} },
      route: { cluster: name, timeout: '0s', upgrade_configs: [{ upgrade_type: 'CONNECT', connect_config: {} }] },
    },
  ],
});

const connect = async (sidecar: Sidecar, target: string, more = ''): Promise<RawClient> => {
  const client = await RawClient.connect(sidecar.port());
  client.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n${more}`);
  return client;
};

async function world(t: Parameters<typeof startSidecar>[0], talk: (socket: net.Socket) => void) {
  const [web, db] = [await httpBackend(t), await rawBackend(t, talk)];
  const clusters = [cluster('cart', [web.port]), cluster('db', [db.port]), cluster('gone', [await deafPort()])];
  return { web, db, sidecar: await startSidecar(t, bootstrap([connecting()], clusters)) };
}

test('CONNECT makes a tunnel: bytes both ways, also early ones, and each end ends by itself', async (t) => {
  const { sidecar } = await world(t, (socket) => {
    socket.write('ready;');
    socket.on('data', (chunk) => socket.write(`got ${chunk};`));
    socket.on('end', () => setTimeout(() => socket.end('bye'), 50));
  });
  const client = await connect(sidecar, 'db:5432', 'early');
  await client.sees('got early;');
  assert.match(
    client.received,
    /^HTTP\/1.1 200 OK\r\n(?:(?!content-length|transfer-encoding).)*\r\n\r\nready;got early;$/s,
  );
  assert.equal(await sidecar.stat('http.web.downstream_cx_upgrades_active'), 1);
  client.write('GET / HTTP/1.1\r\n\r\n');
  await client.sees('got GET / HTTP/1.1');
  client.socket.end();
  await client.sees('bye');
  await eventually(() => client.ended);
  assert.equal(client.error, '');
  await sidecar.statBecomes('http.web.downstream_cx_upgrades_active', 0);
  await sidecar.statBecomes('cluster.db.upstream_cx_active', 0);
  assert.equal(await sidecar.stat('cluster.db.upstream_rq_active'), 0);
});

test('a server that ends first still gets what the client sends', async (t) => {
  const heard: string[] = [];
  const { sidecar } = await world(t, (socket) => {
    socket.end('farewell');
    socket.on('data', (chunk) => heard.push(chunk.toString()));
    socket.on('end', () => heard.push('end'));
  });
  const client = await connect(sidecar, 'db:5432');
  await client.sees('farewell');
  await eventually(() => client.socket.readableEnded);
  client.write('still here');
  client.socket.end();
  await eventually(() => heard.join() === 'still here,end');
  await sidecar.statBecomes('cluster.db.upstream_cx_active', 0);
});

test('large amounts go through both ways', async (t) => {
  const { sidecar } = await world(t, (socket) => socket.pipe(socket));
  const client = await connect(sidecar, 'db:5432');
  await client.sees('\r\n\r\n');
  const head = client.received.length;
  client.socket.write(Buffer.alloc(20 << 20, 'x'));
  client.socket.end();
  await eventually(() => client.ended, 20_000);
  assert.equal(client.received.length - head, 20 << 20);
});

test('what may not be reached is refused, and the connection is over', async (t) => {
  const { sidecar, web } = await world(t, (socket) => socket.pipe(socket));
  for (const [target, status] of [
    ['elsewhere:443', 404],
    ['gone:1', 503],
  ] as const) {
    const client = await connect(sidecar, target, 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => client.ended);
    assert.match(client.received, new RegExp(`^HTTP/1.1 ${status} `));
    assert.equal(client.received.split('HTTP/1.1').length, 2);
  }
  assert.equal(web.requests, 0);
  assert.equal((await call(sidecar.port(), { path: '/a' })).body, '/a');
});

test('without upgrade_configs CONNECT is refused', async (t) => {
  const web = await httpBackend(t);
  const sidecar = await startSidecar(t, bootstrap([httpListener()], [cluster('cart', [web.port])]));
  const client = await connect(sidecar, 'db:5432');
  await client.sees('HTTP/1.1 501 ');
});

test('an HTTP client gets through the tunnel as through any proxy', async (t) => {
  const web = await httpBackend(t);
  const clusters = [cluster('cart', [web.port]), cluster('db', [web.port]), cluster('gone', [])];
  const sidecar = await startSidecar(t, bootstrap([connecting()], clusters));
  const request = http.request({ port: sidecar.port(), host: '127.0.0.1', method: 'CONNECT', path: 'db:5432' });
  request.end();
  const socket = await new Promise<net.Socket>((resolve, reject) => {
    request.on('connect', (response, stream: net.Socket) => {
      assert.equal(response.statusCode, 200);
      resolve(stream);
    });
    request.on('error', reject);
  });
  const body = await new Promise<string>((resolve, reject) => {
    const inner = http.get({ createConnection: () => socket, path: '/inside', host: 'db' }, (response) => {
      response.setEncoding('utf8');
      response.on('data', resolve);
    });
    inner.on('error', reject);
  });
  assert.equal(body, '/inside');
  socket.destroy();
});
