import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { type Answer, httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, clusterOptions, forward, httpListener } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

const slow: Answer = (_request, response) => {
  setTimeout(() => response.end('ok'), 50);
};

test('requests of high priority have their own limits, connections and gauges', async (t) => {
  const held: ServerResponse[] = [];
  const backend = await httpBackend(t, (_request, response) => held.push(response));
  const routes = [
    forward('cart', { priority: 'HIGH' }, { match: { prefix: '/high' } }),
    forward('cart', {}, { match: { prefix: '/' } }),
  ];
  const circuit_breakers = {
    thresholds: [
      { max_requests: 1, track_remaining: true },
      { priority: 'HIGH', max_requests: 2, track_remaining: true },
    ],
  };
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener({ routes })], [cluster('cart', [backend.port], { circuit_breakers })]),
  );
  const under = [
    call(sidecar.port()),
    call(sidecar.port(), { path: '/high' }),
    call(sidecar.port(), { path: '/high' }),
  ];
  await eventually(() => held.length === 3);
  const breaker = (name: string): Promise<number> => sidecar.stat(`cluster.cart.circuit_breakers.${name}`);
  assert.deepEqual(await Promise.all(['default.rq_open', 'high.rq_open'].map(breaker)), [1, 1]);
  assert.deepEqual(await Promise.all(['default.remaining_rq', 'high.remaining_rq'].map(breaker)), [0, 0]);
  assert.equal(await breaker('default.remaining_cx'), 1023);
  assert.equal(await breaker('high.remaining_cx'), 1022);
  for (const path of ['/', '/high']) {
    const refused = await call(sidecar.port(), { path });
    assert.deepEqual([refused.status, refused.headers['x-envoy-overloaded']], [503, 'true']);
  }
  assert.match(await sidecar.admin('/clusters'), /cart::high_priority::rq_active::2\n/);
  for (const each of held) each.end('ok');
  assert.deepEqual(
    (await Promise.all(under)).map((each) => each.status),
    [200, 200, 200],
  );
  await eventually(async () => (await breaker('high.remaining_rq')) === 2);
  assert.match(await sidecar.admin('/clusters'), /cart::high_priority::rq_active::0\n/);
});

test('no endpoint sees more requests at once than it may, over all workers, and the others take the rest', async (t) => {
  const backends = [await httpBackend(t, slow), await httpBackend(t, slow)];
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [httpListener()],
      [
        cluster(
          'cart',
          backends.map((each) => each.port),
          clusterOptions({ max_requests_per_endpoint: 3 }),
        ),
      ],
    ),
    '--concurrency',
    '2',
  );
  const statuses: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const results = await Promise.all(Array.from({ length: 30 }, () => call(sidecar.port())));
    statuses.push(...results.map((each) => each.status));
  }
  for (const each of backends) assert.ok(each.mostActive <= 3, `${each.mostActive} at once`);
  const refused = statuses.filter((each) => each === 503).length;
  assert.equal(statuses.length - refused, (backends[0]?.requests ?? 0) + (backends[1]?.requests ?? 0));
  assert.ok(refused > 0);
  assert.equal(await sidecar.stat('cluster.cart.upstream_rq_active_overflow'), refused);
  await sidecar.statBecomes('cluster.cart.upstream_rq_active', 0);
});

test('connections to one endpoint are bounded apart from those to the service', async (t) => {
  const backend = await httpBackend(t, slow);
  const circuit_breakers = { per_host_thresholds: [{ max_connections: 2 }] };
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener()], [cluster('cart', [backend.port], { circuit_breakers })]),
  );
  const results = await Promise.all(Array.from({ length: 12 }, () => call(sidecar.port())));
  assert.ok(results.every((each) => each.status === 200));
  assert.equal(backend.accepted, 2);
  assert.ok((await sidecar.stat('cluster.cart.upstream_cx_overflow')) > 0);
});
