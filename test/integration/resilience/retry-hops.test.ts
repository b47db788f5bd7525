import assert from 'node:assert/strict';
import http from 'node:http';
import { type TestContext, test } from 'node:test';
import { seededRandom } from '../../../shared/struct/random.ts';
import { httpBackend } from '../../support/backend.ts';
import { retryPlan, unlimited } from '../../support/cluster.ts';
import { clusterPieces, listenerPiece, routePiece, WorkerUnderTest } from '../../support/data-path.ts';
import { call } from '../../support/http-call.ts';
import { forwardPlan, prefix, routePlan } from '../../support/route-plan.ts';

const REQUESTS = 400;

/** A sidecar that sends everything to `port`, and repeats what fails twice. */
function hop(t: TestContext, port: number, budget: number): WorkerUnderTest {
  const retry = retryPlan({ attempts: 2, on: ['5xx'], classes: true, backoffBase: 1, backoffMax: 1 });
  const limits = { ...unlimited, retryBudget: { percent: budget, minPerSecond: 0, interval: 10_000 } };
  return new WorkerUnderTest(t, [
    ...clusterPieces('cart', 0, [port], { limits }),
    routePiece([routePlan('cart', prefix('/'), { action: forwardPlan({ retry }) })]),
    listenerPiece(),
  ]);
}

async function through(port: number): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const results = await Promise.all(Array.from({ length: REQUESTS }, () => call(port, { agent })));
  agent.destroy();
  return results.filter((each) => each.status === 200).length;
}

for (const budget of [20, 100]) {
  test(`three hops at 50 % errors do not multiply retries, with a budget of ${budget} %`, async (t) => {
    const random = seededRandom(1);
    const counts = new Set<string>();
    const backend = await httpBackend(t, (request, response) => {
      counts.add(String(request.headers['x-envoy-attempt-count'] ?? 'none'));
      response.writeHead(random() < 0.5 ? 503 : 200).end();
    });
    const third = hop(t, backend.port, budget);
    const second = hop(t, third.port, budget);
    const first = hop(t, second.port, budget);
    const good = await through(first.port);
    const load = backend.requests / REQUESTS;
    t.diagnostic(`${load} of the offered load, ${(good / REQUESTS) * 100} % succeed`);
    // One hop alone with two retries and no budget: 1 + 0.5 + 0.25, with a deviation of 0.04.
    assert.ok(load < (budget === 20 ? 1.5 : 1.9), `${load} of the offered load`);
    assert.ok(good / REQUESTS > (budget === 20 ? 0.52 : 0.75), `${good} of ${REQUESTS} succeed`);
    // No attempt is later than the third of any hop.
    for (const count of counts) assert.ok(['none', '2', '3'].includes(count), `attempt ${count}`);
    assert.ok(counts.has('2'));
  });
}

test('errors at every hop: programs that pass the headers on keep retries from multiplying', async (t) => {
  const random = seededRandom(2);
  const backend = await httpBackend(t, (_request, response) => response.writeHead(random() < 0.5 ? 503 : 200).end());
  /** A program that fails half of what it does itself, and calls the next hop for the rest. */
  const program = (port: number) =>
    httpBackend(t, (request, response) => {
      if (random() < 0.5) return response.writeHead(503).end();
      const count = request.headers['x-envoy-attempt-count'];
      const headers = count === undefined ? {} : { 'x-envoy-attempt-count': String(count) };
      return http
        .get({ host: '127.0.0.1', port, headers, agent: false }, (got) => {
          const marked = got.headers['x-aya-no-retry'];
          response.writeHead(got.statusCode ?? 502, marked === undefined ? {} : { 'x-aya-no-retry': marked });
          got.pipe(response);
        })
        .on('error', () => response.writeHead(502).end());
    });
  const third = hop(t, backend.port, 20);
  const inner = await program(third.port);
  const second = hop(t, inner.port, 20);
  const outer = await program(second.port);
  const first = hop(t, outer.port, 20);
  await through(first.port);
  const loads = [outer, inner, backend].map((each) => each.requests / REQUESTS);
  t.diagnostic(`loads ${loads.join(', ')}`);
  for (const load of loads) assert.ok(load < 1.5, `${load} of the offered load`);
});

test('a failure that was repeated enough says so, and a marked one is not repeated', async (t) => {
  const backend = await httpBackend(t, (request, response) => {
    if (request.url === '/marked') response.setHeader('x-aya-no-retry', '1');
    response.writeHead(503).end();
  });
  const { port } = hop(t, backend.port, 1_000);
  assert.equal((await call(port)).headers['x-aya-no-retry'], '1');
  assert.equal(backend.requests, 3);
  assert.equal((await call(port, { path: '/marked' })).headers['x-aya-no-retry'], '1');
  assert.equal(backend.requests, 4);
  assert.equal((await call(port, { headers: { 'x-envoy-attempt-count': '2' } })).headers['x-aya-no-retry'], undefined);
  assert.equal(backend.requests, 5);
});
