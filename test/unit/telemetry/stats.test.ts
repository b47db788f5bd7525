import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import type { Stats } from '../../../sidecar/core/stats.ts';
import { Turn } from '../../../sidecar/core/turn.ts';
import { ClusterStats } from '../../../sidecar/telemetry/cluster-stats.ts';
import { StatsCollector } from '../../../sidecar/telemetry/collect.ts';
import { ClusterHealthStats } from '../../../sidecar/telemetry/health-stats.ts';
import { HttpStats } from '../../../sidecar/telemetry/http-stats.ts';
import { RequestMetrics } from '../../../sidecar/telemetry/request-metrics.ts';
import type { StatsBatch } from '../../../sidecar/telemetry/series.ts';
import { ThreadStats } from '../../../sidecar/telemetry/stats.ts';
import { exchangeOf } from '../../support/exchange.ts';

/** Statistics of a worker whose batches reach the collector, as a structured clone would. */
function worker(collector: StatsCollector, thread: number): Stats {
  return new ThreadStats({ mark: (output) => output.flush() }, (batch) => collector.accept(thread, batch));
}

test('a name is one cell, however often it is asked for', () => {
  const stats = worker(new StatsCollector(), 0);
  stats.counter('cluster', 'cart', 'x').inc();
  stats.counter('cluster', 'cart', 'x').add(2);
  assert.equal(stats.counter('cluster', 'cart', 'x').value, 3);
  assert.equal(stats.counter('cluster', 'web', 'x').value, 0);
  assert.equal(stats.gauge('cluster', 'cart', 'x').value, 0, 'a gauge of that name is another');
});

test('labels in any order are the same series', () => {
  const stats = worker(new StatsCollector(), 0);
  stats.labelled('r', { a: '1', b: '2' }).inc();
  assert.equal(stats.labelled('r', { b: '2', a: '1' }).value, 1);
});

test('series of all threads are summed by name', () => {
  const collector = new StatsCollector();
  for (const thread of [0, 1, 2]) {
    const stats = worker(collector, thread);
    // Different orders give different positions.
    for (let at = 0; at < thread; at += 1) stats.counter('server', '', `other${at}`);
    stats.counter('cluster', 'a.b:80', 'rq').add(thread + 1);
    stats.histogram('cluster', 'a.b:80', 'time').record(5);
  }
  collector.own.counter('cluster', 'a.b:80', 'rq').add(10);
  assert.equal(collector.value('counter', 'cluster', 'a.b:80', 'rq'), 16);
  const time = collector.samples().find((each) => each.name === 'time');
  assert.equal(time?.owner, 'a.b_80');
  assert.equal(time?.value, 15);
});

test('what a dead thread counted stays, what it had open does not', () => {
  const collector = new StatsCollector();
  for (const life of [1, 2]) {
    const stats = worker(collector, 0);
    stats.counter('http', 'in', 'rq').add(5);
    stats.gauge('http', 'in', 'active').add(life);
    stats.histogram('http', 'in', 'time').record(1);
    assert.equal(collector.value('gauge', 'http', 'in', 'active'), life);
    collector.retire(0);
  }
  assert.equal(collector.value('counter', 'http', 'in', 'rq'), 10);
  assert.equal(collector.value('gauge', 'http', 'in', 'active'), 0);
  assert.equal(collector.samples().find((each) => each.name === 'time')?.value, 2);
});

test('thousands of series fill page after page', () => {
  const collector = new StatsCollector();
  const stats = worker(collector, 0);
  for (let at = 0; at < 3000; at += 1) stats.counter('cluster', `c${at}`, 'rq').add(at);
  for (let at = 0; at < 30; at += 1) stats.histogram('cluster', `c${at}`, 'time').record(at);
  for (const at of [0, 1023, 1024, 2999]) assert.equal(collector.value('counter', 'cluster', `c${at}`, 'rq'), at);
  assert.equal(collector.samples().length, 3030);
});

test('new series travel in one batch per turn', () => {
  const batches: StatsBatch[] = [];
  const turn = new Turn(new VirtualClock());
  const stats = new ThreadStats(turn, (batch) => batches.push(batch));
  turn.enter();
  stats.counter('cluster', 'a', 'x');
  stats.histogram('cluster', 'a', 'y');
  assert.equal(batches.length, 0);
  turn.leave();
  assert.deepEqual(
    batches.map((batch) => [batch.pages.length, batch.series.length]),
    [[2, 2]],
  );
  turn.enter();
  stats.counter('cluster', 'a', 'x').inc();
  turn.leave();
  assert.equal(batches.length, 1, 'nothing new, nothing sent');
});

