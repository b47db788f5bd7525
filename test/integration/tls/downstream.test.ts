import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { Authority, withoutOpenssl } from '../../support/authority.ts';
import { httpBackend, rawBackend } from '../../support/backend.ts';
import { accessLogFile, bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { curl, http2Client, http2Get, secureGet, secureSocket, withoutCurl } from '../../support/secure-client.ts';
import { startSidecar } from '../../support/sidecar.ts';
import { listenerOf, tcpChain } from '../../support/tcp-listener.ts';
import { serverSocket, withChainFields } from '../../support/transport-socket.ts';

const skip = withoutOpenssl;
const both = { alpn_protocols: ['h2', 'http/1.1'] };
const ssl = (name: string): string => `listener.127.0.0.1_0.ssl.${name}`;

test('curl speaks HTTP/2 and HTTP/1.1 by ALPN, and the endpoint hears that it was https', {
  skip: skip || withoutCurl,
}, async (t) => {
  const authority = new Authority(t);
  const backend = await httpBackend(t, ({ headers }, response) => response.end(headers['x-forwarded-proto']));
  const listener = withChainFields(httpListener(), serverSocket(authority.issue(), both));
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
  const ask = (version: string): Promise<string> => curl(sidecar.port(), '/', '--cacert', authority.file, version);
  assert.equal(await ask('--http2'), 'https 2 200');
  assert.equal(await ask('--http1.1'), 'https 1.1 200');
  assert.equal(await ask('--no-alpn'), 'https 1.1 200');
  assert.equal(await sidecar.stat(ssl('handshake')), 3);
  assert.equal(await sidecar.stat(ssl('connection_error')), 0);
  assert.equal(await sidecar.stat(ssl('no_certificate')), 3);
  assert.equal(await sidecar.stat(ssl('versions.TLSv1.3')), 3);
  assert.match(await sidecar.admin('/stats?format=prometheus'), /envoy_listener_ssl_handshake\{[^}]+\} 3/);
});

test('a client that offers other protocols than ours gets HTTP/1.1', { skip }, async (t) => {
  const authority = new Authority(t);
  const backend = await httpBackend(t);
  const listener = withChainFields(httpListener(), serverSocket(authority.issue(), { alpn_protocols: ['h2'] }));
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
  const ca = authority.certificate;
  const said = await secureGet(sidecar.port(), '/a', { ca, ALPNProtocols: ['http/1.1'] });
  assert.deepEqual([said.status, said.body], [200, '/a']);
});

test('HTTP/2 carries many streams with bodies within TLS, and without ALPN it is told by its preface', {
  skip,
}, async (t) => {
  const authority = new Authority(t);
  const body = 'x'.repeat(300_000);
  const backend = await httpBackend(t, (request, response) => {
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    request.on('end', () => response.end(request.method === 'POST' ? String(length) : body));
  });
  const listener = withChainFields(httpListener(), serverSocket(authority.issue(), both));
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
  const client = http2Client(sidecar.port(), { ca: authority.certificate });
  t.after(() => client.destroy());
  const said = await Promise.all(Array.from({ length: 20 }, () => http2Get(client, '/')));
  for (const each of said) assert.equal(each.body, body);
  const upload = client.request({ ':method': 'POST', ':path': '/' });
  upload.end(Buffer.alloc(3_000_000));
  assert.equal(String((await once(upload, 'data'))[0]), '3000000');
  client.close();

  const socket = await secureSocket(sidecar.port(), { ca: authority.certificate });
  assert.equal(socket.alpnProtocol, false);
  const plain = http2Client(sidecar.port(), { createConnection: () => socket });
  t.after(() => plain.destroy());
  assert.equal((await http2Get(plain, '/')).body, body);
  assert.equal(await sidecar.stat('http.web.downstream_cx_http2_total'), 2);
});

