import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { ask, Mesh } from '../../support/mesh.ts';

test('without any policy, a program that goes while its sidecar stays costs no request', async (t) => {
  const mesh = await Mesh.for(t);
  const backends = [await httpBackend(t), await httpBackend(t), await httpBackend(t)];
  for (const [at, { port }] of backends.entries()) await mesh.sidecar('cart', port, { name: `cart-${at}` });
  await mesh.endpoints('cart', backends.length);
  const web = await mesh.sidecar('web', null);
  const all = async (): Promise<string> => {
    const statuses = new Set<number>();
    for (let request = 0; request < 60; request += 1) {
      statuses.add((await ask(web, 'http://cart/', request % 2 === 0 ? {} : { method: 'POST', body: 'x' })).status);
    }
    return [...statuses].join(' ');
  };
  assert.equal(await all(), '200');
  await backends[0]?.close();
  assert.equal(await all(), '200');
  assert.ok((await web.stat('cluster.cart.default_80.upstream_rq_retry_success')) > 0);
});
