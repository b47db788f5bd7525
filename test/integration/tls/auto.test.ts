import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Authority, withoutOpenssl } from '../../support/authority.ts';
import { rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';
import { http2Backend, httpsBackend, type TlsBackend } from '../../support/tls-backend.ts';
import { clientSocket, httpOptions, trusting } from '../../support/transport-socket.ts';

const skip = withoutOpenssl;

function towards(t: TestContext, authority: Authority, port: number, over: Json = {}): Promise<Sidecar> {
  const fields = { ...clientSocket(trusting(authority.certificate)), ...httpOptions({ auto_config: {} }), ...over };
  return startSidecar(t, bootstrap([httpListener()], [cluster('cart', [port], fields)]));
}

const many = async (sidecar: Sidecar, count: number): Promise<string[]> => {
  const said = await Promise.all(Array.from({ length: count }, (_, at) => call(sidecar.port(), { path: `/${at}` })));
  return said.map(({ body }) => body);
};

test('requests of the first moment share the one HTTP/2 connection that ALPN agreed on', { skip }, async (t) => {
  const authority = new Authority(t);
  const backend = await http2Backend(t, { ...authority.issue(), allowHTTP1: true });
  const sidecar = await towards(t, authority, backend.port);
  for (const [at, body] of (await many(sidecar, 20)).entries()) assert.equal(body, `HTTP/2.0 https /${at}`);
  assert.deepEqual(
    backend.connections.map(({ alpn }) => alpn),
    ['h2'],
  );
  assert.equal(await sidecar.stat('cluster.cart.upstream_cx_total'), 1);
  assert.equal(await sidecar.stat('cluster.cart.upstream_cx_active'), 1);
  assert.equal(await sidecar.stat('cluster.cart.upstream_rq_pending_active'), 0);
  assert.equal(await sidecar.stat('cluster.cart.upstream_cx_http2_total'), 1);
});

const servers: [string, (t: TestContext, authority: Authority) => Promise<TlsBackend>][] = [
  ['agrees on HTTP/1.1', (t, authority) => httpsBackend(t, { ...authority.issue(), ALPNProtocols: ['http/1.1'] })],
  ['knows no ALPN', (t, authority) => httpsBackend(t, { ...authority.issue(), ALPNProtocols: [] })],
];
for (const [what, make] of servers) {
  test(`an endpoint that ${what} gets HTTP/1.1, the first connection included`, { skip }, async (t) => {
    const authority = new Authority(t);
    const backend = await make(t, authority);
    const sidecar = await towards(t, authority, backend.port);
    assert.deepEqual(await many(sidecar, 1), ['HTTP/1.1 /0']);
    assert.deepEqual(await many(sidecar, 1), ['HTTP/1.1 /0']);
    assert.equal(backend.connections.length, 1);
    for (const [at, body] of (await many(sidecar, 10)).entries()) assert.equal(body, `HTTP/1.1 /${at}`);
    assert.equal(await sidecar.stat('cluster.cart.upstream_cx_http1_total'), backend.connections.length);
  });
}

test('an endpoint that comes back with another protocol is asked again', { skip }, async (t) => {
  const authority = new Authority(t);
  const own = authority.issue();
  const first = await http2Backend(t, own);
  const sidecar = await towards(t, authority, first.port);
  assert.match((await many(sidecar, 1))[0] as string, /^HTTP\/2\.0/);
  first.close();
  await sidecar.statBecomes('cluster.cart.upstream_cx_active', 0);
  await httpsBackend(t, own, first.port);
  await eventually(async () => (await many(sidecar, 1))[0] === 'HTTP/1.1 /0');
});

test('an endpoint that does not answer refuses those who wait, and is asked again by the next', { skip }, async (t) => {
  const authority = new Authority(t);
  const silent = await rawBackend(t, (socket) => void socket.resume().on('end', () => socket.end()));
  const sidecar = await towards(t, authority, silent.port, { connect_timeout: '0.3s' });
  for (const text of await many(sidecar, 5)) assert.match(text, /timed out/);
  assert.equal(await sidecar.stat('cluster.cart.upstream_cx_connect_timeout'), 1);
  const gone = new AbortController();
  const waits = call(sidecar.port(), { signal: gone.signal });
  await sidecar.statBecomes('cluster.cart.upstream_rq_pending_active', 1);
  gone.abort();
  await waits;
  for (const name of ['upstream_rq_pending_active', 'upstream_cx_active', 'upstream_rq_active']) {
    await sidecar.statBecomes(`cluster.cart.${name}`, 0);
  }
  await eventually(() => silent.connections === 0);
});

test('limits hold for those who wait for the answer, and are given back', { skip }, async (t) => {
  const authority = new Authority(t);
  const backend = await http2Backend(t, authority.issue());
  const thresholds = { circuit_breakers: { thresholds: [{ max_pending_requests: 3 }] } };
  const sidecar = await towards(t, authority, backend.port, thresholds);
  const said = await many(sidecar, 10);
  assert.ok(said.filter((body) => body.startsWith('HTTP/2.0')).length >= 3);
  assert.ok(said.every((body) => /^HTTP\/2\.0|overflow/.test(body)));
  assert.ok((await many(sidecar, 3)).every((body) => body.startsWith('HTTP/2.0')));
});