test('beyond its limit a thread counts further label sets and codes together, and how many those were', () => {
  const collector = new StatsCollector();
  const stats = new ThreadStats({ mark: (output) => output.flush() }, (batch) => collector.accept(0, batch), {
    named: 3,
    labelled: 2,
  });
  for (let at = 0; at < 5; at += 1) stats.labelled('rq', { path: `/${at}`, code: '200' }).inc();
  for (let at = 0; at < 5; at += 1) stats.counter('cluster', `c${at}`, 'rq').inc();
  const labelled = collector.samples().filter((each) => each.name === 'rq' && each.labels);
  assert.deepEqual(labelled.map((each) => [each.labels?.path, each.labels?.code, each.value]).sort(), [
    ['/0', '200', 1],
    ['/1', '200', 1],
    ['other', 'other', 3],
  ]);
  assert.equal(collector.value('counter', 'cluster', 'other', 'rq'), 2);
  assert.equal(collector.value('counter', 'cluster', 'c2', 'rq'), 1);
  assert.equal(collector.value('counter', 'server', '', 'stat_series_overflow'), 5);
});

test('a cluster counts responses by code and by class', () => {
  const collector = new StatsCollector();
  const cluster = new ClusterStats(worker(collector, 0), 'cart');
  for (const status of [200, 200, 201, 503, 99, 600]) cluster.recordResponse(status);
  const count = (name: string): number => collector.value('counter', 'cluster', 'cart', name);
  assert.deepEqual(
    ['upstream_rq_200', 'upstream_rq_201', 'upstream_rq_2xx', 'upstream_rq_503', 'upstream_rq_5xx'].map(count),
    [2, 1, 3, 1, 1],
  );
  assert.equal(count('upstream_rq_completed'), 6);
  assert.equal(collector.samples().filter((each) => each.name.startsWith('upstream_rq_9')).length, 0);
});

test('a cluster that is configured anew goes on counting where it stood', () => {
  const collector = new StatsCollector();
  const stats = worker(collector, 0);
  new ClusterStats(stats, 'cart').upstreamRqTotal.inc();
  new ClusterStats(stats, 'cart').upstreamRqTotal.inc();
  assert.equal(collector.value('counter', 'cluster', 'cart', 'upstream_rq_total'), 2);
});

test('a listener counts requests by class, and those that got no answer only as begun', () => {
  const collector = new StatsCollector();
  const http = new HttpStats(worker(collector, 0), 'inbound');
  for (const status of [200, 404, 0]) {
    const x = exchangeOf();
    http.beginRequest(11);
    x.status = status;
    x.ended = x.started + 7;
    http.recordRequest(x);
  }
  const count = (name: string): number => collector.value('counter', 'http', 'inbound', name);
  assert.deepEqual(
    ['downstream_rq_total', 'downstream_rq_completed', 'downstream_rq_2xx', 'downstream_rq_4xx'].map(count),
    [3, 2, 1, 1],
  );
  assert.equal(collector.value('gauge', 'http', 'inbound', 'downstream_rq_active'), 0);
});

test('gauges of main are refreshed before each look', () => {
  const collector = new StatsCollector();
  const health = new ClusterHealthStats(collector.own, 'cart');
  let members = 3;
  collector.beforeScrape(() => health.membershipTotal.set(members));
  const read = (): number | undefined => collector.samples().find((each) => each.name === 'membership_total')?.value;
  assert.equal(read(), 3);
  members = 2;
  assert.equal(read(), 2);
});

test("a request is one of Istio's series, told apart by code, flags and protocol", () => {
  const collector = new StatsCollector();
  const metrics = new RequestMetrics(worker(collector, 0), {
    reporter: 'source',
    labels: { source_workload: 'web' },
    peer: (cluster) => ({ destination_service_name: cluster }),
  });
  const request = (status: number, flags: number, grpcStatus = -1): void => {
    const x = exchangeOf({ method: 'POST' });
    Object.assign(x, { grpc: grpcStatus >= 0, grpcStatus });
    Object.assign(x, { status, flags, cluster: 'cart', ended: x.started + 12, bytesReceived: 100, bytesSent: 5000 });
    metrics.record(x);
  };
  request(200, 0);
  request(200, 0);
  request(503, 1 << 2);
  request(200, 0, 0);
  request(200, 0, 0);
  request(200, 1 << 2, 14);
  request(200, 0, 99);
  const totals = collector.samples().filter((each) => each.name === 'istio_requests_total');
  assert.deepEqual(
    totals
      .map(({ labels, value }) => [
        labels?.request_protocol,
        labels?.response_code,
        labels?.response_flags,
        labels?.grpc_response_status,
        value,
      ])
      .sort(),
    [
      ['grpc', '200', '-', '0', 2],
      ['grpc', '200', '-', 'other', 1],
      ['grpc', '200', 'UO', '14', 1],
      ['http', '200', '-', undefined, 2],
      ['http', '503', 'UO', undefined, 1],
    ],
  );
  assert.deepEqual(
    [totals[0]?.labels?.reporter, totals[0]?.labels?.source_workload, totals[0]?.labels?.destination_service_name],
    ['source', 'web', 'cart'],
  );
  const bytes = collector.samples().find((each) => each.name === 'istio_response_bytes');
  assert.equal(bytes?.unit, 'bytes');
});
