import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { type Answer, httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

/** `/wait` is answered when the test says so, everything else at once. */
const held: (() => void)[] = [];
const answer: Answer = (request, response) => {
  if (request.url === '/wait') held.push(() => response.end('late'));
  else response.end('now');
};

for (const workers of ['1', '2']) {
  test(`SIGTERM drains: ${workers} worker(s)`, async (t) => {
    held.length = 0;
    const backend = await httpBackend(t, answer);
    const sidecar = await startSidecar(
      t,
      bootstrap([httpListener()], [cluster('cart', [backend.port])]),
      '--concurrency',
      workers,
      '--announce-time',
      '1',
      '--drain-time',
      '20',
    );
    const port = sidecar.port();
    const agent = new http.Agent({ keepAlive: true });
    assert.equal((await call(port, { agent })).headers.connection, undefined);
    const idle = await RawClient.connect(port);
    const late = call(port, { path: '/wait' });
    await eventually(() => held.length === 1);

    sidecar.child.kill('SIGTERM');
    await eventually(() => sidecar.log.includes('draining'));
    // Announced: not ready any more, every answer ends its connection, and new connections are still taken.
    assert.match(await sidecar.admin('/ready'), /^DRAINING/);
    assert.equal((await call(port, { agent })).headers.connection, 'close');
    const fresh = await call(port);
    assert.deepEqual([fresh.status, fresh.headers.connection], [200, 'close']);
    assert.equal(idle.ended, false);

    // Then closed: connections without a request go, requests under way go on.
    await eventually(async () => (await call(port)).error === 'ECONNREFUSED');
    await eventually(() => idle.ended);
    assert.equal(sidecar.child.exitCode, null);
    for (const go of held) go();
    const last = await late;
    assert.deepEqual([last.status, last.body], [200, 'late']);
    assert.equal(await sidecar.ended(), 0);
    agent.destroy();
  });
}

test('requests that do not end are ended with the drain time', async (t) => {
  const backend = await httpBackend(t, answer);
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener()], [cluster('cart', [backend.port])]),
    ...['--announce-time', '0', '--drain-time', '0.5'],
  );
  held.length = 0;
  const stuck = call(sidecar.port(), { path: '/wait' });
  await eventually(() => held.length === 1);
  sidecar.child.kill('SIGTERM');
  assert.equal(await sidecar.ended(), 0);
  assert.equal((await stuck).truncated, true);
});

test('the admin can close the listeners, and drain and end the process', async (t) => {
  const backend = await httpBackend(t, answer);
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener()], [cluster('cart', [backend.port])]),
    ...['--concurrency', '2', '--announce-time', '0'],
  );
  const port = sidecar.port();
  assert.equal((await call(port)).status, 200);
  await sidecar.admin('/drain_listeners', 'POST');
  await eventually(async () => (await call(port)).error === 'ECONNREFUSED');
  assert.equal(sidecar.child.exitCode, null);
  await sidecar.admin('/quitquitquit', 'POST');
  assert.equal(await sidecar.ended(), 0);
});

test('a second signal ends at once', async (t) => {
  const backend = await httpBackend(t, answer);
  const sidecar = await startSidecar(t, bootstrap([httpListener()], [cluster('cart', [backend.port])]));
  held.length = 0;
  const stuck = call(sidecar.port(), { path: '/wait' });
  await eventually(() => held.length === 1);
  sidecar.child.kill('SIGTERM');
  await eventually(() => sidecar.log.includes('draining'));
  sidecar.child.kill('SIGTERM');
  assert.equal(await sidecar.ended(), 0);
  assert.equal((await stuck).status, 0);
});
