import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { HttpManagerPlan } from '../../../sidecar/core/plan/http-manager.ts';
import type { ForwardPlan, RetryPlan } from '../../../sidecar/core/plan/route.ts';
import { type Answer, type Backend, httpBackend } from '../../support/backend.ts';
import { retryPlan } from '../../support/cluster.ts';
import { clusterPieces, listenerPiece, routePiece, WorkerUnderTest } from '../../support/data-path.ts';
import { eventually } from '../../support/eventually.ts';
import { type CallOptions, type CallResult, call } from '../../support/http-call.ts';
import { forwardPlan, prefix, routePlan } from '../../support/route-plan.ts';

interface Bench {
  readonly backend: Backend;
  timed(options?: CallOptions): Promise<CallResult & { ms: number }>;
}

async function start(
  t: TestContext,
  answer: Answer,
  route: Partial<ForwardPlan> = {},
  manager: Partial<HttpManagerPlan> = {},
): Promise<Bench> {
  const backend = await httpBackend(t, answer);
  const { port } = new WorkerUnderTest(t, [
    ...clusterPieces('cart', 0, [backend.port]),
    routePiece([routePlan('cart', prefix('/'), { action: forwardPlan(route) })]),
    listenerPiece(manager),
  ]);
  return {
    backend,
    async timed(options) {
      const began = performance.now();
      const result = await call(port, options);
      return { ...result, ms: performance.now() - began };
    },
  };
}

const quick: Partial<RetryPlan> = { backoffBase: 1, backoffMax: 1 };
const failing: Answer = (_request, response) => response.writeHead(503).end();
const silent: Answer = (request) => request.resume();

test('a caller asks for retries by header, and the next hop does not see it', async (t) => {
  const seen = new Set<string>();
  const { backend, timed } = await start(t, (request, response) => {
    for (const name of Object.keys(request.headers)) if (name.startsWith('x-envoy-')) seen.add(name);
    response.writeHead(503).end();
  });
  await timed({ headers: { 'x-envoy-retry-on': '5xx', 'x-envoy-max-retries': '3' } });
  assert.equal(backend.requests, 4);
  await timed({ headers: { 'x-envoy-retry-on': 'nonsense' } });
  assert.equal(backend.requests, 5);
  assert.deepEqual([...seen], ['x-envoy-expected-rq-timeout-ms']);
});

test('a caller names statuses that are worth a retry', async (t) => {
  const { backend, timed } = await start(t, (_request, response) => response.writeHead(409).end());
  const headers = { 'X-Envoy-Retry-On': 'retriable-status-codes', 'x-envoy-retriable-status-codes': '404, 409' };
  await timed({ headers });
  assert.equal(backend.requests, 2);
});

test('a caller sets the timeouts of its request and of one attempt', async (t) => {
  const { backend, timed } = await start(t, silent);
  const whole = await timed({ headers: { 'x-envoy-upstream-rq-timeout-ms': '100' } });
  assert.equal(whole.status, 504);
  assert.ok(whole.ms >= 95 && whole.ms < 1_000, `${whole.ms} ms`);
  const headers = { 'x-envoy-upstream-rq-per-try-timeout-ms': '50', 'x-envoy-retry-on': '5xx' };
  const each = await timed({ headers });
  assert.equal(each.status, 504);
  assert.equal(backend.requests, 3);
});

test('from outside nobody sets anything: the headers are taken out', async (t) => {
  const names = new Set<string>();
  const answer: Answer = (request, response) => {
    for (const name of Object.keys(request.headers)) names.add(name);
    response.writeHead(503).end();
  };
  const { backend, timed } = await start(t, answer, {}, { useRemoteAddress: true });
  const headers = { 'x-envoy-retry-on': '5xx', 'x-forwarded-for': '203.0.113.7' };
  await timed({ headers });
  assert.equal(backend.requests, 1);
  assert.ok(!names.has('x-envoy-retry-on'));
  // This machine itself is inside.
  await timed({ headers: { 'x-envoy-retry-on': '5xx' } });
  assert.equal(backend.requests, 3);
});

test('a response says when to come back', async (t) => {
  const retry = retryPlan({
    ...quick,
    on: ['5xx'],
    rateLimited: {
      headers: [
        { name: 'retry-after', unixTime: false },
        { name: 'x-ratelimit-reset', unixTime: true },
      ],
      max: 1_500,
    },
  });
  const { backend, timed } = await start(
    t,
    ({ url }, response) => {
      if (url === '/soon') response.setHeader('retry-after', '1');
      if (url === '/late') response.setHeader('retry-after', '60');
      if (url === '/reset') response.setHeader('x-ratelimit-reset', String(Math.floor(Date.now() / 1_000) + 1));
      response.writeHead(503).end();
    },
    { retry },
  );
  const soon = await timed({ path: '/soon' });
  assert.ok(soon.ms >= 990 && soon.ms < 2_000, `${soon.ms} ms`);
  assert.equal(backend.requests, 2);
  // More than the policy believes: an ordinary back-off.
  assert.ok((await timed({ path: '/late' })).ms < 500);
  assert.equal(backend.requests, 4);
  assert.ok((await timed({ path: '/reset' })).ms < 2_500);
  assert.equal(backend.requests, 6);
});

test('no retry that cannot begin before the deadline', async (t) => {
  const rateLimited = { headers: [{ name: 'retry-after', unixTime: false }], max: 10_000 };
  const retry = retryPlan({ ...quick, on: ['5xx'], rateLimited });
  const answer: Answer = (_request, response) => response.writeHead(503, { 'retry-after': '2' }).end();
  const { backend, timed } = await start(t, answer, { retry, timeout: 1_000 });
  const { ms, status } = await timed();
  assert.equal(status, 503);
  assert.ok(ms < 500, `${ms} ms`);
  assert.equal(backend.requests, 1);
});

