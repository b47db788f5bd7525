import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

test('the admin shows what the sidecar does', async (t) => {
  const backend = await httpBackend(t, (request, response) => {
    response.statusCode = request.url === '/bad' ? 503 : 200;
    response.end('12345');
  });
  const routes = [
    forward('nobody', {}, { match: { prefix: '/nobody' } }),
    forward('empty', {}, { match: { prefix: '/empty' } }),
    { match: { prefix: '/direct' }, direct_response: { status: 200, body: { inline_string: 'here' } } },
    forward('cart:80', {}, { match: { prefix: '/' }, name: 'all' }),
  ];
  const listener = httpListener({
    routes,
    manager: {
      route_config: {
        name: 'r',
        validate_clusters: false,
        virtual_hosts: [{ name: 'all', domains: ['shop'], routes }],
      },
    },
  });
  const sidecar = await startSidecar(
    t,
    bootstrap([listener], [cluster('cart:80', [backend.port]), cluster('empty', [])]),
    ...['--concurrency', '2'],
  );
  const port = sidecar.port();
  const headers = { host: 'shop' };
  const calls = async (paths: readonly string[]): Promise<number[]> =>
    (await Promise.all(paths.map((path) => call(port, { path, headers })))).map((each) => each.status);
  assert.deepEqual(await calls(['/a', '/b', '/c', '/bad']), [200, 200, 200, 503]);
  assert.deepEqual(await calls(['/nobody', '/empty', '/direct']), [503, 503, 200]);
  assert.equal((await call(port, { headers: { host: 'elsewhere' } })).status, 404);

  await t.test("statistics under Envoy's names, summed over the workers", async () => {
    const stats = await sidecar.stats();
    const expected: Record<string, number> = {
      'cluster.cart_80.upstream_rq_total': 4,
      'cluster.cart_80.upstream_rq_200': 3,
      'cluster.cart_80.upstream_rq_2xx': 3,
      'cluster.cart_80.upstream_rq_503': 1,
      'cluster.cart_80.upstream_rq_completed': 4,
      'cluster.cart_80.upstream_rq_active': 0,
      'cluster.cart_80.membership_total': 1,
      'cluster.cart_80.membership_healthy': 1,
      'cluster.cart_80.membership_change': 1,
      'cluster.cart_80.circuit_breakers.default.rq_open': 0,
      'cluster.empty.upstream_cx_none_healthy': 1,
      'cluster.empty.upstream_rq_503': 1,
      'cluster.empty.membership_total': 0,
      'cluster.empty.update_empty': 1,
      'http.web.downstream_rq_total': 8,
      'http.web.downstream_rq_completed': 8,
      'http.web.downstream_rq_2xx': 4,
      'http.web.downstream_rq_4xx': 1,
      'http.web.downstream_rq_5xx': 3,
      'http.web.downstream_rq_active': 0,
      'http.web.no_route': 1,
      'http.web.no_cluster': 1,
      'http.web.rq_direct_response': 1,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(stats.get(name), value, name);
    for (const name of ['downstream_cx_rx_bytes_total', 'downstream_cx_tx_bytes_total', 'downstream_cx_total']) {
      assert.ok((stats.get(`http.web.${name}`) ?? 0) > 0, name);
    }
    for (const name of ['upstream_cx_rx_bytes_total', 'upstream_cx_tx_bytes_total', 'upstream_cx_total']) {
      assert.ok((stats.get(`cluster.cart_80.${name}`) ?? 0) > 0, name);
    }
  });

  await t.test('for Prometheus, with labels, histograms and the standard metrics of a mesh', async () => {
    const text = await sidecar.admin('/stats/prometheus');
    assert.match(text, /^envoy_cluster_upstream_rq_total\{envoy_cluster_name="cart_80"\} 4$/m);
    assert.match(text, /^envoy_http_downstream_rq_total\{envoy_http_conn_manager_prefix="web"\} 8$/m);
    assert.match(text, /^istio_requests_total\{.*response_code="200".*\} 3$/m);
    assert.match(text, /^istio_request_duration_milliseconds_bucket\{/m);
    assert.match(text, /^envoy_cluster_upstream_rq_time_count\{envoy_cluster_name="cart_80"\} 4$/m);
  });

  await t.test('clusters and their endpoints', async () => {
    const text = await sidecar.admin('/clusters');
    assert.match(text, new RegExp(`^cart:80::127\\.0\\.0\\.1:${backend.port}::rq_total::4$`, 'm'));
    assert.match(text, new RegExp(`^cart:80::127\\.0\\.0\\.1:${backend.port}::rq_error::1$`, 'm'));
    assert.match(text, /^cart:80::default_priority::max_connections::1024$/m);
    const json = JSON.parse(await sidecar.admin('/clusters?format=json'));
    assert.equal(json.cluster_statuses[0].name, 'cart:80');
  });

  await t.test('what it listens on, what it runs, and whether it is ready', async () => {
    assert.equal(await sidecar.admin('/listeners'), `web::127.0.0.1:${port}\n`);
    const dump = JSON.parse(await sidecar.admin('/config_dump'));
    assert.ok(JSON.stringify(dump).includes('"cart:80"'));
    assert.equal(await sidecar.admin('/ready'), 'LIVE\n');
    assert.equal(JSON.parse(await sidecar.admin('/server_info')).state, 'LIVE');
  });

  await t.test('a filter, the used ones only, and a wrong question', async () => {
    assert.equal(
      await sidecar.admin('/stats?filter=^cluster.cart_80.upstream_rq_200$'),
      'cluster.cart_80.upstream_rq_200: 3\n',
    );
    assert.ok(!(await sidecar.admin('/stats?usedonly')).includes('upstream_rq_retry:'));
    assert.match(await sidecar.admin('/stats?filter=('), /not a regular expression/);
    assert.match(await sidecar.admin('/nothing'), /invalid path/);
  });

  await t.test('the log level can be changed', async () => {
    await sidecar.admin('/logging?level=debug', 'POST');
    assert.equal(await sidecar.admin('/logging'), 'level: debug\n');
    assert.match(await sidecar.admin('/logging?level=loud', 'POST'), /unknown value "loud"/);
  });
});
