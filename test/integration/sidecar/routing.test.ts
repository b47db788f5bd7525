import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

/** Answers with what it was asked, so that a test sees what reached it. */
const mirror =
  (name: string): Answer =>
  (request, response) => {
    response.setHeader('x-secret', 'inside');
    response.end(JSON.stringify({ name, method: request.method, url: request.url, headers: request.headers }));
  };

interface Seen {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const add = (name: string, value: string): Json => ({ header: { key: name, value } });

test('requests go where the routes say, changed as they say', async (t) => {
  const [one, two] = [await httpBackend(t, mirror('one')), await httpBackend(t, mirror('two'))];
  const shop = {
    name: 'shop',
    domains: ['shop', 'shop:80', '*.shop.example'],
    request_headers_to_add: [add('x-host', 'shop')],
    routes: [
      { match: { path: '/health' }, direct_response: { status: 200, body: { inline_string: 'fine' } } },
      { match: { prefix: '/old' }, redirect: { path_redirect: '/new', response_code: 'FOUND' } },
      forward('two', { prefix_rewrite: '/v2/' }, { match: { prefix: '/api/' } }),
      forward(
        'two',
        { host_rewrite_literal: 'inner' },
        {
          match: { prefix: '/', headers: [{ name: 'x-beta', string_match: { exact: 'yes' } }] },
          response_headers_to_remove: ['x-secret'],
          response_headers_to_add: [add('x-answered', 'beta')],
        },
      ),
      forward(
        'two',
        {},
        { match: { prefix: '/', query_parameters: [{ name: 'to', string_match: { exact: 'two' } }] } },
      ),
      forward('one', {}, { request_headers_to_remove: ['x-private'] }),
    ],
  };
  const split = {
    name: 'split',
    domains: ['split'],
    routes: [
      {
        match: { prefix: '/' },
        route: {
          weighted_clusters: {
            clusters: [
              { name: 'one', weight: 80 },
              { name: 'two', weight: 20 },
            ],
          },
        },
      },
    ],
  };
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        httpListener({
          virtualHosts: [shop, split],
          manager: { use_remote_address: true, via: 'mesh', strip_any_host_port: true },
        }),
        httpListener({ name: 'plain', routes: [forward('one')] }),
      ],
      [cluster('one', [one.port]), cluster('two', [two.port])],
    ),
  );
  const port = sidecar.port();
  const ask = async (path: string, headers: Record<string, string> = {}, host = 'shop') => {
    const answer = await call(port, { path, headers: { host, ...headers } });
    return { ...answer, seen: (answer.body.startsWith('{') ? JSON.parse(answer.body) : {}) as Seen };
  };

  await t.test('by host, path, header and query', async () => {
    assert.equal((await ask('/')).seen.name, 'one');
    assert.equal((await ask('/', {}, 'a.shop.example')).seen.name, 'one');
    assert.equal((await ask('/', {}, 'shop:8080')).seen.name, 'one');
    assert.equal((await ask('/', { 'x-beta': 'yes' })).seen.name, 'two');
    assert.equal((await ask('/?to=two')).seen.name, 'two');
    assert.equal((await ask('/', {}, 'elsewhere')).status, 404);
  });

  await t.test('rewritten, with headers added and removed on both ways', async () => {
    assert.equal((await ask('/api/items?x=1')).seen.url, '/v2/items?x=1');
    assert.equal((await ask('/api/items')).seen.headers['x-envoy-original-path'], '/api/items');
    const plain = await ask('/', { 'x-private': 'mine' });
    assert.deepEqual([plain.seen.headers['x-private'], plain.seen.headers['x-host']], [undefined, 'shop']);
    assert.equal(plain.headers['x-secret'], 'inside');
    const beta = await ask('/', { 'x-beta': 'yes' });
    assert.equal(beta.seen.headers.host, 'inner');
    assert.deepEqual([beta.headers['x-secret'], beta.headers['x-answered']], [undefined, 'beta']);
  });

  await t.test('answered here', async () => {
    assert.deepEqual([(await ask('/health')).status, (await ask('/health')).body], [200, 'fine']);
    const moved = await ask('/old/thing');
    assert.deepEqual([moved.status, moved.headers.location], [302, 'http://shop/new']);
    assert.ok(moved.headers.date);
  });

  await t.test('split by weight', async () => {
    const names = await Promise.all(Array.from({ length: 200 }, async () => (await ask('/', {}, 'split')).seen.name));
    const share = names.filter((name) => name === 'two').length;
    assert.ok(share > 15 && share < 70, `${share} of 200`);
  });

  await t.test('with the id, the way and the protocol of the request', async () => {
    const { seen, headers } = await ask('/', { 'x-forwarded-for': '10.0.0.1', 'x-forwarded-proto': 'https' });
    assert.match(seen.headers['x-request-id'] ?? '', /^[0-9a-f-]{36}$/);
    assert.match(seen.headers['x-forwarded-for'] ?? '', /^10\.0\.0\.1, [0-9.]+$/);
    assert.equal(seen.headers['x-forwarded-proto'], 'http');
    assert.match(seen.headers.via ?? '', /mesh$/);
    assert.match(headers.via ?? '', /mesh$/);
    assert.match(String(headers['x-envoy-upstream-service-time']), /^\d+$/);
    const kept = await call(sidecar.port('plain'), {
      headers: { 'x-request-id': 'mine', 'x-forwarded-for': '10.0.0.1' },
    });
    const plain = JSON.parse(kept.body) as Seen;
    assert.equal(plain.headers['x-request-id'], 'mine');
    assert.equal(plain.headers['x-forwarded-for'], '10.0.0.1');
  });

  await t.test('in absolute form, as a program with http_proxy asks', async () => {
    const client = await RawClient.connect(port);
    client.write('GET http://shop/pot HTTP/1.1\r\nHost: ignored\r\n\r\n');
    await client.sees('"url":"/pot"');
    assert.match(client.received, /"host":"shop"/);
    client.close();
  });

  await t.test('gRPC callers get their errors as gRPC', async () => {
    const answer = await ask('/', { 'content-type': 'application/grpc' }, 'elsewhere');
    assert.deepEqual([answer.status, answer.headers['grpc-status']], [200, '12']);
  });
});
