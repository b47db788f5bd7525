import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { test } from 'node:test';
import type { Piece } from '../../../sidecar/core/plan/delta.ts';
import type { ServerTlsPlan } from '../../../sidecar/core/plan/tls.ts';
import { readBootstrap } from '../../../sidecar/plan/bootstrap-file.ts';
import { Authority, withoutOpenssl } from '../../support/authority.ts';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { helloOf } from '../../support/client-hello.ts';
import { clusterPieces, listenerPiece, managerPlan, routePiece, WorkerUnderTest } from '../../support/data-path.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { clusterPlan, forwardPlan, prefix, routePlan } from '../../support/route-plan.ts';
import { secureGet } from '../../support/secure-client.ts';
import { httpsBackend } from '../../support/tls-backend.ts';
import { clientSocket, serverSocket, trusting, withChainFields } from '../../support/transport-socket.ts';

const skip = withoutOpenssl;
const toCart = routePiece([
  routePlan('all', prefix('/'), { action: forwardPlan({ clusters: [clusterPlan('cart')] }) }),
]);

/** The plans that a listener and a cluster with these fields have. */
function plansOf(chain: Json, fields: Json) {
  const document = bootstrap([withChainFields(httpListener(), chain)], [cluster('cart', [1], fields)]);
  const { clusters, findings, listeners } = readBootstrap(JSON.stringify(document), 'b.json');
  assert.deepEqual(findings, { wrong: [], unsupported: [] });
  return { server: listeners[0]?.listener.chains[0]?.tls ?? null, client: clusters[0]?.plan.tls ?? null };
}

const listenerWith = (tls: ServerTlsPlan | null): Piece => {
  const piece = listenerPiece();
  assert.ok(piece.kind === 'listener');
  return { ...piece, value: { ...piece.value, chains: piece.value.chains.map((each) => ({ ...each, tls })) } };
};

test('TLS comes, changes and goes on a listener whose connections live on', { skip }, async (t) => {
  const authority = new Authority(t);
  const ca = authority.certificate;
  const backend = await httpBackend(t);
  const worker = new WorkerUnderTest(t, [listenerPiece(), toCart, ...clusterPieces('cart', 0, [backend.port])]);
  const plain = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const secure = new https.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => [plain, secure].forEach((each) => void each.destroy()));
  assert.equal((await call(worker.port, { agent: plain })).status, 200);

  const first = plansOf(serverSocket(authority.issue({ names: ['DNS:localhost', 'DNS:one'] })), {}).server;
  worker.apply([listenerWith(first)]);
  assert.equal((await call(worker.port, { agent: plain })).status, 200, 'it was open before');
  assert.equal((await call(worker.port)).status, 0);
  assert.equal((await secureGet(worker.port, '/a', { ca, agent: secure })).body, '/a');

  const second = plansOf(serverSocket(authority.issue({ names: ['DNS:two'] })), {}).server;
  worker.apply([listenerWith(second)]);
  assert.equal((await secureGet(worker.port, '/b', { ca, agent: secure })).body, '/b', 'it was open before');
  assert.equal((await secureGet(worker.port, '/', { ca, servername: 'one' })).status, 0);
  assert.equal((await secureGet(worker.port, '/c', { ca, servername: 'two' })).body, '/c');

  worker.apply([listenerWith(null)]);
  assert.equal((await call(worker.port, { path: '/d' })).body, '/d');
  assert.equal((await secureGet(worker.port, '/e', { ca, agent: secure })).body, '/e', 'it was open before');
});

/** A listener with a chain for each of these server names, answering as that server. */
const listenerFor = (tls: ServerTlsPlan | null, names: readonly string[], chain = ''): Piece => {
  const piece = listenerPiece();
  assert.ok(piece.kind === 'listener');
  const chains = names.map((name) => {
    const match = { destinationPort: 0, serverNames: [name], transportProtocol: '', applicationProtocols: [] } as const;
    const http = managerPlan({ serverName: name });
    return { name: chain, match, tls, filter: { kind: 'http', http } as const };
  });
  return { ...piece, value: { ...piece.value, chains, sniff: { ...piece.value.sniff, tls: true } } };
};

