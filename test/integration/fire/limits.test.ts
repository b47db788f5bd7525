import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { Ground } from '../../support/fire/ground.ts';
import { call } from '../../support/http-call.ts';

test('an upstream that accepts and never answers costs its callers the timeout, and nobody else anything', async (t) => {
  const ground = await Ground.lay(t);
  const bystander = ground.bystander();
  await ground.mark();
  const calls = 300;
  const results = await Promise.all(
    Array.from({ length: calls }, async () => {
      const began = performance.now();
      const { status } = await call(ground.port, { path: '/silent', headers: { 'x-case': 'silent' } });
      return { status, took: performance.now() - began };
    }),
  );
  for (const { status, took } of results) {
    assert.equal(status, 504);
    assert.ok(took >= 490 && took < 5000, `${Math.round(took)} ms`);
  }
  for (const { flags } of await ground.ended('silent', calls)) assert.equal(flags, 'UT');
  await ground.rose('cluster.silent.upstream_rq_timeout', calls);
  await ground.rose('cluster.silent.upstream_rq_504', calls);
  await bystander.unharmed();
  await ground.cold();
  await eventually(() => ground.silent.connections === 0);
});

test('limits hold while many more than they allow come at once, and every refusal is told apart', async (t) => {
  const ground = await Ground.lay(t);
  const bystander = ground.bystander();
  await ground.mark();
  let [served, refused] = [0, 0];
  for (let round = 0; round < 10; round += 1) {
    const calls = Array.from({ length: 60 }, () =>
      call(ground.port, { path: '/tight', headers: { 'x-case': 'tight' } }),
    );
    for (const { status, headers } of await Promise.all(calls)) {
      if (status === 200) served += 1;
      else {
        assert.deepEqual([status, headers['x-envoy-overloaded']], [503, 'true']);
        refused += 1;
      }
    }
    assert.ok(ground.tight.mostActive <= 4, `${ground.tight.mostActive} at once`);
  }
  assert.ok(served >= 40 && refused >= 400, `${served} served, ${refused} refused`);
  const flags = (await ground.ended('tight', served + refused)).map((each) => each.flags);
  assert.equal(flags.filter((each) => each === 'UO').length, refused);
  assert.equal(flags.filter((each) => each === '-').length, served);
  const stats = await ground.sidecar.stats();
  const overflow = ['active', 'pending'].map((each) => stats.get(`cluster.tight.upstream_rq_${each}_overflow`) ?? 0);
  assert.equal(overflow[0]! + overflow[1]!, refused, overflow.join());
  await bystander.unharmed();
  await ground.cold();
});
