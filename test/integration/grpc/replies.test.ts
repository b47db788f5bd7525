import assert from 'node:assert/strict';
import net from 'node:net';
import { type TestContext, test } from 'node:test';
import { deafPort } from '../../support/backend.ts';
import { bootstrap, cluster, faultFilter, forward, httpListener, type Json, limits } from '../../support/bootstrap.ts';
import { type GrpcAnswer, grpcCall, http2Client } from '../../support/grpc-call.ts';
import { data, END_STREAM, headers, rst } from '../../support/http2/frames.ts';
import { grpcHead, MESSAGE, type ScriptedPeer, scriptedServer } from '../../support/http2/scripted-server.ts';
import { speaksHttp2 } from '../../support/http2/towards.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

const at = (path: string, action: Json): Json => ({ match: { path }, ...action });
const to = (path: string, name: string, more: Json = {}): Json =>
  at(path, { route: { cluster: name, timeout: '0s', ...more } });

/** What a server does with a request, by the last part of its path. */
const ways: Readonly<Record<string, (peer: ScriptedPeer, id: number) => void>> = {
  silent: () => {},
  closes: (peer) => peer.socket.destroy(),
  malformed: (peer, id) => peer.send(headers(id, END_STREAM, 'no', 'status')),
  refuses: (peer, id) => peer.send(rst(id, 7)),
  internal: (peer, id) => peer.send(rst(id, 2)),
  cancels: (peer, id) => peer.send(rst(id, 8)),
  calms: (peer, id) => peer.send(rst(id, 11)),
  insecure: (peer, id) => peer.send(rst(id, 12)),
  half: (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE)),
};

async function before(t: TestContext, manager: Json = {}, filters: readonly Json[] = []): Promise<Sidecar> {
  const server = await scriptedServer(t, {
    onRequest(peer, id, fields) {
      const path = fields.find((each) => each.startsWith(':path: ')) ?? '';
      ways[path.slice(path.lastIndexOf('/') + 1)]?.(peer, id);
    },
  });
  const direct = [200, 400, 401, 403, 404, 418, 429, 500, 501, 502, 503, 504].map((status) =>
    at(`/direct/${status}`, { direct_response: { status, body: { inline_string: `it is ${status}` } } }),
  );
  const routes = [
    ...direct,
    at('/moved', { redirect: { path_redirect: '/there' } }),
    at('/unnamed', { route: { cluster_header: 'x-cluster' } }),
    to('/nobody', 'nobody'),
    to('/deaf', 'deaf'),
    to('/full', 'full'),
    to('/late/silent', 'cart', { timeout: '0.1s' }),
    to('/late/half', 'cart', { timeout: '0.2s' }),
    to('/try/silent', 'cart', { retry_policy: { per_try_timeout: '0.1s' } }),
    to('/long/silent', 'cart', { max_stream_duration: { max_stream_duration: '0.1s' } }),
    to('/idle/half', 'cart', { idle_timeout: '0.2s' }),
    to('/idle/silent', 'cart', { idle_timeout: '0.2s' }),
    ...Object.keys(ways).map((way) => to(`/${way}`, 'cart')),
  ];
  const clusters = [
    cluster('cart', [server.port], speaksHttp2()),
    cluster('nobody', [], speaksHttp2()),
    cluster('deaf', [await deafPort()], speaksHttp2()),
    cluster('full', [server.port], { ...speaksHttp2(), ...limits({ max_requests: 0 }) }),
  ];
  return startSidecar(t, bootstrap([httpListener({ routes, manager, filters })], clusters));
}

/** A reply of the sidecar's own is trailers only, with a message. */
function assertOwn(answer: GrpcAnswer, status: number, what: string): void {
  const { http, headers: head, message, reset, trailersOnly } = answer;
  assert.deepEqual([answer.status, http, trailersOnly, reset], [status, 200, true, 0], what);
  assert.equal(head['content-type'], 'application/grpc', what);
  // A redirect has nothing to say to gRPC.
  assert.equal(message === '', what === '/moved', what);
}

