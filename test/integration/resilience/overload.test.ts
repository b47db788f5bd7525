import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

const filter = (name: string, config: Json): Json => ({
  name,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.filters.http.${name}`, ...config },
});

test('admission control refuses most of the requests to a service that fails, and none once it is well', async (t) => {
  let fails = true;
  const backend = await httpBackend(t, (_request, response) => response.writeHead(fails ? 500 : 200).end());
  const filters = [
    filter('admission_control.v3.AdmissionControl', {
      success_criteria: {},
      sampling_window: '1s',
      max_rejection_probability: { default_value: { value: 90 }, runtime_key: 'x' },
    }),
  ];
  const sidecar = await startSidecar(t, bootstrap([httpListener({ filters })], [cluster('cart', [backend.port])]));
  const port = sidecar.port();
  await eventually(async () => {
    await Promise.all(Array.from({ length: 20 }, () => call(port)));
    return (await sidecar.stat('http.web.admission_control.rq_rejected')) >= 50;
  });
  assert.ok(await sidecar.stat('http.web.admission_control.rq_failure'));
  const results = await Promise.all(Array.from({ length: 100 }, () => call(port)));
  const refused = results.filter((each) => each.status === 503);
  assert.ok(refused.length >= 60, `${refused.length} of 100`);
  assert.match(refused[0]?.body.toString() ?? '', /denied by admission control/);
  fails = false;
  await eventually(async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(port)));
    return answers.every((each) => each.status === 200);
  });
});

test('adaptive concurrency measures at the least concurrency, and refuses above its limit', async (t) => {
  const backend = await httpBackend(t, (_request, response) => {
    setTimeout(() => response.end('ok'), 20);
  });
  const filters = [
    filter('adaptive_concurrency.v3.AdaptiveConcurrency', {
      gradient_controller_config: {
        concurrency_limit_params: { concurrency_update_interval: '0.1s' },
        min_rtt_calc_params: { interval: '600s', request_count: 10, min_concurrency: 2 },
      },
      concurrency_limit_exceeded_status: { code: 'TooManyRequests' },
    }),
  ];
  const sidecar = await startSidecar(t, bootstrap([httpListener({ filters })], [cluster('cart', [backend.port])]));
  const series = 'http.web.adaptive_concurrency.gradient_controller';
  const results = await Promise.all(Array.from({ length: 10 }, () => call(sidecar.port())));
  const refused = results.filter((each) => each.status === 429);
  assert.ok(refused.length > 0);
  assert.equal(refused[0]?.headers['x-envoy-overloaded'], 'true');
  assert.ok(backend.mostActive <= 2, `${backend.mostActive} at once`);
  assert.equal(await sidecar.stat(`${series}.rq_blocked`), refused.length);
  await eventually(async () => {
    await Promise.all(Array.from({ length: 4 }, () => call(sidecar.port())));
    return (await sidecar.stat(`${series}.min_rtt_calculation_active`)) === 0;
  });
  // Latency stays at its minimum, so there is room for more.
  await eventually(async () => {
    await Promise.all(Array.from({ length: 8 }, () => call(sidecar.port())));
    return (await sidecar.stat(`${series}.concurrency_limit`)) >= 20;
  }, 15_000);
  const all = await Promise.all(Array.from({ length: 15 }, () => call(sidecar.port())));
  assert.ok(all.every((each) => each.status === 200));
});
