import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

test('everything that may take too long has its limit', async (t) => {
  /** Never answers, or stops in the middle, by path. */
  const stuck = await httpBackend(t, (request, response) => {
    request.resume();
    if (request.url === '/half') response.writeHead(200, { 'content-length': 10 }).write('half');
    if (request.url === '/quick') response.end('ok');
    if (request.url === '/trickle') {
      response.writeHead(200, { 'content-length': 8 });
      for (let part = 0; part < 8; part += 1) setTimeout(() => response.write('.'), part * 60);
    }
  });
  const route = (path: string, action: Json) => forward('stuck', action, { match: { prefix: path } });
  const routes = [
    route('/half', { timeout: '0.2s' }),
    route('/idle', { timeout: '0s', idle_timeout: '0.2s' }),
    route('/trickle', { timeout: '0s', idle_timeout: '0.2s' }),
    route('/never', { timeout: '0s', idle_timeout: '0s' }),
    route('/quick', {}),
    route('/', { timeout: '0.2s' }),
  ];
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        httpListener({ routes }),
        httpListener({
          name: 'strict',
          routes: [route('/', { timeout: '0s' })],
          manager: {
            request_headers_timeout: '0.2s',
            request_timeout: '0.4s',
            stream_idle_timeout: '0.2s',
            common_http_protocol_options: { idle_timeout: '0.2s' },
          },
        }),
        httpListener({
          name: 'overall',
          routes: [route('/', { timeout: '0s' })],
          manager: { request_timeout: '0.2s' },
        }),
      ],
      [cluster('stuck', [stuck.port])],
    ),
  );
  const port = sidecar.port();
  const strict = sidecar.port('strict');
  const timed = async (path: string, to = port): ReturnType<typeof call> => {
    const began = performance.now();
    const result = await call(to, { path });
    const took = performance.now() - began;
    assert.ok(took >= 190, `${path} took ${Math.round(took)} ms`);
    assert.ok(took < 2000, `${path} took ${Math.round(took)} ms`);
    return result;
  };

  await t.test("the route's timeout: 504 before the answer, broken off in it", async () => {
    const late = await timed('/');
    assert.deepEqual([late.status, late.body], [504, 'upstream request timeout']);
    const half = await timed('/half');
    assert.deepEqual([half.status, half.body, half.truncated], [200, 'half', true]);
    assert.equal(await sidecar.stat('cluster.stuck.upstream_rq_timeout'), 2);
    assert.equal(await sidecar.stat('cluster.stuck.upstream_rq_504'), 1);
    await sidecar.statBecomes('cluster.stuck.upstream_cx_active', 0);
  });

  await t.test('the expected timeout is told to the endpoint', async () => {
    let told: string | undefined;
    const backend = await httpBackend(t, (request, response) => {
      told = String(request.headers['x-envoy-expected-rq-timeout-ms']);
      response.end();
    });
    const listener = httpListener({ routes: [forward('cart', { timeout: '2.5s' })] });
    const other = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
    await call(other.port(), { headers: { 'x-envoy-expected-rq-timeout-ms': '1' } });
    assert.equal(told, '2500');
  });

  await t.test("the route's idle timeout ends a stream in which nothing moves, and only such", async () => {
    assert.equal((await timed('/idle')).status, 504);
    assert.equal(await sidecar.stat('http.web.downstream_rq_idle_timeout'), 1);
    const slow = await call(port, { path: '/trickle' });
    assert.deepEqual([slow.status, slow.body], [200, '........']);
    await sidecar.statBecomes('cluster.stuck.upstream_rq_active', 0);
  });

  await t.test('the stream idle timeout of the listener: 504 once the request is whole, 408 before', async () => {
    assert.equal((await timed('/', strict)).status, 504);
    const client = await RawClient.connect(strict);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
    assert.match(await client.seesEnd(), /^HTTP\/1\.1 408 /);
    assert.equal(await sidecar.stat('http.strict.downstream_rq_idle_timeout'), 2);
  });

  await t.test('a route may let a stream be idle for ever', async () => {
    const client = net.connect({ port, host: '127.0.0.1' });
    client.write('GET /never HTTP/1.1\r\nHost: a\r\n\r\n');
    await sidecar.statBecomes('cluster.stuck.upstream_rq_active', 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(await sidecar.stat('cluster.stuck.upstream_rq_active'), 1);
    client.resetAndDestroy();
    await sidecar.statBecomes('cluster.stuck.upstream_rq_active', 0);
  });

  await t.test('a head, and a request as a whole, must come in time', async () => {
    const head = await RawClient.connect(strict);
    head.write('GET / HTTP/1.1\r\nHos');
    assert.match(await head.seesEnd(), /^HTTP\/1\.1 408 /);
    assert.equal(await sidecar.stat('http.strict.downstream_rq_header_timeout'), 1);

    const drip = await RawClient.connect(sidecar.port('overall'));
    drip.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n');
    const timer = setInterval(() => drip.write('x'), 50);
    assert.match(await drip.seesEnd(), /^HTTP\/1\.1 408 /);
    clearInterval(timer);
    assert.equal(await sidecar.stat('http.overall.downstream_rq_timeout'), 1);
    assert.equal(await sidecar.stat('http.overall.downstream_rq_idle_timeout'), 0);
    await sidecar.statBecomes('cluster.stuck.upstream_rq_active', 0);
  });

  await t.test('a connection without a request is closed', async () => {
    const client = await RawClient.connect(strict);
    client.write('GET /quick HTTP/1.1\r\nHost: a\r\n\r\n');
    const text = await client.seesEnd();
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.ok(!/408/.test(text));
  });
});
