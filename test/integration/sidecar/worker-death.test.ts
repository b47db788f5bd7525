import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener, limits } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { startMortalSidecar } from '../../support/sidecar.ts';

const slow: Answer = (_request, response) => {
  setTimeout(() => response.end('ok'), 30);
};

test('after a worker is terminated under load all active counts return to 0 and another takes its place', async (t) => {
  const backend = await httpBackend(t, slow);
  const { sidecar, kill } = await startMortalSidecar(
    t,
    bootstrap([httpListener()], [cluster('cart', [backend.port], limits({ max_requests: 40 }))]),
    2,
  );
  const port = sidecar.port();
  let stop = false;
  const results = { served: 0, lost: 0, other: 0 };
  const caller = async (): Promise<void> => {
    while (!stop) {
      const { status } = await call(port);
      if (status === 200) results.served += 1;
      else if (status === 0) results.lost += 1;
      else results.other += 1;
    }
  };
  const callers = Array.from({ length: 20 }, caller);
  await eventually(() => results.served > 50);
  const died = performance.now();
  kill(0);
  await eventually(() => sidecar.log.includes('another takes its place'));
  // The other worker serves on, and the new one joins.
  const served = results.served;
  await eventually(() => results.served > served + 200);
  stop = true;
  await Promise.all(callers);
  assert.ok(results.lost > 0, 'requests of the dead worker are lost');
  assert.ok(results.lost <= 40, `${results.lost} lost`);
  assert.equal(results.other, 0);

  for (const name of ['upstream_rq_active', 'upstream_rq_pending_active'])
    await sidecar.statBecomes(`cluster.cart.${name}`, 0);
  await sidecar.statBecomes('http.web.downstream_rq_active', 0);
  await sidecar.statBecomes('http.web.downstream_cx_active', 0);
  const clusters = await sidecar.admin('/clusters');
  assert.match(clusters, /cart::default_priority::rq_active::0\n/);
  assert.match(clusters, new RegExp(`cart::127.0.0.1:${backend.port}::rq_active::0\n`));
  // What it had counted is not forgotten.
  assert.ok((await sidecar.stat('cluster.cart.upstream_rq_200')) >= results.served);
  const total = Number(new RegExp(`cart::127.0.0.1:${backend.port}::rq_total::(\\d+)\n`).exec(clusters)?.[1]);
  assert.ok(total >= results.served, `${total} of ${results.served}`);
  assert.ok(performance.now() - died < 10_000);
});

test('the only worker is replaced within a second, at the same address', async (t) => {
  const backend = await httpBackend(t);
  const { sidecar, kill } = await startMortalSidecar(
    t,
    bootstrap([httpListener()], [cluster('cart', [backend.port])]),
    1,
  );
  const port = sidecar.port();
  assert.equal((await call(port)).status, 200);
  await sidecar.statBecomes('cluster.cart.upstream_rq_200', 1);
  kill(0);
  await eventually(() => sidecar.log.includes('another takes its place'));
  const died = performance.now();
  await eventually(async () => (await call(port)).status === 200);
  const took = performance.now() - died;
  assert.ok(took < 1000, `${Math.round(took)} ms`);
  await sidecar.statBecomes('cluster.cart.upstream_rq_200', 2);
});

test('when workers die faster than a new one helps, the process ends and says why', async (t) => {
  const { sidecar, kill } = await startMortalSidecar(t, bootstrap([httpListener()], [cluster('cart', [1])]), 3);
  kill('all');
  assert.equal(await sidecar.ended(), 1);
  assert.match(sidecar.log, /3 data-path workers died within 10 s/);
});

test('clusters beyond the first page of slots work in every worker, also in one that starts later', async (t) => {
  const backend = await httpBackend(t, slow);
  // 1,500 endpoints before it push the slots of `cart` into the second page.
  const many = Array.from({ length: 1500 }, (_, index) => 1000 + index);
  const clusters = [cluster('many', many), cluster('cart', [backend.port], limits({ max_requests: 4 }))];
  const { sidecar, kill } = await startMortalSidecar(t, bootstrap([httpListener()], clusters), 2);
  const load = async (): Promise<number> => {
    const results = await Promise.all(Array.from({ length: 30 }, () => call(sidecar.port())));
    return results.filter((each) => each.status === 200).length;
  };
  assert.ok((await load()) >= 4);
  kill(1);
  await eventually(() => sidecar.log.includes('another takes its place'));
  await eventually(async () => (await load()) >= 4);
  await load();
  assert.ok(backend.mostActive <= 4, `${backend.mostActive} at once`);
  await sidecar.statBecomes('cluster.cart.upstream_rq_active', 0);
  assert.match(await sidecar.admin('/clusters'), /cart::default_priority::rq_active::0\n/);
  assert.equal(await sidecar.stat('cluster.many.membership_total'), 1500);
});
