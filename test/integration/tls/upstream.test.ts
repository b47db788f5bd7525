import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import tls from 'node:tls';
import { Authority, withoutOpenssl } from '../../support/authority.ts';
import { deafPort, rawBackend } from '../../support/backend.ts';
import { accessLogFile, bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';
import { listenerOf, tcpChain } from '../../support/tcp-listener.ts';
import { http2Backend, httpsBackend } from '../../support/tls-backend.ts';
import { clientSocket, httpOptions, inline, named, trusting } from '../../support/transport-socket.ts';

const skip = withoutOpenssl;
const ssl = (name: string): string => `cluster.cart.ssl.${name}`;

/** A sidecar in front of one endpoint within TLS; its access log says flags and reason. */
async function towards(
  t: TestContext,
  port: number,
  socket: Json,
  over: Json = {},
): Promise<Sidecar & { logged(): string }> {
  const folder = new Authority(t, 'folder').folder;
  const file = path.join(folder, 'access.log');
  const format = '%RESPONSE_FLAGS% %UPSTREAM_TRANSPORT_FAILURE_REASON%\n';
  const listener = httpListener({ manager: { access_log: [accessLogFile(file, format)] } });
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [port], { ...socket, ...over })]));
  return Object.assign(sidecar, { logged: () => readFileSync(file, 'utf8') });
}

test('HTTP/1.1 and HTTP/2 go to endpoints within TLS, as the cluster says', { skip }, async (t) => {
  const authority = new Authority(t);
  const own = authority.issue({ names: ['DNS:cart.example', 'URI:spiffe://mesh/cart'] });
  const socket = clientSocket(trusting(authority.certificate, named('URI', 'spiffe://mesh/cart')), {
    sni: 'cart.example',
  });
  const one = await httpsBackend(t, own);
  const first = await towards(t, one.port, socket);
  assert.equal((await call(first.port(), { path: '/a' })).body, 'HTTP/1.1 /a');
  assert.deepEqual(one.connections, [{ alpn: 'http/1.1', name: 'cart.example', reused: false, peer: '' }]);
  assert.equal(await first.stat(ssl('handshake')), 1);
  assert.equal(await first.stat(ssl('versions.TLSv1.3')), 1);

  const two = await http2Backend(t, own);
  const second = await towards(
    t,
    two.port,
    socket,
    httpOptions({ explicit_http_config: { http2_protocol_options: {} } }),
  );
  const said = await Promise.all(Array.from({ length: 20 }, (_, at) => call(second.port(), { path: `/${at}` })));
  said.forEach(({ body }, at) => void assert.equal(body, `HTTP/2.0 https /${at}`));
  assert.deepEqual(two.connections, [{ alpn: 'h2', name: 'cart.example', reused: false, peer: '' }]);
});

test('an endpoint may show a certificate without a subject', { skip }, async (t) => {
  const authority = new Authority(t);
  const name = 'spiffe://mesh/cart';
  const endpoint = await httpsBackend(t, authority.issue({ names: [`URI:${name}`], nameless: true }));
  const socket = clientSocket(trusting(authority.certificate, named('URI', name)));
  const sidecar = await towards(t, endpoint.port, socket);
  assert.equal((await call(sidecar.port(), { path: '/a' })).body, 'HTTP/1.1 /a');
});

test('the endpoint gets our certificate when it asks for one', { skip }, async (t) => {
  const authority = new Authority(t);
  const own = authority.issue();
  const ca = authority.certificate;
  const backend = await httpsBackend(t, { ...own, ca, requestCert: true, rejectUnauthorized: true });
  const common = { ...trusting(ca), tls_certificates: [inline(authority.issue())] };
  const sidecar = await towards(t, backend.port, clientSocket(common));
  assert.equal((await call(sidecar.port())).status, 200);
  assert.match(backend.connections[0]?.peer ?? '', /CN=test 2/);
  const without = await towards(t, backend.port, clientSocket(trusting(ca)));
  assert.equal((await call(without.port())).status, 503);
});