test('a connection stays with its chain, wherever that stands now, and goes with it', { skip }, async (t) => {
  const authority = new Authority(t);
  const ca = authority.certificate;
  const backend = await httpBackend(t);
  const tls = plansOf(serverSocket(authority.issue({ names: ['DNS:one', 'DNS:two'] })), {}).server;
  const worker = new WorkerUnderTest(t, [
    listenerFor(tls, ['one']),
    toCart,
    ...clusterPieces('cart', 0, [backend.port]),
  ]);
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const servedBy = async (servername: string): Promise<unknown> =>
    (await secureGet(worker.port, '/', { ca, agent, servername })).headers.server;
  assert.equal(await servedBy('one'), 'one');
  worker.apply([listenerFor(tls, ['two', 'one'])]);
  assert.equal(await servedBy('one'), 'one');
  worker.apply([listenerFor(tls, ['two'])]);
  await eventually(() => Object.keys(agent.freeSockets).length === 0);
});

test('chains of one name are told apart', { skip }, async (t) => {
  const authority = new Authority(t);
  const ca = authority.certificate;
  const backend = await httpBackend(t);
  const tls = plansOf(serverSocket(authority.issue({ names: ['DNS:one', 'DNS:two'] })), {}).server;
  const both = listenerFor(tls, ['one', 'two'], 'same');
  const worker = new WorkerUnderTest(t, [both, toCart, ...clusterPieces('cart', 0, [backend.port])]);
  const agent = new https.Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  for (let round = 0; round < 2; round += 1) {
    for (const servername of ['one', 'two']) {
      assert.equal((await secureGet(worker.port, '/', { ca, agent, servername })).headers.server, servername);
    }
    assert.equal(worker.path.census().downstream, 2);
    worker.apply([both]);
  }
});

test('a handshake for a chain that goes is given up', { skip }, async (t) => {
  const authority = new Authority(t);
  const { server } = plansOf(serverSocket(authority.issue()), {});
  const named = (name: string): Piece => {
    const piece = listenerWith(server);
    assert.ok(piece.kind === 'listener');
    return { ...piece, value: { ...piece.value, chains: piece.value.chains.map((each) => ({ ...each, name })) } };
  };
  const worker = new WorkerUnderTest(t, [named('one'), toCart, ...clusterPieces('cart', 0, [1])]);
  const hello = await helloOf({ servername: 'localhost' });
  const [begun, half] = [await RawClient.connect(worker.port), await RawClient.connect(worker.port)];
  begun.socket.write(hello);
  await begun.sees('\x16\x03\x03');
  half.socket.write(hello.subarray(0, 100));
  await eventually(() => worker.path.census().downstream === 2);
  worker.apply([named('two')]);
  await Promise.all([begun, half].map((each) => each.seesEnd()));
  assert.equal(worker.path.census().downstream, 0);
  for (const each of [begun, half]) each.close();
});

test('a cluster takes up TLS, and another authority, without a failed request', { skip }, async (t) => {
  const authority = new Authority(t);
  const other = new Authority(t, 'other');
  const [plain, secure] = [await httpBackend(t), await httpsBackend(t, authority.issue())];
  const worker = new WorkerUnderTest(t, [listenerPiece(), toCart, ...clusterPieces('cart', 0, [plain.port])]);
  assert.equal((await call(worker.port, { path: '/a' })).body, '/a');
  const trusted = plansOf({}, clientSocket(trusting(authority.certificate))).client;
  worker.apply(clusterPieces('cart', 0, [secure.port], { tls: trusted }));
  assert.equal((await call(worker.port, { path: '/b' })).body, 'HTTP/1.1 /b');
  await eventually(() => plain.connections === 0);
  const strange = plansOf({}, clientSocket(trusting(other.certificate))).client;
  worker.apply(clusterPieces('cart', 0, [secure.port], { tls: strange }));
  assert.equal((await call(worker.port)).status, 503, 'a connection made under other trust is not used');
  worker.apply(clusterPieces('cart', 0, [secure.port], { tls: trusted }));
  assert.equal((await call(worker.port, { path: '/c' })).body, 'HTTP/1.1 /c');
});
