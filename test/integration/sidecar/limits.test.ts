import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener, limits } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

/** Answers after a moment. */
const slow: Answer = (_request, response) => {
  setTimeout(() => response.end('ok'), 50);
};

const statuses = (results: readonly { status: number }[]): Record<string, number> =>
  Object.fromEntries(
    [...new Set(results.map((each) => each.status))]
      .sort()
      .map((status) => [status, results.filter((each) => each.status === status).length]),
  );

test('with two workers, 50 parallel calls and max_requests 5 the endpoint never sees more than 5', async (t) => {
  const backend = await httpBackend(t, slow);
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener()], [cluster('cart', [backend.port], limits({ max_requests: 5 }))]),
    '--concurrency',
    '2',
  );
  let served = 0;
  let refused = 0;
  for (let round = 0; round < 5; round += 1) {
    // A connection for each call, so that the kernel spreads them over the workers.
    const results = await Promise.all(Array.from({ length: 50 }, () => call(sidecar.port())));
    for (const { status, headers, body } of results) {
      if (status === 200) served += 1;
      else {
        refused += 1;
        assert.deepEqual([status, headers['x-envoy-overloaded']], [503, 'true']);
        assert.match(body, /overflow/);
      }
    }
  }
  assert.ok(backend.mostActive <= 5, `${backend.mostActive} at once`);
  assert.equal(served, backend.requests);
  assert.ok(served >= 5);
  assert.equal(await sidecar.stat('cluster.cart.upstream_rq_active_overflow'), refused);
  assert.equal(await sidecar.stat('cluster.cart.upstream_rq_503'), refused);
  // Nothing leaks: once all is quiet the limit is wholly there again.
  await sidecar.statBecomes('cluster.cart.upstream_rq_active', 0);
  assert.match(await sidecar.admin('/clusters'), /cart::default_priority::rq_active::0\n/);
  assert.deepEqual(statuses(await Promise.all(Array.from({ length: 3 }, () => call(sidecar.port())))), { 200: 3 });
});

test('requests wait for a connection up to max_pending_requests, then they are refused', async (t) => {
  const backend = await httpBackend(t, slow);
  const thresholds = limits({ max_connections: 1, max_pending_requests: 3 });
  const sidecar = await startSidecar(t, bootstrap([httpListener()], [cluster('cart', [backend.port], thresholds)]));
  await call(sidecar.port());
  const results = await Promise.all(Array.from({ length: 10 }, () => call(sidecar.port())));
  assert.deepEqual(statuses(results), { 200: 4, 503: 6 });
  assert.equal(backend.mostActive, 1);
  assert.equal(backend.accepted, 1);
  assert.equal(await sidecar.stat('cluster.cart.upstream_rq_pending_overflow'), 6);
  assert.equal(await sidecar.stat('cluster.cart.upstream_rq_pending_active'), 0);
  assert.equal(await sidecar.stat('cluster.cart.circuit_breakers.default.cx_open'), 1);
  assert.equal(await sidecar.stat('cluster.cart.circuit_breakers.default.rq_pending_open'), 0);
});

test('each endpoint may have a connection whatever max_connections says, and no more', async (t) => {
  const backends = [await httpBackend(t, slow), await httpBackend(t, slow), await httpBackend(t, slow)];
  const three = cluster(
    'cart',
    backends.map((each) => each.port),
    limits({ max_connections: 2 }),
  );
  const sidecar = await startSidecar(t, bootstrap([httpListener()], [three]));
  const results = await Promise.all(Array.from({ length: 12 }, () => call(sidecar.port())));
  assert.deepEqual(statuses(results), { 200: 12 });
  for (const backend of backends) assert.deepEqual([backend.mostActive, backend.requests], [1, 4]);
  assert.equal(await sidecar.stat('cluster.cart.upstream_cx_active'), 3);
});

test('a connection carries as many requests as max_requests_per_connection says, and goes when it is idle', async (t) => {
  const backend = await httpBackend(t);
  const protocol = {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http_protocol_options: {} },
      common_http_protocol_options: { max_requests_per_connection: 3, idle_timeout: '0.2s' },
    },
  };
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener()], [cluster('cart', [backend.port], { typed_extension_protocol_options: protocol })]),
  );
  for (let count = 0; count < 7; count += 1) assert.equal((await call(sidecar.port())).status, 200);
  assert.equal(backend.accepted, 3);
  assert.equal(await sidecar.stat('cluster.cart.upstream_cx_max_requests'), 2);
  await sidecar.statBecomes('cluster.cart.upstream_cx_idle_timeout', 1);
  await sidecar.statBecomes('cluster.cart.upstream_cx_active', 0);
  await eventually(() => backend.connections === 0);
});
