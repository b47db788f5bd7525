import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

test('an endpoint that fails every other request is found by comparing it with the others', async (t) => {
  const every = (fails: (nth: number) => boolean): Answer => {
    let nth = 0;
    return (_request, response) => {
      nth += 1;
      response.writeHead(fails(nth) ? 500 : 200, { 'content-length': 0 }).end();
    };
  };
  const flaky = await httpBackend(
    t,
    every((nth) => nth % 2 === 0),
  );
  const others = [
    await httpBackend(
      t,
      every(() => false),
    ),
    await httpBackend(
      t,
      every(() => false),
    ),
  ];
  const outlier = {
    interval: '1s',
    base_ejection_time: '60s',
    max_ejection_percent: 50,
    success_rate_minimum_hosts: 3,
    success_rate_request_volume: 5,
    success_rate_stdev_factor: 1000,
  };
  const three = cluster('three', [flaky.port, ...others.map((each) => each.port)], { outlier_detection: outlier });
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener({ routes: [forward('three')] })], [three]),
    '--concurrency',
    '2',
  );
  const port = sidecar.port();
  await eventually(async () => {
    await Promise.all(Array.from({ length: 30 }, () => call(port)));
    return (await sidecar.stat('cluster.three.outlier_detection.ejections_enforced_success_rate')) > 0;
  }, 20_000);
  assert.equal(await sidecar.stat('cluster.three.outlier_detection.ejections_active'), 1);
  assert.equal(await sidecar.stat('cluster.three.outlier_detection.ejections_detected_consecutive_5xx'), 0);
  assert.match(await sidecar.admin('/clusters'), new RegExp(`three::127\\.0\\.0\\.1:${flaky.port}::success_rate::`));
  const [event] = JSON.parse(await sidecar.admin('/outlier_events')) as Record<string, unknown>[];
  assert.deepEqual([event?.endpoint, event?.detector], [`127.0.0.1:${flaky.port}`, 'success_rate']);
  const before = flaky.requests;
  const answers = await Promise.all(Array.from({ length: 20 }, () => call(port)));
  assert.ok(answers.every((each) => each.status === 200));
  assert.equal(flaky.requests, before);
});
