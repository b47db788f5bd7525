import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend, rawBackend } from '../../support/backend.ts';
import { endpoints, service } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { ask, Mesh } from '../../support/mesh.ts';

test('destinations outside of the mesh', async (t) => {
  const mesh = await Mesh.for(t, ['--outside', 'allow']);
  const cart = await httpBackend(t, (_request, response) => response.end('cart of the mesh'));
  const elsewhere = await httpBackend(t, (request, response) =>
    response.end(`${request.method} ${request.headers.host} ${request.url}`),
  );
  await mesh.plane.apply(service('cart', 80), ...endpoints('cart', [cart.port]));
  const web = await mesh.sidecar('web', null);
  const authority = `127.0.0.1:${elsewhere.port}`;

  await t.test('are reached in absolute form where the mesh allows it, and counted as such', async () => {
    const answer = await ask(web, `http://${authority}/path?query`);
    assert.deepEqual([answer.status, answer.body], [200, `GET ${authority} /path?query`]);
    const cluster = `cluster.outside/127.0.0.1_${elsewhere.port}`;
    assert.equal(await web.stat(`${cluster}.upstream_rq_total`), 1);
  });
  await t.test('are reached by CONNECT', async () => {
    const echo = await rawBackend(t, (socket) => socket.pipe(socket));
    const client = await RawClient.connect(web.port('outbound'));
    client.write(`CONNECT 127.0.0.1:${echo.port} HTTP/1.1\r\nHost: 127.0.0.1:${echo.port}\r\n\r\n`);
    assert.match(await client.sees('\r\n\r\n'), /^HTTP\/1\.1 200 /);
    client.write('\x00\x01binary');
    await client.sees('\r\n\r\n\x00\x01binary');
    client.close();
  });
  await t.test(
    'do not take the place of services, and what can only be a service is looked for nowhere else',
    async () => {
      for (const host of ['cart', 'cart.default', 'cart.default.svc.cluster.local'])
        assert.equal((await ask(web, `http://${host}/`)).body, 'cart of the mesh');
      for (const host of ['crat', 'crat.default', 'cart.elsewhere.svc', 'cart.elsewhere.svc.cluster.local']) {
        const answer = await ask(web, `http://${host}/`);
        assert.deepEqual([answer.status, answer.body], [404, 'the control plane knows no such host']);
      }
    },
  );
  await t.test('that cannot be resolved are answered 503', async () => {
    assert.equal((await ask(web, 'http://no.such.host.invalid/')).status, 503);
  });
  await t.test('that lead back to the sidecar are not followed for ever', async () => {
    const own = `127.0.0.1:${web.port('outbound')}`;
    const answer = await call(web.port('outbound'), { path: `http://${own}/`, headers: { host: own } });
    assert.deepEqual([answer.status, answer.body], [508, `${own} leads back to a sidecar\n`]);
    await eventually(async () => (await web.stat('http.outbound.downstream_rq_active')) === 0);
  });
});
