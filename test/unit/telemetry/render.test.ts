import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatsCollector } from '../../../sidecar/telemetry/collect.ts';
import { renderPrometheus } from '../../../sidecar/telemetry/prometheus.ts';
import { renderJson, renderText, type StatsQuery, select } from '../../../sidecar/telemetry/render.ts';

function filled(): StatsCollector {
  const collector = new StatsCollector();
  const { own } = collector;
  own.counter('cluster', 'cart.shop:80', 'upstream_rq_total').add(5);
  own.counter('cluster', 'cart.shop:80', 'upstream_rq_200').add(4);
  own.counter('cluster', 'cart.shop:80', 'upstream_rq_5xx').add(1);
  own.counter('cluster', 'web', 'upstream_rq_total');
  own.gauge('cluster', 'web', 'circuit_breakers.default.cx_open').set(1);
  own.gauge('server', '', 'live').set(1);
  own.counter('http', 'in', 'fault.delays_injected').inc();
  own.counter('listener', '0.0.0.0:15001', 'downstream_cx_total').inc();
  const time = own.histogram('cluster', 'web', 'upstream_rq_time');
  for (const ms of [1, 2, 3, 1000]) time.record(ms);
  own.histogram('cluster', 'cart.shop:80', 'upstream_rq_time');
  own.labelled('istio_requests_total', { reporter: 'source', path: 'a"\\\n' }).add(2);
  return collector;
}

const all: StatsQuery = { filter: null, usedOnly: false };

test('text is sorted, counters and gauges first, then histograms with their quantiles', () => {
  const text = renderText(filled().samples());
  assert.deepEqual(text.split('\n').slice(0, 9), [
    'cluster.cart.shop_80.upstream_rq_200: 4',
    'cluster.cart.shop_80.upstream_rq_5xx: 1',
    'cluster.cart.shop_80.upstream_rq_total: 5',
    'cluster.web.circuit_breakers.default.cx_open: 1',
    'cluster.web.upstream_rq_total: 0',
    'http.in.fault.delays_injected: 1',
    'listener.0.0.0.0_15001.downstream_cx_total: 1',
    'server.live: 1',
    'istio_requests_total{reporter="source",path="a\\"\\\\\\n"}: 2',
  ]);
  assert.match(text, /^cluster\.cart\.shop_80\.upstream_rq_time: No recorded values$/m);
  assert.match(
    text,
    /^cluster\.web\.upstream_rq_time: P0\(nan,0\.875\) P25\(nan,1\) P50\(nan,2\) .* P100\(nan,1024\)$/m,
  );
});

test('a filter and usedonly choose among the series', () => {
  const samples = filled().samples();
  const names = (query: Partial<StatsQuery>): string[] =>
    select(samples, { ...all, ...query }).map((each) => each.name);
  assert.equal(names({}).length, samples.length);
  assert.deepEqual(names({ filter: /^cluster\.web\./ }), [
    'circuit_breakers.default.cx_open',
    'upstream_rq_time',
    'upstream_rq_total',
  ]);
  assert.deepEqual(names({ filter: /^cluster\.web\./, usedOnly: true }), [
    'circuit_breakers.default.cx_open',
    'upstream_rq_time',
  ]);
});

test('json has the shape that Envoy gives it', () => {
  const { stats } = JSON.parse(renderJson(filled().samples()));
  assert.deepEqual(stats[0], { name: 'cluster.cart.shop_80.upstream_rq_200', value: 4 });
  const { histograms } = stats.at(-1);
  assert.deepEqual(histograms.supported_quantiles, [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100]);
  const [empty, web] = histograms.computed_quantiles;
  assert.deepEqual(empty.values[0], { interval: null, cumulative: null });
  assert.equal(web.name, 'cluster.web.upstream_rq_time');
  assert.deepEqual(web.values[2], { interval: null, cumulative: 2 });
});

test("Prometheus sees Envoy's names and tags, one TYPE per metric", () => {
  const lines = renderPrometheus(filled().samples()).split('\n');
  for (const line of [
    '# TYPE envoy_cluster_upstream_rq_total counter',
    'envoy_cluster_upstream_rq_total{envoy_cluster_name="cart.shop_80"} 5',
    'envoy_cluster_upstream_rq_total{envoy_cluster_name="web"} 0',
    'envoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="cart.shop_80"} 4',
    'envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",envoy_cluster_name="cart.shop_80"} 1',
    '# TYPE envoy_cluster_circuit_breakers_default_cx_open gauge',
    'envoy_cluster_circuit_breakers_default_cx_open{envoy_cluster_name="web"} 1',
    'envoy_server_live 1',
    'envoy_http_fault_delays_injected{envoy_http_conn_manager_prefix="in"} 1',
    'envoy_listener_downstream_cx_total{envoy_listener_address="0.0.0.0_15001"} 1',
    'istio_requests_total{reporter="source",path="a\\"\\\\\\n"} 2',
    '# TYPE envoy_cluster_upstream_rq_time histogram',
  ]) {
    assert.ok(lines.includes(line), line);
  }
  const types = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
  assert.equal(new Set(types).size, types.length);
});

test('all lines of a metric stand together below its TYPE', () => {
  let current = '';
  for (const line of renderPrometheus(filled().samples()).trimEnd().split('\n')) {
    if (line.startsWith('# TYPE ')) current = line.split(' ')[2] ?? '';
    else assert.equal(/^[a-zA-Z0-9_]+/.exec(line)?.[0].replace(/_(bucket|sum|count)$/, ''), current);
  }
});

test('the buckets of a histogram are cumulative and end with all', () => {
  const lines = renderPrometheus(filled().samples()).split('\n');
  const web = lines.filter((line) => line.startsWith('envoy_cluster_upstream_rq_time') && line.includes('"web"'));
  const bucket = (bound: string): string | undefined =>
    web.find((line) => line.includes(`le="${bound}"`))?.split(' ')[1];
  assert.deepEqual(['0.25', '1', '2', '4', '1024', '+Inf'].map(bucket), ['0', '1', '2', '3', '4', '4']);
  assert.ok(web.includes('envoy_cluster_upstream_rq_time_sum{envoy_cluster_name="web"} 1006'));
  assert.ok(web.includes('envoy_cluster_upstream_rq_time_count{envoy_cluster_name="web"} 4'));
  const counts = web.filter((line) => line.includes('_bucket')).map((line) => Number(line.split(' ')[1]));
  assert.deepEqual(
    counts,
    counts.toSorted((left, right) => left - right),
  );
});