test('bodies of megabytes go both ways by HTTP/1.1 within TLS', { skip }, async (t) => {
  const authority = new Authority(t);
  const backend = await httpBackend(t, (_request, response) => response.end(Buffer.alloc(8_000_000, 'y')));
  const listener = withChainFields(httpListener(), serverSocket(authority.issue(), both));
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
  const { body } = await secureGet(sidecar.port(), '/', { ca: authority.certificate });
  assert.equal(body.length, 8_000_000);
  assert.ok(!/[^y]/.test(body));
});

/** The chain of the usual listener. */
const chain = (fields: Json): Json => ({ ...(httpListener().filter_chains as Json[])[0], ...fields });

test('chains are chosen by server name, each with its own certificate', { skip }, async (t) => {
  const authority = new Authority(t);
  const backend = await httpBackend(t);
  const says = (text: string): Json => {
    const [made] = httpListener({
      name: text,
      routes: [{ match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: text } } }],
    }).filter_chains as [Json];
    return made;
  };
  const listener = listenerOf([
    {
      ...says('one'),
      filter_chain_match: { server_names: ['one.example'] },
      ...serverSocket(authority.issue({ names: ['DNS:one.example'] })),
    },
    {
      ...says('two'),
      filter_chain_match: { server_names: ['*.two.example'] },
      ...serverSocket(authority.issue({ names: ['DNS:*.two.example'] })),
    },
    chain({ filter_chain_match: { transport_protocol: 'raw_buffer' } }),
  ]);
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
  const ask = async (servername: string): Promise<string> =>
    (await secureGet(sidecar.port(), '/', { ca: authority.certificate, servername })).body;
  assert.equal(await ask('one.example'), 'one');
  assert.equal(await ask('a.two.example'), 'two');
  assert.equal(await ask('three.example'), 'ECONNRESET');
  assert.equal(await sidecar.stat('listener.127.0.0.1_0.no_filter_chain_match'), 1);
  const response = await fetch(`http://127.0.0.1:${sidecar.port()}/plain`);
  assert.equal(await response.text(), '/plain');
});

test('a client gets the certificate of the kind of key that it can check', { skip }, async (t) => {
  const authority = new Authority(t);
  const backend = await httpBackend(t);
  const [ec, rsa] = [authority.issue(), authority.issue({ key: 'rsa' })];
  const pair = (each: typeof ec): Json => ({
    certificate_chain: { filename: each.certFile },
    private_key: { inline_bytes: Buffer.from(each.key).toString('base64') },
  });
  const listener = withChainFields(httpListener(), serverSocket(ec, { tls_certificates: [pair(ec), pair(rsa)] }));
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
  const kind = async (ciphers: string): Promise<string | undefined> => {
    const options = { ca: authority.certificate, maxVersion: 'TLSv1.2', ciphers } as const;
    const socket = await secureSocket(sidecar.port(), options);
    const found = socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType;
    socket.destroy();
    return found;
  };
  assert.equal(await kind('ECDHE-ECDSA-AES128-GCM-SHA256'), 'ec');
  assert.equal(await kind('ECDHE-RSA-AES128-GCM-SHA256'), 'rsa');
});

test('a TCP proxy passes on what is inside of TLS, also after one side has ended', { skip }, async (t) => {
  const authority = new Authority(t);
  const backend = await rawBackend(t, (socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('end', () => socket.end(`you said ${text}`));
  });
  const listener = listenerOf([{ ...tcpChain('db'), ...serverSocket(authority.issue()) }]);
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('db', [backend.port])]));
  const socket = await secureSocket(sidecar.port(), { ca: authority.certificate, allowHalfOpen: true } as object);
  let said = '';
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  socket.end('hello');
  await once(socket, 'end');
  assert.equal(said, 'you said hello');
  await sidecar.statBecomes('tcp.tcp.downstream_cx_active', 0);
});

