import assert from 'node:assert/strict';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

const speaksHttp2: Json = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

interface Http2Backend {
  readonly port: number;
  readonly sessions: Set<http2.ServerHttp2Session>;
  /** Sessions ever. */
  opened: number;
}

/** Node's own HTTP/2 server, without TLS. */
async function http2Backend(
  t: TestContext,
  answer: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void,
  settings: http2.Settings = {},
): Promise<Http2Backend> {
  const server = http2.createServer({ settings });
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on('stream', answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const backend: Http2Backend = { port: (server.address() as AddressInfo).port, sessions, opened: 0 };
  server.on('session', (session) => {
    backend.opened += 1;
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  t.after(() => {
    for (const each of sessions) each.destroy();
    server.close();
  });
  return backend;
}

async function start(t: TestContext, backend: Http2Backend, more: Json = {}): Promise<Sidecar> {
  return startSidecar(t, bootstrap([httpListener()], [cluster('cart', [backend.port], { ...speaksHttp2, ...more })]));
}

test('HTTP/1.1 in, HTTP/2 out: heads, bodies and trailers arrive whole, on one connection', async (t) => {
  const backend = await http2Backend(t, (stream, headers) => {
    stream.respond({ ':status': 200, 'x-path': String(headers[':path']), 'x-host': String(headers[':authority']) });
    stream.pipe(stream);
  });
  const sidecar = await start(t, backend);
  const got = await call(sidecar.port(), { path: '/a?b=1', headers: { host: 'shop.test' } });
  assert.equal(got.status, 200);
  assert.equal(got.headers['x-path'], '/a?b=1');
  assert.equal(got.headers['x-host'], 'shop.test');
  const body = Buffer.alloc(3 << 20, 'abcdefghi');
  const echoed = await call(sidecar.port(), { method: 'POST', path: '/', body });
  assert.equal(echoed.status, 200);
  assert.ok(Buffer.from(echoed.body, 'latin1').equals(body));
  await Promise.all(Array.from({ length: 50 }, () => call(sidecar.port(), { path: '/many' })));
  assert.equal(backend.opened, 1);
});

test('a peer that allows few streams gets further connections', async (t) => {
  const backend = await http2Backend(
    t,
    (stream) => {
      setTimeout(() => {
        stream.respond({ ':status': 200 });
        stream.end('late');
      }, 100);
    },
    { maxConcurrentStreams: 2 },
  );
  const sidecar = await start(t, backend);
  // The first answer brings the peer's settings.
  await call(sidecar.port(), { path: '/' });
  const all = await Promise.all(Array.from({ length: 8 }, () => call(sidecar.port(), { path: '/' })));
  assert.deepEqual(
    all.map((each) => each.status),
    Array.from({ length: 8 }, () => 200),
  );
  assert.ok(backend.opened >= 3, `${backend.opened} connections`);
});

test('GOAWAY is followed by a new connection, without a failed request', async (t) => {
  const backend = await http2Backend(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('ok');
  });
  const sidecar = await start(t, backend);
  for (let round = 0; round < 5; round += 1) {
    assert.equal((await call(sidecar.port(), { path: '/' })).status, 200);
    for (const session of backend.sessions) session.close();
    await eventually(() => backend.sessions.size === 0);
  }
  assert.equal(backend.opened, 5);
});
