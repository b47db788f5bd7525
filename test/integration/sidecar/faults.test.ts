import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, faultFilter, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

const whole = { numerator: 100, denominator: 'HUNDRED' };
const none = { numerator: 0, denominator: 'HUNDRED' };
const header = (name: string): Json => ({ name, string_match: { exact: 'yes' } });

const perRoute = (fault: Json): Json => ({
  typed_per_filter_config: {
    'envoy.filters.http.fault': {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
      ...fault,
    },
  },
});

test('faults are injected as the filter, the headers and the route say', async (t) => {
  const backend = await httpBackend(t);
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        httpListener({
          name: 'web',
          filters: [faultFilter({ abort: { http_status: 418, percentage: whole }, headers: [header('x-abort')] })],
          routes: [
            forward(
              'cart',
              {},
              {
                match: { prefix: '/slow' },
                ...perRoute({ delay: { fixed_delay: '0.2s', percentage: whole }, max_active_faults: 2 }),
              },
            ),
            forward(
              'cart',
              {},
              {
                match: { prefix: '/both' },
                ...perRoute({
                  delay: { fixed_delay: '0.1s', percentage: whole },
                  abort: { http_status: 503, percentage: whole },
                }),
              },
            ),
            forward(
              'cart',
              {},
              {
                match: { prefix: '/never' },
                ...perRoute({ abort: { http_status: 503, percentage: none } }),
              },
            ),
            forward(
              'cart',
              {},
              {
                match: { prefix: '/half' },
                ...perRoute({ abort: { http_status: 503, percentage: { numerator: 50, denominator: 'HUNDRED' } } }),
              },
            ),
            forward('cart'),
          ],
        }),
      ],
      [cluster('cart', [backend.port])],
    ),
  );
  const port = sidecar.port();
  const timed = async (path: string): Promise<{ status: number; ms: number }> => {
    const began = performance.now();
    const { status } = await call(port, { path });
    return { status, ms: performance.now() - began };
  };

  await t.test('an abort answers in place of the endpoint, for requests with the header only', async () => {
    assert.equal((await call(port)).status, 200);
    const before = backend.requests;
    const aborted = await call(port, { headers: { 'x-abort': 'yes' } });
    assert.deepEqual([aborted.status, aborted.body], [418, 'fault filter abort']);
    assert.equal(backend.requests, before);
    assert.equal(await sidecar.stat('http.web.fault.aborts_injected'), 1);
  });

  await t.test('a delay holds the request, and no more than max_active_faults at once', async () => {
    const results = await Promise.all(Array.from({ length: 5 }, () => timed('/slow')));
    assert.ok(results.every((each) => each.status === 200));
    assert.equal(results.filter((each) => each.ms >= 190).length, 2);
    assert.equal(await sidecar.stat('http.web.fault.delays_injected'), 2);
    assert.equal(await sidecar.stat('http.web.fault.faults_overflow'), 3);
  });

  await t.test('first the delay, then the abort', async () => {
    const { status, ms } = await timed('/both');
    assert.equal(status, 503);
    assert.ok(ms >= 95, `${ms} ms`);
  });

  await t.test('shares are what they say', async () => {
    assert.equal((await timed('/never')).status, 200);
    const results = await Promise.all(Array.from({ length: 200 }, () => timed('/half')));
    const aborted = results.filter((each) => each.status === 503).length;
    assert.ok(aborted > 60 && aborted < 140, `${aborted} of 200`);
  });

  await t.test('a client that goes during its delay leaves nothing behind', async () => {
    const abort = AbortSignal.timeout(50);
    assert.equal((await call(port, { path: '/slow', signal: abort })).status, 0);
    await sidecar.statBecomes('http.web.fault.active_faults', 0);
    await sidecar.statBecomes('http.web.downstream_rq_active', 0);
  });
});