test('WebSockets go on within TLS', { skip }, async (t) => {
  const authority = new Authority(t);
  const echo = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  t.after(() => echo.close());
  echo.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  await once(echo, 'listening');
  const { port } = echo.address() as AddressInfo;
  const manager = { upgrade_configs: [{ upgrade_type: 'websocket' }] };
  const listener = withChainFields(httpListener({ manager }), serverSocket(authority.issue(), both));
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [port])]));
  const socket = new WebSocket(`wss://localhost:${sidecar.port()}/`, {
    ca: authority.certificate,
    lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  await once(socket, 'open');
  const large = 'm'.repeat(500_000);
  socket.send(large);
  assert.equal(String((await once(socket, 'message'))[0]), large);
  socket.close(4000, 'enough');
  assert.equal((await once(socket, 'close'))[0], 4000);
  await sidecar.statBecomes('http.web.downstream_cx_active', 0);
  assert.equal(await sidecar.stat('http.web.downstream_cx_ssl_total'), 1);
  assert.equal(await sidecar.stat('http.web.downstream_cx_ssl_active'), 0);
});

test('versions outside of tls_params are refused and counted', { skip }, async (t) => {
  const authority = new Authority(t);
  const backend = await httpBackend(t);
  const params = { tls_params: { tls_minimum_protocol_version: 'TLSv1_3' } };
  const listener = withChainFields(httpListener(), serverSocket(authority.issue(), params));
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
  const ca = authority.certificate;
  const old = await secureGet(sidecar.port(), '/', { ca, maxVersion: 'TLSv1.2' });
  assert.equal(old.status, 0);
  assert.equal((await secureGet(sidecar.port(), '/', { ca })).status, 200);
  assert.equal(await sidecar.stat(ssl('connection_error')), 1);
});

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a session goes on in whichever worker (${maxVersion})`, { skip }, async (t) => {
    const authority = new Authority(t);
    const backend = await httpBackend(t);
    const listener = withChainFields(httpListener(), serverSocket(authority.issue(), both));
    const document = bootstrap([listener], [cluster('cart', [backend.port])]);
    const sidecar = await startSidecar(t, document, '--concurrency', '2');
    const options = { ca: authority.certificate, maxVersion };
    const first = await secureSocket(sidecar.port(), options);
    const session = first.getSession();
    const [later] = maxVersion === 'TLSv1.3' ? await once(first, 'session') : [session];
    first.destroy();
    for (let round = 0; round < 8; round += 1) {
      const said = await secureGet(sidecar.port(), '/', { ...options, session: later as Buffer });
      assert.equal(said.status, 200);
    }
    assert.equal(await sidecar.stat(ssl('session_reused')), 8);
  });
}

test('the access log tells version, cipher and server name', { skip }, async (t) => {
  const authority = new Authority(t);
  const backend = await httpBackend(t);
  const file = path.join(authority.folder, 'access.log');
  const format = '%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER% %REQUESTED_SERVER_NAME% %REQ(:SCHEME)%\n';
  const made = httpListener({ manager: { access_log: [accessLogFile(file, format)] } });
  const listener = withChainFields(made, serverSocket(authority.issue(), both));
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
  await secureGet(sidecar.port(), '/', { ca: authority.certificate, ciphers: 'TLS_AES_128_GCM_SHA256' });
  const line = await eventually(() => readFileSync(file, 'utf8') || undefined);
  assert.equal(line, 'TLSv1.3 TLS_AES_128_GCM_SHA256 localhost https\n');
});

test('keys are not shown by the admin interface', { skip }, async (t) => {
  const authority = new Authority(t);
  const own = authority.issue();
  const listener = withChainFields(httpListener(), serverSocket(own));
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [1])]));
  const dump = await sidecar.admin('/config_dump');
  assert.ok(dump.includes('BEGIN CERTIFICATE'));
  assert.ok(!/PRIVATE KEY|ticketKeys":\s*"[A-Za-z0-9+/]{60}/.test(dump));
  assert.ok(!dump.includes(own.key.split('\n')[1] as string));
});
