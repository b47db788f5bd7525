import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

const outlier = { consecutive_5xx: 6, interval: '0.1s', base_ejection_time: '0.6s', max_ejection_percent: 100 };

const status =
  (code: () => number): Answer =>
  (_request, response) =>
    response.writeHead(code(), { 'content-length': 0 }).end();

test('consecutive 5xx over both workers eject at the threshold, and the endpoint comes back', async (t) => {
  let code = 500;
  const bad = await httpBackend(
    t,
    status(() => code),
  );
  const good = await httpBackend(
    t,
    status(() => 200),
  );
  const both = cluster('both', [bad.port, good.port], { outlier_detection: outlier });
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener({ routes: [forward('both')] })], [both]),
    '--concurrency',
    '2',
  );
  const port = sidecar.port();
  // A connection for each call spreads them over the workers; round robin sends every other one to the bad endpoint.
  while ((await sidecar.stat('cluster.both.outlier_detection.ejections_active')) === 0) {
    await call(port);
    assert.ok(bad.requests <= 6 + 1, `${bad.requests} answers with 500 and no ejection`);
  }
  assert.equal(bad.requests, 6);
  const workers = (await sidecar.admin('/stats/prometheus')).includes('envoy_cluster_upstream_rq_total');
  assert.ok(workers);
  assert.equal(await sidecar.stat('cluster.both.outlier_detection.ejections_enforced_consecutive_5xx'), 1);
  assert.equal(await sidecar.stat('cluster.both.membership_healthy'), 1);
  assert.equal(await sidecar.stat('cluster.both.membership_total'), 2);
  assert.match(await sidecar.admin('/clusters'), /::health_flags::\/failed_outlier_check\n/);
  const [event] = JSON.parse(await sidecar.admin('/outlier_events')) as Record<string, unknown>[];
  assert.deepEqual([event?.action, event?.cluster, event?.endpoint], ['eject', 'both', `127.0.0.1:${bad.port}`]);

  // Out: it gets nothing.
  const results = await Promise.all(Array.from({ length: 20 }, () => call(port)));
  assert.ok(results.every((each) => each.status === 200));
  assert.equal(bad.requests, 6);

  // Its time is over: it gets its share again.
  code = 200;
  await sidecar.statBecomes('cluster.both.outlier_detection.ejections_active', 0);
  await Promise.all(Array.from({ length: 10 }, () => call(port)));
  assert.ok(bad.requests > 6);
  assert.equal(await sidecar.stat('cluster.both.membership_healthy'), 2);
});

test('endpoints that cannot be reached or do not answer in time are ejected, too', async (t) => {
  const silent = await httpBackend(t, () => {});
  const good = await httpBackend(
    t,
    status(() => 200),
  );
  const both = cluster('both', [silent.port, good.port], {
    outlier_detection: { ...outlier, consecutive_5xx: 2, base_ejection_time: '30s' },
  });
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener({ routes: [forward('both', { timeout: '0.1s' })] })], [both]),
  );
  const statuses: number[] = [];
  for (let count = 0; count < 8; count += 1) statuses.push((await call(sidecar.port())).status);
  assert.equal(statuses.filter((each) => each === 504).length, 2);
  assert.equal(silent.requests, 2);
  assert.equal(await sidecar.stat('cluster.both.outlier_detection.ejections_active'), 1);
  assert.equal(await sidecar.stat('cluster.both.upstream_rq_timeout'), 2);
});
