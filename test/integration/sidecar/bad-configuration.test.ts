import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { call } from '../../support/http-call.ts';
import { spawnSidecar, startSidecar } from '../../support/sidecar.ts';

const good = (): Json => bootstrap([httpListener()], [cluster('cart', [1])]);

const refused: [name: string, config: Json, sentence: RegExp][] = [
  [
    'an unknown value',
    bootstrap([httpListener()], [cluster('cart', [1], { lb_policy: 'FOO' })]),
    /static_resources\.clusters\[0\]\.lb_policy: unknown value "FOO"/,
  ],
  ['an unknown field', { ...good(), nodes: {} }, /nodes: /],
  [
    'a wrong duration',
    bootstrap([httpListener()], [cluster('cart', [1], { connect_timeout: 'soon' })]),
    /static_resources\.clusters\[0\]\.connect_timeout: /,
  ],
  [
    'a route to a cluster that is not there',
    bootstrap([httpListener({ routes: [forward('basket')] })], [cluster('cart', [1])]),
    /static_resources\.listeners\[0\].*no static cluster "basket"/,
  ],
  [
    'a port out of range',
    bootstrap([httpListener({ port: 70_000 })], [cluster('cart', [1])]),
    /static_resources\.listeners\[0\]\.address\.socket_address\.port_value: /,
  ],
  [
    'a regular expression that cannot run in linear time',
    bootstrap(
      [httpListener({ routes: [forward('cart', {}, { match: { safe_regex: { regex: '(a)\\1' } } })] })],
      [cluster('cart', [1])],
    ),
    /routes\[0\]\.match\.safe_regex\.regex: /,
  ],
  [
    'what Envoy has and we have not',
    bootstrap([httpListener()], [cluster('cart', [1], { lb_policy: 'CLUSTER_PROVIDED' })]),
    /static_resources\.clusters\[0\]\.lb_policy: .*not supported/,
  ],
];

test('a bad configuration is refused with the path of the field, and what ran before runs on', async (t) => {
  const backend = await httpBackend(t);
  const running = await startSidecar(t, bootstrap([httpListener()], [cluster('cart', [backend.port])]));
  for (const [name, config, sentence] of refused) {
    await t.test(name, async (t) => {
      const sidecar = spawnSidecar(t, config);
      assert.equal(await sidecar.ended(), 2);
      assert.match(sidecar.log, sentence);
      assert.equal(sidecar.lines().length, 0, 'nothing was started');
    });
  }
  assert.equal((await call(running.port())).status, 200);
});

test('--validate says the same and starts nothing', async (t) => {
  const bad = spawnSidecar(t, refused[0]?.[1] ?? {}, '--validate');
  assert.equal(await bad.ended(), 2);
  assert.match(bad.log, /lb_policy: unknown value "FOO"/);
  const fine = spawnSidecar(t, good(), '--validate');
  assert.equal(await fine.ended(), 0);
});

for (const workers of ['1', '2']) {
  test(`an address that is taken ends the start, also by a sidecar with several workers (${workers})`, async (t) => {
    const backend = await httpBackend(t);
    const config = (port: number): Json => bootstrap([httpListener({ port })], [cluster('cart', [backend.port])]);
    const first = await startSidecar(t, config(0), '--concurrency', '2');
    const second = spawnSidecar(t, config(first.port()), '--concurrency', workers);
    assert.equal(await second.ended(), 1);
    assert.match(
      second.log,
      new RegExp(`listener web: cannot bind 127\\.0\\.0\\.1:${first.port()}: the address is in use`),
    );
    assert.equal((await call(first.port())).status, 200);
  });
}

test('an admin address that is taken is named', async (t) => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as net.AddressInfo;
  const config = { ...good(), admin: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } };
  const sidecar = spawnSidecar(t, config);
  assert.equal(await sidecar.ended(), 2);
  assert.match(sidecar.log, new RegExp(`cannot bind the admin address 127\\.0\\.0\\.1:${port}: the address is in use`));
});