test('every reply of our own is trailers only, with the status that gRPC has for it', async (t) => {
  const sidecar = await before(t);
  const expected: Readonly<Record<string, number>> = {
    '/direct/200': 2,
    '/direct/400': 13,
    '/direct/401': 16,
    '/direct/403': 7,
    '/direct/404': 12,
    '/direct/418': 2,
    '/direct/429': 14,
    '/direct/500': 2,
    '/direct/501': 2,
    '/direct/502': 14,
    '/direct/503': 14,
    '/direct/504': 14,
    // NR, NC, UH, UF, UO
    '/moved': 2,
    '/nowhere': 12,
    '/unnamed': 14,
    '/nobody': 14,
    '/deaf': 14,
    '/full': 14,
    // UC, UPE, UR
    '/closes': 14,
    '/malformed': 14,
    '/refuses': 14,
    '/internal': 13,
    '/cancels': 1,
    '/calms': 8,
    '/insecure': 7,
    // UT and the like
    '/late/silent': 4,
    '/try/silent': 4,
    '/long/silent': 4,
    '/idle/silent': 4,
  };
  const client = http2Client(t, sidecar.port());
  for (const [path, status] of Object.entries(expected)) {
    const answer = await grpcCall(client, { ':path': path });
    assertOwn(answer, status, path);
    if (path === '/full') assert.equal(answer.headers['x-envoy-overloaded'], 'true');
    if (path === '/direct/403') assert.equal(answer.message, 'it is 403');
  }
});

test('a response that takes too long ends by trailers that say so', async (t) => {
  const sidecar = await before(t);
  const answer = await grpcCall(http2Client(t, sidecar.port()), { ':path': '/late/half' });
  assert.deepEqual([answer.status, answer.http, answer.trailersOnly, answer.reset], [4, 200, false, 0]);
  assert.equal(answer.message, 'upstream request timeout');
  assert.equal((await sidecar.stats()).get('cluster.cart.grpc.4'), 1);
  const idle = await grpcCall(http2Client(t, sidecar.port()), { ':path': '/idle/half' });
  assert.deepEqual([idle.status, idle.http, idle.trailersOnly, idle.reset], [4, 200, false, 0]);
});

test('what the codec refuses by itself is told to gRPC clients in their way', async (t) => {
  const sidecar = await before(t, { max_request_headers_kb: 1, request_timeout: '0.3s' });
  const client = http2Client(t, sidecar.port());
  assertOwn(await grpcCall(client, { ':path': '/silent', 'x-large': 'x'.repeat(2_000) }), 2, '431');
  const stream = client.request({ ':method': 'POST', ':path': '/silent', 'content-type': 'application/grpc' });
  const head = await new Promise<Record<string, unknown>>((resolve) => stream.on('response', resolve));
  stream.on('error', () => {});
  stream.close();
  assert.deepEqual([head[':status'], head['grpc-status']], [200, '4']);
});

test('filters refuse in the form of gRPC, by an HTTP status or by one of its own', async (t) => {
  const abort = (what: Json): Json => faultFilter({ abort: { ...what, percentage: { numerator: 100 } } });
  const byHttp = await before(t, {}, [abort({ http_status: 403 })]);
  assertOwn(await grpcCall(http2Client(t, byHttp.port()), { ':path': '/silent' }), 7, 'http_status');
  const byGrpc = await before(t, {}, [abort({ grpc_status: 10 })]);
  assertOwn(await grpcCall(http2Client(t, byGrpc.port()), { ':path': '/silent' }), 10, 'grpc_status');
});

test('an endpoint that does not answer a connect is UNAVAILABLE', async (t) => {
  // Its line of connections to accept is full, so further ones hang.
  const server = net.createServer().listen(0, '127.0.0.1', 1);
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  const upstream = cluster('cart', [port], { ...speaksHttp2(), connect_timeout: '0.2s' });
  const sidecar = await startSidecar(t, bootstrap([httpListener({ routes: [forward('cart')] })], [upstream]));
  // It connects, and never says its SETTINGS.
  assertOwn(await grpcCall(http2Client(t, sidecar.port())), 14, 'connect timeout');
});
