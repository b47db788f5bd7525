import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, clusterOptions, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

const protectedBy = (ports: readonly number[], breaker: Json): Json =>
  bootstrap(
    [httpListener({ routes: [forward('shop')] })],
    [
      cluster('shop', ports, {
        ...clusterOptions({ error_rate: { threshold: 50, window: '2s', min_requests: 10, ...breaker } }),
        common_lb_config: { healthy_panic_threshold: { value: 0 } },
      }),
    ],
  );

interface Event {
  readonly at: number;
  readonly endpoint: string;
  readonly state: string;
  readonly reason: string;
}

const events = async (sidecar: Sidecar): Promise<Event[]> =>
  JSON.parse(await sidecar.admin('/circuit_breaker_events')) as Event[];

const many = (sidecar: Sidecar, count: number): Promise<Awaited<ReturnType<typeof call>>[]> =>
  Promise.all(Array.from({ length: count }, () => call(sidecar.port())));

test('with four workers all refuse at once when too much fails, and exactly the probes of a trial pass', async (t) => {
  let fails = true;
  const held: ServerResponse[] = [];
  const backend = await httpBackend(t, (_request, response) => {
    if (fails) response.writeHead(500).end();
    else held.push(response);
  });
  const sidecar = await startSidecar(
    t,
    protectedBy([backend.port], { open_for: '1s', probes: 3 }),
    '--concurrency',
    '4',
  );
  await eventually(async () => {
    await many(sidecar, 20);
    return (await events(sidecar)).some((each) => each.state === 'open');
  });
  // The event is told in the moment in which the state is written; every worker sees it from then on.
  const before = backend.requests;
  const refused = await many(sidecar, 40);
  assert.equal(backend.requests, before);
  for (const each of refused) {
    assert.equal(each.status, 503);
    assert.equal(each.headers['x-envoy-overloaded'], 'true');
  }
  assert.ok((await sidecar.stat('cluster.shop.upstream_rq_breaker_overflow')) >= 40);
  assert.equal(await sidecar.stat('cluster.shop.circuit_breakers.error_rate.open'), 1);
  assert.match(await sidecar.admin('/clusters'), /shop::error_rate_breaker::open\n/);

  fails = false;
  await sidecar.statBecomes('cluster.shop.circuit_breakers.error_rate.half_open', 1);
  const trial = many(sidecar, 60);
  await eventually(() => held.length === 3);
  await eventually(async () => (await sidecar.stat('cluster.shop.upstream_rq_breaker_overflow')) >= 40 + 57);
  assert.equal(backend.requests, before + 3);
  for (const each of held) each.end('well');
  const answers = await trial;
  assert.deepEqual(
    [200, 503].map((status) => answers.filter((each) => each.status === status).length),
    [3, 57],
  );
  await sidecar.statBecomes('cluster.shop.circuit_breakers.error_rate.half_open', 0);
  const all = many(sidecar, 20);
  await eventually(() => held.length === 23);
  for (const each of held.slice(3)) each.end('well');
  assert.ok((await all).every((each) => each.status === 200));
  const told = await events(sidecar);
  assert.deepEqual(
    told.map((each) => each.state),
    ['open', 'half-open', 'closed'],
  );
  assert.match(told[0]?.reason ?? '', /^100 % of \d+ attempts within 2000 ms failed, open for 1000 ms$/);
});

test('a failed trial opens the breaker for twice as long', async (t) => {
  const backend = await httpBackend(t, (_request, response) => response.writeHead(500).end());
  const sidecar = await startSidecar(t, protectedBy([backend.port], { open_for: '0.2s', max_open_for: '0.5s' }));
  await eventually(async () => {
    await many(sidecar, 10);
    return (await events(sidecar)).filter((each) => each.state === 'open').length >= 4;
  });
  const opened = (await events(sidecar)).filter((each) => each.state === 'open').map((each) => each.reason);
  assert.deepEqual(opened.slice(1, 4), [
    'the trial failed, open for 400 ms',
    'the trial failed, open for 500 ms',
    'the trial failed, open for 500 ms',
  ]);
});

test('a breaker per endpoint leaves the others alone', async (t) => {
  let fails = true;
  const bad = await httpBackend(t, (_request, response) => response.writeHead(fails ? 500 : 200).end('bad'));
  const good = await httpBackend(t, (_request, response) => response.writeHead(200).end('good'));
  const sidecar = await startSidecar(
    t,
    protectedBy([bad.port, good.port], { per: 'ENDPOINT', open_for: '0.5s' }),
    '--concurrency',
    '2',
  );
  await eventually(async () => {
    await many(sidecar, 20);
    return (await events(sidecar)).some((each) => each.state === 'open');
  });
  const before = bad.requests;
  const answers = await many(sidecar, 30);
  // The trial may have begun meanwhile, with one attempt.
  assert.ok(bad.requests <= before + 1);
  assert.ok(answers.filter((each) => each.status !== 200).length <= 1);
  assert.equal((await events(sidecar))[0]?.endpoint, `127.0.0.1:${bad.port}`);
  fails = false;
  await eventually(async () => {
    await many(sidecar, 5);
    return (await events(sidecar)).at(-1)?.state === 'closed';
  });
  const both = await many(sidecar, 20);
  assert.deepEqual(new Set(both.map((each) => each.body.toString())), new Set(['bad', 'good']));
});
