import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { httpBackend, rawBackend } from '../../support/backend.ts';
import { accessLogFile, bootstrap, cluster, forward, httpListener, temporaryFile } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { RawClient } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

const routes = [forward('cart', { timeout: '0s' })];

test('a client that sends FIN right behind its request gets its answer, however long that takes', async (t) => {
  const backend = await httpBackend(t, (_request, response) => {
    setTimeout(() => response.write('slow '), 500);
    setTimeout(() => response.end('answer'), 1000);
  });
  const sidecar = await startSidecar(t, bootstrap([httpListener({ routes })], [cluster('cart', [backend.port])]));
  const client = await RawClient.connect(sidecar.port());
  client.socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const answer = await client.seesEnd();
  assert.match(answer, /^HTTP\/1\.1 200 .*slow .*answer.*\r\n0\r\n\r\n$/s);
  assert.match(answer, /\r\nconnection: close\r\n/i);
});

test('a client that gives up by FIN is gone at once, for every sidecar on the way and for the endpoint', async (t) => {
  let ended = 0;
  const backend = await rawBackend(t, (socket) => {
    socket.resume().on('close', () => {
      ended += 1;
    });
  });
  const logs = [1, 2].map(() => temporaryFile('access.log', ''));
  t.after(() => {
    for (const each of logs) each.remove();
  });
  const start = (port: number, at: number) => {
    const manager = { access_log: [accessLogFile(logs[at]?.file as string, '%RESPONSE_CODE% %RESPONSE_FLAGS%\n')] };
    return startSidecar(t, bootstrap([httpListener({ routes, manager })], [cluster('cart', [port])]));
  };
  const inner = await start(backend.port, 0);
  const outer = await start(inner.port(), 1);
  const client = await RawClient.connect(outer.port());
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => backend.requests === 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(ended, 0);
  client.socket.end();
  await eventually(() => ended === 1, 2000);
  for (const { file } of logs) await eventually(() => readFileSync(file, 'utf8') === '0 DC\n');
  for (const sidecar of [inner, outer]) {
    await sidecar.statBecomes('http.web.downstream_rq_rx_reset', 1);
    await sidecar.statBecomes('http.web.downstream_cx_active', 0);
    await sidecar.statBecomes('cluster.cart.upstream_rq_tx_reset', 1);
    await sidecar.statBecomes('cluster.cart.upstream_rq_active', 0);
  }
});