test('a response with a header that the policy names is worth a retry', async (t) => {
  const headers = [{ name: 'x-try', invert: false, missingAsEmpty: false, test: { kind: 'exact', value: 'again' } }];
  const retry = retryPlan({ ...quick, on: ['retriable-headers'], headers: headers as RetryPlan['headers'] & object });
  const answer: Answer = ({ url }, response) => response.writeHead(200, url === '/a' ? { 'x-try': 'again' } : {}).end();
  const { backend, timed } = await start(t, answer, { retry });
  await timed({ path: '/a' });
  assert.equal(backend.requests, 2);
  await timed({ path: '/b' });
  assert.equal(backend.requests, 3);
});

test('an attempt in which nothing moves is over', async (t) => {
  const retry = retryPlan({ ...quick, on: ['5xx'], perTryIdleTimeout: 100 });
  const answer: Answer = ({ url }, response) => {
    if (url === '/half') response.writeHead(200).write('half');
  };
  const { backend, timed } = await start(t, answer, { retry });
  assert.equal((await timed()).status, 504);
  assert.equal(backend.requests, 2);
  const half = await timed({ path: '/half' });
  assert.deepEqual([half.status, half.body, half.truncated], [200, 'half', true]);
  assert.ok(half.ms >= 95 && half.ms < 1_000, `${half.ms} ms`);
});

for (const [what, over] of [
  ['on the per-try timeout', { perTryTimeout: 80, hedgeAfter: 80 }],
  ['by delay', { hedgeAfter: 80 }],
] as const) {
  test(`hedging ${what}: a second attempt answers for a slow first one, which is cancelled`, async (t) => {
    let gone = 0;
    const answer: Answer = (request, response, { requests }) => {
      if (requests > 1) response.end('second');
      else
        request.socket.on('close', () => {
          gone += 1;
        });
    };
    const { backend, timed } = await start(t, answer, { retry: retryPlan({ ...quick, on: ['5xx'], ...over }) });
    const { body, ms } = await timed();
    assert.equal(body, 'second');
    assert.ok(ms >= 75 && ms < 1_000, `${ms} ms`);
    assert.equal(backend.requests, 2);
    await eventually(() => gone === 1);
  });
}

test('hedging: the first may still win, and its rival is cancelled; a bad answer waits for the other', async (t) => {
  const active: number[] = [];
  const answer: Answer = ({ url }, response, backend) => {
    active.push(backend.active);
    const first = backend.active === 1;
    if (url === '/first') setTimeout(() => response.end(first ? 'first' : 'second'), first ? 160 : 2_000).unref();
    else setTimeout(() => response.writeHead(first ? 200 : 503).end('late'), first ? 200 : 1).unref();
  };
  const retry = retryPlan({ ...quick, on: ['5xx'], hedgeAfter: 60 });
  const { backend, timed } = await start(t, answer, { retry });
  assert.equal((await timed({ path: '/first' })).body, 'first');
  assert.equal(backend.requests, 2);
  await eventually(() => backend.active === 0);
  const waited = await timed({ path: '/bad' });
  assert.deepEqual([waited.status, waited.body], [200, 'late']);
  assert.equal(backend.requests, 4);
});

test('with classes only what may be repeated is hedged', async (t) => {
  const retry = retryPlan({ ...quick, on: ['5xx'], hedgeAfter: 30, classes: true });
  const answer: Answer = (request, response) => {
    request.resume();
    setTimeout(() => response.end('once'), 120).unref();
  };
  const { backend, timed } = await start(t, answer, { retry });
  assert.equal((await timed({ method: 'POST', body: 'order' })).body, 'once');
  assert.equal(backend.requests, 1);
  assert.equal((await timed()).body, 'once');
  assert.equal(backend.requests, 3);
});

test('the longest life of a stream holds over head and body', async (t) => {
  const answer: Answer = ({ url }, response) => {
    if (url === '/body') response.writeHead(200).write('part');
  };
  const { timed } = await start(t, answer, { maxStreamDuration: 120, timeout: 0 });
  const head = await timed();
  assert.equal(head.status, 504);
  assert.ok(head.ms >= 110 && head.ms < 1_000, `${head.ms} ms`);
  const body = await timed({ path: '/body' });
  assert.deepEqual([body.status, body.body, body.truncated], [200, 'part', true]);
});

test('grpc-timeout is honoured up to a cap, and the next hop hears what is left', async (t) => {
  const heard: string[] = [];
  const answer: Answer = (request) => {
    heard.push(String(request.headers['grpc-timeout']));
  };
  const { timed } = await start(t, answer, { grpcTimeoutMax: 150 });
  const headers = (timeout: string) => ({ 'content-type': 'application/grpc', 'grpc-timeout': timeout });
  const asked = await timed({ headers: headers('80m') });
  assert.ok(asked.ms >= 70 && asked.ms < 140, `${asked.ms} ms`);
  assert.equal(asked.headers['grpc-status'], '4');
  const capped = await timed({ headers: headers('1H') });
  assert.ok(capped.ms >= 140 && capped.ms < 1_000, `${capped.ms} ms`);
  for (const [at, most] of [80, 150].entries()) {
    const left = Number.parseInt(heard[at] ?? '', 10);
    assert.match(heard[at] ?? '', /^\d+m$/);
    assert.ok(left <= most && left > 0, heard.join(' '));
  }
});

test('what a caller asks for costs nothing where nobody retries', async (t) => {
  const { backend, timed } = await start(t, failing);
  await timed();
  assert.equal(backend.requests, 1);
});
