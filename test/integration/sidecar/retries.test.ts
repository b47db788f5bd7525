import assert from 'node:assert/strict';
import type net from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { type Answer, deafPort, httpBackend, rawBackend } from '../../support/backend.ts';
import {
  bootstrap,
  cluster,
  forward,
  httpListener,
  type Json,
  retryClasses,
  socketAddress,
} from '../../support/bootstrap.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

/** Resets the connection as soon as one byte of a request is there. */
const resetAfterOneByte = (socket: net.Socket): void => {
  socket.once('data', () => socket.resetAndDestroy());
};

const previousHosts = {
  retry_host_predicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
      },
    },
  ],
  host_selection_retry_max_attempts: 5,
};

/** A route per name to the cluster of that name, each under /NAME with its retry policy. */
const routes = (all: Record<string, { retry: Json; route?: Json; action?: Json }>): Json[] =>
  Object.entries(all).map(([name, { retry, route = {}, action = {} }]) =>
    forward(name, { retry_policy: retry, ...action }, { match: { prefix: `/${name}` }, ...route }),
  );

const failing =
  (status: number, body = 'failed'): Answer =>
  (request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(status, { 'content-length': body.length }).end(body));
  };

test('by class, a POST whose connection is reset after one written byte reaches endpoints exactly once', async (t) => {
  const backends = [await rawBackend(t, resetAfterOneByte), await rawBackend(t, resetAfterOneByte)];
  const ports = backends.map((each) => each.port);
  const retry = { retry_on: 'connect-failure,reset,5xx', num_retries: 3, ...previousHosts };
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        httpListener({
          routes: routes({ classes: { retry, route: retryClasses() }, envoy: { retry } }),
        }),
      ],
      [cluster('classes', ports), cluster('envoy', ports)],
    ),
  );
  const requests = (): number => backends.reduce((sum, each) => sum + each.requests, 0);
  const post = await call(sidecar.port(), { method: 'POST', path: '/classes', body: 'pay 100' });
  assert.equal(post.status, 503);
  assert.equal(requests(), 1);
  // What may be done twice is tried again, on every endpoint.
  assert.equal((await call(sidecar.port(), { method: 'PUT', path: '/classes', body: 'set 100' })).status, 503);
  assert.equal(requests(), 1 + 4);
  const key = { 'idempotency-key': 'a' };
  assert.equal((await call(sidecar.port(), { method: 'POST', path: '/classes', body: 'x', headers: key })).status, 503);
  assert.equal(requests(), 1 + 4 + 4);
  // Without classes retry_on means what Envoy means by it.
  assert.equal((await call(sidecar.port(), { method: 'POST', path: '/envoy', body: 'x' })).status, 503);
  assert.equal(requests(), 1 + 4 + 4 + 4);
  assert.equal(await sidecar.stat('cluster.classes.upstream_rq_retry'), 6);
  assert.equal(await sidecar.stat('cluster.classes.upstream_rq_retry_limit_exceeded'), 2);
  await sidecar.statBecomes('cluster.classes.upstream_rq_active', 0);
});

test('by class, what got no response is tried elsewhere at once, and again at the same endpoint after the back-off', async (t) => {
  const backend = await httpBackend(t);
  const [dead, resetting] = [await deafPort(), await rawBackend(t, resetAfterOneByte)];
  const wait = 2_000;
  const back = { retry_back_off: { base_interval: `${wait / 1_000}s`, max_interval: `${wait / 1_000}s` } };
  const retry = { retry_on: 'connect-failure,reset', num_retries: 2, ...previousHosts, ...back };
  const over = { lb_policy: 'ROUND_ROBIN' };
  const version = (value: string): Json => ({ filter_metadata: { 'envoy.lb': { version: value } } });
  const subset = [dead, backend.port].map((port, at) => ({
    endpoint: { address: socketAddress(port) },
    metadata: version(String(at + 1)),
  }));
  const part = cluster('part', [], {
    load_assignment: { cluster_name: 'part', endpoints: [{ lb_endpoints: subset }] },
    lb_subset_config: { subset_selectors: [{ keys: ['version'] }] },
  });
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        httpListener({
          routes: routes({
            cart: { retry, route: retryClasses() },
            alone: { retry: { ...retry, num_retries: 1 }, route: retryClasses() },
            part: {
              retry: { ...retry, num_retries: 1 },
              route: retryClasses(),
              action: { metadata_match: version('1') },
            },
          }),
        }),
      ],
      [cluster('cart', [dead, resetting.port, backend.port], over), cluster('alone', [dead], over), part],
    ),
  );
  for (let request = 0; request < 6; request += 1) {
    const started = performance.now();
    assert.equal((await call(sidecar.port(), { path: '/cart' })).status, 200);
    const took = performance.now() - started;
    assert.ok(took < wait / 4, `${took} ms`);
  }
  const stats = await sidecar.stats();
  assert.equal(stats.get('cluster.cart.upstream_rq_retry_backoff_exponential'), 0);
  assert.ok((stats.get('cluster.cart.upstream_rq_retry') ?? 0) > 0);
  for (const name of ['alone', 'part']) {
    assert.equal((await call(sidecar.port(), { path: `/${name}` })).status, 503);
    assert.equal(await sidecar.stat(`cluster.${name}.upstream_rq_retry_backoff_exponential`), 1);
  }
});

