import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import type net from 'node:net';
import { type TestContext, test } from 'node:test';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { grpcCall, http2Client } from '../../support/grpc-call.ts';
import { call } from '../../support/http-call.ts';
import { data, END_STREAM, goaway, headers, rst } from '../../support/http2/frames.ts';
import {
  grpcHead,
  grpcTrailers,
  MESSAGE,
  type ScriptedPeer,
  type ScriptedServer,
  scriptedServer,
} from '../../support/http2/scripted-server.ts';
import { speaksHttp2 } from '../../support/http2/towards.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

const REFUSED = 7;

/** Bytes of DATA that a stream of a connection brought. */
const bytesOf = (peer: ScriptedPeer, id: number): number =>
  peer.frames.reduce((sum, each) => sum + (each.type === 'DATA' && each.id === id ? each.payload.length : 0), 0);

/** A route without any policy. */
async function before(t: TestContext, server: ScriptedServer, over: Json = {}): Promise<Sidecar> {
  const upstream = cluster('cart', [server.port], { ...speaksHttp2(), ...over });
  return startSidecar(t, bootstrap([httpListener({ routes: [forward('cart')] })], [upstream]));
}

/** Answers well once the request is complete. */
function succeedAtEnd(peer: ScriptedPeer, id: number): void {
  peer.send(grpcHead(id), data(id, MESSAGE), grpcTrailers(id, 0));
}

test('a refused stream is repeated once without a policy, with its message, and counts for nothing', async (t) => {
  const server = await scriptedServer(t, {
    onFrame(peer, { type, flags, id }) {
      if (type !== 'DATA' || (flags & END_STREAM) === 0) return;
      if (server.requests === 1) peer.send(rst(id, REFUSED));
      else succeedAtEnd(peer, id);
    },
  });
  const sidecar = await before(t, server, { circuit_breakers: { thresholds: [{ max_retries: 0 }] } });
  const client = http2Client(t, sidecar.port());
  assert.equal((await grpcCall(client, {}, Buffer.alloc(60_000))).status, 0);
  assert.equal(server.requests, 2);
  const [peer] = server.peers;
  assert.ok(peer);
  assert.deepEqual([bytesOf(peer, 1), bytesOf(peer, 3)], [60_000, 60_000]);
  assert.equal(await sidecar.stat('cluster.cart.upstream_rq_retry'), 0);
  assert.equal(await sidecar.stat('cluster.cart.upstream_rq_retry_overflow'), 0);
});

test('a second refusal is the answer: UNAVAILABLE', async (t) => {
  const server = await scriptedServer(t, { onRequest: (peer, id) => peer.send(rst(id, REFUSED)) });
  const sidecar = await before(t, server);
  const answer = await grpcCall(http2Client(t, sidecar.port()));
  assert.deepEqual([answer.status, answer.http, server.requests], [14, 200, 2]);
  assert.equal((await call(sidecar.port(), { path: '/' })).status, 503);
  assert.equal(server.requests, 4);
});

test('a request that may have been processed is not repeated', async (t) => {
  const breaks: Readonly<Record<string, (peer: ScriptedPeer, id: number) => void>> = {
    reset: (peer, id) => peer.send(rst(id, 8)),
    'no error': (peer, id) => peer.send(rst(id, 0)),
    lost: (peer) => peer.socket.destroy(),
    'GOAWAY at it': (peer, id) => {
      peer.send(goaway(id, 0));
      peer.socket.end();
    },
    'refused behind its head': (peer, id) => peer.send(grpcHead(id), rst(id, REFUSED)),
  };
  for (const [name, breaksOff] of Object.entries(breaks)) {
    const server = await scriptedServer(t, { onRequest: breaksOff });
    const sidecar = await before(t, server);
    const answer = await grpcCall(http2Client(t, sidecar.port()));
    assert.ok(answer.status > 0, `${name}: ${answer.status}`);
    assert.equal(server.requests, 1, name);
    await sidecar.kill();
  }
});

test('streams above the last of a GOAWAY go to another connection, those below it end on theirs', async (t) => {
  let held: [ScriptedPeer, number][] = [];
  const server = await scriptedServer(t, {
    onRequest(peer, id) {
      if (peer.number > 1) return succeedAtEnd(peer, id);
      held.push([peer, id]);
      if (held.length < 4) return;
      // The first two are served, the others were not looked at.
      peer.send(goaway(3, 0));
      for (const [one, stream] of held.slice(0, 2)) setTimeout(() => succeedAtEnd(one, stream), 50);
      held = [];
    },
  });
  const sidecar = await before(t, server);
  const client = http2Client(t, sidecar.port());
  const answers = await Promise.all(Array.from({ length: 4 }, () => grpcCall(client)));
  assert.deepEqual(
    answers.map((each) => each.status),
    [0, 0, 0, 0],
  );
  assert.equal(server.peers.length, 2);
  assert.equal(server.requests, 6);
  assert.equal(await sidecar.stat('cluster.cart.upstream_rq_retry'), 0);
});

test('without a copy of what was sent there is no second attempt, and never half a request', async (t) => {
  const server = await scriptedServer(t, {
    settings: [4, 1 << 20],
    onFrame(peer, { type, flags, id }) {
      if (type === 'DATA' && (flags & END_STREAM) !== 0) peer.send(rst(id, REFUSED));
    },
  });
  const sidecar = await before(t, server);
  const client = http2Client(t, sidecar.port());
  const answer = await grpcCall(client, {}, Buffer.alloc(65_000));
  assert.equal(answer.status, 14);
  assert.equal(server.requests, 2);
  const large = await grpcCall(client, {}, Buffer.alloc(65_537));
  assert.deepEqual([large.status, server.requests], [14, 3]);
});

test('plain HTTP over HTTP/2 is repeated as well (RFC 9113 8.7)', async (t) => {
  const server = await scriptedServer(t, {
    onRequest(peer, id, _fields, nth) {
      if (nth === 1) peer.send(rst(id, REFUSED));
      else peer.send(headers(id, END_STREAM, ':status', '204'));
    },
  });
  const sidecar = await before(t, server);
  assert.equal((await call(sidecar.port(), { method: 'POST', path: '/', body: Buffer.from('once') })).status, 204);
  assert.equal(server.requests, 2);
});

test('a server of nghttp2 that closes its connections again and again fails no call', async (t) => {
  let requests = 0;
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer();
  server.on('session', (each) => sessions.add(each));
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    requests += 1;
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    setTimeout(() => stream.end(MESSAGE), requests % 5);
    // GOAWAY at once; what came before it is answered.
    if (requests % 25 === 0) stream.session?.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const each of sessions) each.destroy();
    server.close();
  });
  const upstream = cluster('cart', [(server.address() as net.AddressInfo).port], speaksHttp2());
  const sidecar = await startSidecar(t, bootstrap([httpListener({ routes: [forward('cart')] })], [upstream]));
  const client = http2Client(t, sidecar.port());
  const statuses = new Map<number, number>();
  const caller = async (): Promise<void> => {
    for (let nth = 0; nth < 40; nth += 1) {
      const { status } = await grpcCall(client);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 16 }, caller));
  assert.deepEqual([...statuses], [[0, 640]]);
  assert.ok(sessions.size > 10, `${sessions.size} connections`);
});
