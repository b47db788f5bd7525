import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener } from '../../support/bootstrap.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

test('a request reaches the endpoint and its answer the client', async (t) => {
  const backend = await httpBackend(t);
  const sidecar = await startSidecar(t, bootstrap([httpListener()], [cluster('cart', [backend.port])]));
  const answer = await call(sidecar.port(), { path: '/items?x=1' });
  assert.equal(answer.status, 200);
  assert.equal(answer.body, '/items?x=1');
});
