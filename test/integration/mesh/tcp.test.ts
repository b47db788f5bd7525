import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import { before, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { httpBackend, rawBackend } from '../../support/backend.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { Mesh } from '../../support/mesh.ts';
import type { Sidecar } from '../../support/sidecar.ts';

/** A connection to `target` through the outbound port of a sidecar, as a program makes it that knows `http_proxy`. */
async function connect(sidecar: Sidecar, target: string): Promise<RawClient> {
  const client = await RawClient.connect(sidecar.port('outbound'));
  client.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  await client.sees('\r\n\r\n');
  return client;
}

const state: { mesh?: Mesh; web?: Sidecar } = {};
const ready = () => state as { mesh: Mesh; web: Sidecar };

before(async () => {
  const mesh = new Mesh();
  await mesh.startControlPlane();
  state.mesh = mesh;
  state.web = await mesh.sidecar('web', null);
});
test.after(() => state.mesh?.stop());

test('a service that speaks TCP is reached by CONNECT, through the sidecars of both', async (t) => {
  const { mesh, web } = ready();
  const db = await rawBackend(t, (socket) => socket.pipe(socket));
  const beside = await mesh.sidecar('db', db.port, { flags: ['--protocol', 'tcp', '--service-port', '5432'] });
  for (const target of ['db:5432', 'db.default:5432', 'db.default.svc.cluster.local:5432']) {
    const client = await eventually(async () => {
      const attempt = await connect(web, target);
      if (attempt.received.startsWith('HTTP/1.1 200')) return attempt;
      attempt.close();
      throw new Error(attempt.received);
    });
    client.write('\x00\x01binary');
    await client.sees('\r\n\r\n\x00\x01binary');
    client.socket.end();
    await eventually(() => client.ended);
  }
  assert.equal(await beside.stat('tcp.inbound.downstream_cx_total'), 3);
  assert.equal(await web.stat('http.outbound.downstream_cx_upgrades_total'), 3);
});

test('a TCP service suffers the faults of a policy as long as it is there', async (t) => {
  const { mesh, web } = ready();
  const cache = await rawBackend(t, (socket) => socket.pipe(socket));
  await mesh.sidecar('cache', cache.port, { flags: ['--protocol', 'tcp', '--service-port', '6379'] });
  const policy = `
apiVersion: aya.dev/v1alpha1
kind: FaultPolicy
metadata: {name: torn-cache}
spec:
  targetRefs: [{group: "", kind: Service, name: cache}]
  faults: {connection: {percent: 100, failure: ResetMidBody, afterBytes: 4}}
  lease: 5m
`;
  const ask = async (): Promise<string> => {
    const client = await connect(web, 'cache:6379');
    client.write('question');
    await eventually(() => client.ended || client.received.endsWith('question'));
    client.close();
    return client.received.split('\r\n\r\n')[1] ?? '';
  };
  await eventually(async () => (await ask()) === 'question');
  await mesh.aya(['apply', '-f', '-'], policy);
  await eventually(async () => (await ask()) === 'ques');
  await mesh.aya(['delete', 'faultpolicy', 'torn-cache']);
  await eventually(async () => (await ask()) === 'question');
});

test('a service that speaks first, HTTP on such a port, and one that is not there', async (t) => {
  const { mesh, web } = ready();
  const mail = await rawBackend(t, (socket) => {
    socket.write('220 ready\r\n');
    socket.on('end', () => socket.end());
    socket.on('data', () => {});
  });
  await mesh.sidecar('mail', mail.port, { flags: ['--protocol', 'tcp', '--service-port', '25'] });
  const times: number[] = [];
  for (let count = 0; count < 2; count += 1) {
    const client = await eventually(async () => {
      const attempt = await connect(web, 'mail:25');
      if (attempt.received.startsWith('HTTP/1.1 200')) return attempt;
      attempt.close();
      throw new Error(attempt.received);
    });
    const began = performance.now();
    await client.sees('220 ready');
    times.push(performance.now() - began);
    client.socket.end();
    await eventually(() => client.ended);
  }
  assert.ok((times[1] ?? 0) < 100, `${times}`);
  for (const target of ['nobody:80', 'example.com:443']) {
    const client = await connect(web, target);
    assert.match(client.received, /^HTTP\/1.1 404 /);
    await eventually(() => client.ended);
  }
});

test('HTTP goes through a tunnel, and is HTTP again at the other side', async (t) => {
  const { mesh, web } = ready();
  const shop = await httpBackend(t);
  const beside = await mesh.sidecar('shop', shop.port);
  await mesh.endpoints('shop', 1);
  const plain = await eventually(async () => {
    const answer = await call(web.port('outbound'), { path: 'http://shop/plain' });
    assert.equal(answer.status, 200);
    return answer;
  });
  assert.equal(plain.body, '/plain');
  const client = await connect(web, 'shop:80');
  client.write('GET /inside HTTP/1.1\r\nHost: shop\r\n\r\n');
  await client.sees('/inside');
  client.close();
  assert.equal(await beside.stat('http.inbound.downstream_rq_2xx'), 2);
});

test('a WebSocket to a service, asked for as a proxy client does', async (t) => {
  const { mesh, web } = ready();
  const server = http.createServer((_request, response) => response.end('plain'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${String(data)}`)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const each of sockets.clients) each.terminate();
    server.close();
  });
  await mesh.sidecar('chat', (server.address() as net.AddressInfo).port);
  await mesh.endpoints('chat', 1);
  await eventually(async () => {
    const { status } = await call(web.port('outbound'), { path: 'http://chat/' });
    assert.equal(status, 200);
    return true;
  });
  const socket = new WebSocket(`ws://127.0.0.1:${web.port('outbound')}/room`, { headers: { host: 'chat' } });
  await once(socket, 'open');
  socket.send('hello');
  const [data] = (await once(socket, 'message')) as [Buffer];
  assert.equal(String(data), 'echo hello');
  socket.close();
  await once(socket, 'close');
  await web.statBecomes('http.outbound.downstream_cx_upgrades_active', 0);
});