test('by class, a POST that was never sent is tried elsewhere, body and all', async (t) => {
  const backend = await httpBackend(t, (request, response) => request.pipe(response));
  const dead = await deafPort();
  const retry = { retry_on: 'connect-failure,reset', num_retries: 3, ...previousHosts };
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [httpListener({ routes: routes({ cart: { retry, route: retryClasses() } }) })],
      [cluster('cart', [dead, backend.port])],
    ),
  );
  for (let count = 0; count < 6; count += 1) {
    const body = count % 2 === 0 ? `body ${count}` : Readable.from([`body `, String(count)]);
    const answer = await call(sidecar.port(), { method: 'POST', path: '/cart', body });
    assert.deepEqual([answer.status, answer.body], [200, `body ${count}`]);
  }
  assert.equal(backend.requests, 6);
  assert.ok((await sidecar.stat('cluster.cart.upstream_cx_connect_fail')) >= 2);
  assert.ok((await sidecar.stat('cluster.cart.upstream_rq_retry_success')) >= 2);
});

test('answers are retried by status, and the client sees the last one', async (t) => {
  let left = 0;
  const flaky = await httpBackend(t, (request, response) => {
    left -= 1;
    (left >= 0 ? failing(503) : failing(200, 'fine'))(request, response, flaky);
  });
  const retry = { retry_on: '5xx', num_retries: 2, retry_back_off: { base_interval: '0.001s' } };
  const options = { retry };
  const listener = httpListener({
    virtualHosts: [
      {
        name: 'all',
        domains: ['*'],
        include_request_attempt_count: true,
        routes: routes({ flaky: options }),
      },
    ],
  });
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('flaky', [flaky.port])]));

  await t.test('made good by another attempt', async () => {
    left = 2;
    const answer = await call(sidecar.port(), { path: '/flaky' });
    assert.deepEqual([answer.status, answer.body, flaky.requests], [200, 'fine', 3]);
    assert.equal(await sidecar.stat('cluster.flaky.upstream_rq_retry_success'), 1);
    assert.equal(await sidecar.stat('cluster.flaky.retry.upstream_rq_503'), 2);
    assert.equal(await sidecar.stat('cluster.flaky.upstream_rq_200'), 1);
    assert.equal(await sidecar.stat('cluster.flaky.upstream_rq_5xx'), 0);
  });

  await t.test('a short answer that is not wanted does not cost its connection', async () => {
    assert.equal(flaky.accepted, 1);
  });

  await t.test('given up after num_retries', async () => {
    left = 9;
    const before = flaky.requests;
    const answer = await call(sidecar.port(), { path: '/flaky' });
    assert.deepEqual([answer.status, answer.body, flaky.requests], [503, 'failed', before + 3]);
    assert.equal(await sidecar.stat('cluster.flaky.upstream_rq_retry_limit_exceeded'), 1);
    assert.equal(await sidecar.stat('cluster.flaky.upstream_rq_503'), 1);
  });

  await t.test('a body is sent again with each attempt', async () => {
    left = 1;
    const before = flaky.requests;
    const answer = await call(sidecar.port(), { method: 'POST', path: '/flaky', body: 'x'.repeat(300_000) });
    assert.deepEqual([answer.status, flaky.requests], [200, before + 2]);
  });

  await t.test('nothing is left behind', async () => {
    assert.match(await sidecar.admin('/clusters'), /flaky::default_priority::rq_retry_active::0\n/);
    await sidecar.statBecomes('cluster.flaky.upstream_rq_active', 0);
  });
});