const bad: [
  string,
  (authority: Authority, other: Authority) => [Json, ReturnType<Authority['issue']>],
  RegExp,
  string,
][] = [
  [
    'an authority that is not trusted',
    (authority, other) => [trusting(other.certificate), authority.issue()],
    /unable to (get|verify)|self-signed/,
    'fail_verify_error',
  ],
  [
    'a certificate that has expired',
    (authority) => [trusting(authority.certificate), authority.issue({ expired: true })],
    /certificate has expired/,
    'fail_verify_error',
  ],
  [
    'a certificate for another name',
    (authority) => [trusting(authority.certificate, named('DNS', 'cart.example')), authority.issue()],
    /none of the expected names/,
    'fail_verify_san',
  ],
  [
    'a version that is too low',
    (authority) => [
      { ...trusting(authority.certificate), tls_params: { tls_maximum_protocol_version: 'TLSv1_2' } },
      authority.issue(),
    ],
    /protocol version/,
    'connection_error',
  ],
];
for (const [what, make, reason, counted] of bad) {
  test(`${what} is a connect failure with its reason`, { skip }, async (t) => {
    const [common, own] = make(new Authority(t), new Authority(t, 'other'));
    const backend = await httpsBackend(t, { ...own, minVersion: 'TLSv1.3' });
    const sidecar = await towards(t, backend.port, clientSocket(common));
    const { body, status } = await call(sidecar.port());
    assert.equal(status, 503);
    assert.match(body, reason);
    const line = await eventually(() => sidecar.logged() || undefined);
    assert.match(line, /^UF upstream_connect_error:_TLS:_/);
    assert.match(line.replaceAll('_', ' '), reason);
    assert.equal(await sidecar.stat(ssl(counted)), 1);
    assert.equal(await sidecar.stat(ssl('handshake')), 0);
    assert.equal(await sidecar.stat('cluster.cart.upstream_cx_connect_fail'), 1);
    await sidecar.statBecomes('cluster.cart.upstream_cx_active', 0);
  });
}

test('endpoints that speak no TLS, break off or are not there are connect failures', { skip }, async (t) => {
  const authority = new Authority(t);
  const plain = await rawBackend(t, (socket) => void socket.on('data', () => socket.write('HTTP/1.1 400 No\r\n\r\n')));
  const gone = await rawBackend(t, (socket) => void socket.on('data', () => socket.resetAndDestroy()));
  const ended = await rawBackend(t, (socket) => void socket.on('data', () => socket.end()));
  for (const [port, reason] of [
    [plain.port, /TLS: wrong version number/],
    [gone.port, /TLS: the connection was closed in the handshake/],
    [ended.port, /TLS: the connection was closed in the handshake/],
    [await deafPort(), /connection refused or unreachable/],
  ] as const) {
    const sidecar = await towards(t, port, clientSocket(trusting(authority.certificate)));
    const { body, status } = await call(sidecar.port());
    assert.equal(status, 503);
    assert.match(body, reason);
    await sidecar.kill();
  }
});

test('a handshake counts to the connect timeout', { skip }, async (t) => {
  const authority = new Authority(t);
  const silent = await rawBackend(t, (socket) => void socket.resume().on('end', () => socket.end()));
  const sidecar = await towards(t, silent.port, clientSocket(trusting(authority.certificate)), {
    connect_timeout: '0.2s',
  });
  const { body, status } = await call(sidecar.port());
  assert.equal(status, 503);
  assert.match(body, /timed out/);
  assert.equal(await sidecar.stat('cluster.cart.upstream_cx_connect_timeout'), 1);
  await eventually(() => silent.connections === 0);
});

test('without an authority to trust any certificate will do, as with Envoy', { skip }, async (t) => {
  const backend = await httpsBackend(t, new Authority(t).issue({ expired: true }));
  const sidecar = await towards(t, backend.port, clientSocket());
  assert.equal((await call(sidecar.port())).status, 200);
  assert.deepEqual(backend.connections[0]?.name, '');
});

for (const [keys, reused] of [
  [undefined, true],
  [0, false],
] as const) {
  test(`sessions ${reused ? 'go on in' : 'are not kept for'} the next connection`, { skip }, async (t) => {
    const authority = new Authority(t);
    const backend = await httpsBackend(t, authority.issue());
    const over = keys === undefined ? {} : { max_session_keys: keys };
    const sidecar = await towards(t, backend.port, clientSocket(trusting(authority.certificate), over));
    for (let round = 0; round < 3; round += 1) {
      assert.equal((await call(sidecar.port())).status, 200);
      backend.disconnect();
      await sidecar.statBecomes('cluster.cart.upstream_cx_active', 0);
    }
    assert.deepEqual(
      backend.connections.map((each) => each.reused),
      [false, reused, reused],
    );
    assert.equal(await sidecar.stat(ssl('session_reused')), reused ? 2 : 0);
  });
}

test('a TCP proxy puts its bytes into TLS', { skip }, async (t) => {
  const authority = new Authority(t);
  const own = authority.issue();
  const server = tls.createServer({ ...own, allowHalfOpen: true } as tls.TlsOptions, (socket) => {
    socket.on('error', () => {});
    let length = 0;
    socket.on('data', (chunk) => {
      length += chunk.length;
    });
    socket.on('end', () => socket.end(`got ${length} ${String(socket.alpnProtocol)}`));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const secure = cluster('db', [port], clientSocket(trusting(authority.certificate)));
  const sidecar = await startSidecar(t, bootstrap([listenerOf([tcpChain('db')])], [secure]));
  const client = (await import('node:net')).connect({ port: sidecar.port(), host: '127.0.0.1', allowHalfOpen: true });
  let said = '';
  client.on('data', (chunk) => {
    said += chunk.toString();
  });
  client.end(Buffer.alloc(5_000_000));
  await new Promise((resolve) => client.once('end', resolve));
  assert.equal(said, 'got 5000000 false');
});
