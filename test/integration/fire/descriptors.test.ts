import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { cpuSeconds, openSockets } from '../../support/process.ts';
import { startConfinedSidecar } from '../../support/sidecar.ts';

const DESCRIPTORS = 100;
const REGULARS = 5;

test('a sidecar without descriptors serves who is there, does not spin, and takes others again', async (t) => {
  const cart = await httpBackend(t, (_request, response) => {
    // Slow enough that each of them needs a connection of its own.
    setTimeout(() => response.end(), 30);
  });
  const other = await httpBackend(t);
  const routes = [forward('other', {}, { match: { prefix: '/other' } }), forward('cart')];
  const sidecar = await startConfinedSidecar(
    t,
    bootstrap([httpListener({ routes })], [cluster('cart', [cart.port]), cluster('other', [other.port])]),
    DESCRIPTORS,
  );
  const pid = sidecar.child.pid as number;
  const port = sidecar.port();
  const regulars = await Promise.all(Array.from({ length: REGULARS }, () => RawClient.connect(port)));
  /** One request on each of their connections. */
  const serveAll = async (path = '/'): Promise<string[]> => {
    for (const client of regulars) {
      client.received = '';
      client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    }
    return Promise.all(regulars.map((client) => client.sees('\r\n\r\n')));
  };
  for (const answer of await serveAll()) assert.match(answer, /^HTTP\/1\.1 200 /);
  const sockets = openSockets(pid);

  const crowd = Array.from({ length: 2 * DESCRIPTORS }, () => new RawClient(port));
  await eventually(() => crowd.every((client) => client.ended || client.socket.readyState === 'open'));
  await eventually(() => openSockets(pid) > DESCRIPTORS / 3);
  // More wait than can be taken, and nobody takes them all the time.
  const [cpu, began] = [cpuSeconds(pid), performance.now()];
  while (performance.now() - began < 2000) {
    for (const answer of await serveAll()) assert.match(answer, /^HTTP\/1\.1 200 /);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const share = (cpuSeconds(pid) - cpu) / ((performance.now() - began) / 1000);
  assert.ok(share < 0.5, `${Math.round(share * 100)} % of a core`);
  assert.equal(sidecar.child.exitCode, null);

  // Whoever needs a new connection to an upstream cannot have one, and hears so at once.
  const refused = performance.now();
  for (const answer of await serveAll('/other')) assert.match(answer, /^HTTP\/1\.1 503 /);
  assert.ok(performance.now() - refused < 1000);
  for (const answer of await serveAll()) assert.match(answer, /^HTTP\/1\.1 200 /);

  for (const client of crowd) client.close();
  await eventually(async () => (await call(port)).status === 200);
  await eventually(async () => (await call(port, { path: '/other' })).status === 200);
  for (const answer of await serveAll('/other')) assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.ok((await sidecar.stat('cluster.other.upstream_cx_connect_fail')) >= REGULARS);
  await sidecar.statBecomes('http.web.downstream_cx_active', REGULARS);
  await eventually(() => openSockets(pid) <= sockets + 2 * REGULARS + 2);
  for (const client of regulars) client.close();
});