test('a body over the limit passes, but is not repeated', async (t) => {
  const bodies: number[] = [];
  const backend = await httpBackend(t, (request, response) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    request.on('end', () => {
      bodies.push(size);
      response.writeHead(503, { 'content-length': 0 }).end();
    });
  });
  const retry = { retry_on: '5xx', num_retries: 2 };
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [httpListener({ routes: routes({ cart: { retry, route: { per_request_buffer_limit_bytes: 100_000 } } }) })],
      [cluster('cart', [backend.port])],
    ),
  );
  const post = (size: number) => call(sidecar.port(), { method: 'POST', path: '/cart', body: Buffer.alloc(size) });
  assert.equal((await post(99_000)).status, 503);
  assert.deepEqual(bodies.splice(0), [99_000, 99_000, 99_000]);
  assert.equal((await post(1_000_000)).status, 503);
  assert.deepEqual(bodies.splice(0), [1_000_000]);
  assert.equal(await sidecar.stat('cluster.cart.retry_or_shadow_abandoned'), 1);
});

test('an attempt that takes too long is followed by another', async (t) => {
  let slow = 1;
  const backend = await httpBackend(t, (request, response) => {
    slow -= 1;
    if (slow < 0) request.pipe(response);
  });
  const retry = { retry_on: '5xx', num_retries: 1, per_try_timeout: '0.1s' };
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener({ routes: routes({ cart: { retry } }) })], [cluster('cart', [backend.port])]),
  );
  const answer = await call(sidecar.port(), { method: 'POST', path: '/cart', body: 'again' });
  assert.deepEqual([answer.status, answer.body], [200, 'again']);
  assert.equal(await sidecar.stat('cluster.cart.upstream_rq_per_try_timeout'), 1);
  slow = 2;
  const given = await call(sidecar.port(), { path: '/cart' });
  assert.equal(given.status, 504);
  await sidecar.statBecomes('cluster.cart.upstream_cx_active', 0);

  // The time of an attempt runs from the end of the request: a slow upload is not the endpoint's fault.
  async function* slowly(): AsyncGenerator<string> {
    for (const part of ['a', 'b', 'c']) {
      yield part;
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
  }
  const uploaded = await call(sidecar.port(), { method: 'POST', path: '/cart', body: Readable.from(slowly()) });
  assert.deepEqual([uploaded.status, uploaded.body], [200, 'abc']);
});

test('retries stop at the budget', async (t) => {
  const backend = await httpBackend(t, failing(503, ''));
  const retry = { retry_on: '5xx', num_retries: 1, retry_back_off: { base_interval: '0.1s' } };
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [httpListener({ routes: routes({ cart: { retry } }) })],
      [cluster('cart', [backend.port], { circuit_breakers: { thresholds: [{ max_retries: 2 }] } })],
    ),
  );
  const results = await Promise.all(Array.from({ length: 20 }, () => call(sidecar.port(), { path: '/cart' })));
  assert.ok(results.every((each) => each.status === 503));
  const stats = await sidecar.stats();
  const [retried, refused] = ['upstream_rq_retry', 'upstream_rq_retry_overflow'].map((name) =>
    stats.get(`cluster.cart.${name}`),
  );
  assert.ok((retried ?? 0) >= 2 && (retried ?? 0) < 20, `${retried} retries`);
  assert.equal((retried ?? 0) + (refused ?? 0), 20);
  assert.match(await sidecar.admin('/clusters'), /cart::default_priority::rq_retry_active::0\n/);
});

test('the time of an attempt is over with the head of its response, though the request ends later', async (t) => {
  const backend = await httpBackend(t, (request, response) => {
    response.writeHead(200).write('begun, ');
    request.resume();
    request.on('end', () => setTimeout(() => response.end('done'), 600));
  });
  const retry = { retry_on: '5xx', num_retries: 1, per_try_timeout: '0.2s' };
  const listener = httpListener({ routes: [forward('slow', { retry_policy: retry, timeout: '0s' })] });
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('slow', [backend.port])]));
  const body = new Readable({ read() {} });
  body.push('a');
  const asked = call(sidecar.port(), { method: 'POST', body });
  await sidecar.statBecomes('cluster.slow.upstream_rq_active', 1);
  await sidecar.statBecomes('cluster.slow.upstream_rq_200', 1);
  body.push(null);
  const { body: received, truncated } = await asked;
  assert.deepEqual([received, truncated], ['begun, done', false]);
  assert.equal(await sidecar.stat('cluster.slow.upstream_rq_per_try_timeout'), 0);
});
