import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { ask, Mesh } from '../../support/mesh.ts';

interface LogLine {
  readonly authority: string;
  readonly response_flags: string;
  readonly request_id: string;
}

test('requests go from a client through two sidecars to a service', async (t) => {
  const mesh = await Mesh.for(t);
  const log = path.join(mesh.folder, 'access.log');
  const seen: http.IncomingMessage[] = [];
  const backend = await httpBackend(t, (request, response) => {
    seen.push(request);
    response.setHeader('x-served-by', 'cart');
    request.on('data', (chunk) => response.write(chunk));
    request.on('end', () => response.end(`${request.method} ${request.url}`));
  });
  const [web, cart] = await Promise.all([
    mesh.sidecar('web', null, { flags: ['--access-log', log] }),
    mesh.sidecar('cart', backend.port),
  ]);
  await mesh.endpoints('cart', 1);
  const logged = (): LogLine[] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine);

  await t.test('the service gets it with a request id and with what is said about its way', async () => {
    const answer = await ask(web, 'http://cart/buy?item=1', {
      method: 'POST',
      body: 'one,',
      headers: { 'x-mine': 'kept' },
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.body, 'one,POST /buy?item=1');
    assert.equal(answer.headers['x-served-by'], 'cart');
    const { headers, url } = seen.at(-1) as http.IncomingMessage;
    assert.equal(url, '/buy?item=1');
    assert.equal(headers.host, 'cart');
    assert.equal(headers['x-mine'], 'kept');
    assert.equal(headers['x-forwarded-proto'], 'http');
    // One address per hop; for a caller on loopback that of the machine.
    assert.match(String(headers['x-forwarded-for']), /^([\w.:]+), \1$/);
    const id = headers['x-request-id'];
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    // It is the same on all hops, so that logs can be joined.
    await eventually(() => logged().some((line) => line.request_id === id));
  });

  await t.test('an id that the program brings along is kept', async () => {
    await ask(web, 'http://cart/', { headers: { 'x-request-id': 'mine-1' } });
    assert.equal(seen.at(-1)?.headers['x-request-id'], 'mine-1');
  });

  await t.test('both sidecars count it', async () => {
    const before = await Promise.all([web.stats(), cart.stats()]);
    await ask(web, 'http://cart/counted');
    const names = [
      [web, 'http.outbound.downstream_rq_2xx', 0],
      [web, 'cluster.cart.default_80.upstream_rq_200', 0],
      [cart, 'http.inbound.downstream_rq_2xx', 1],
      [cart, 'cluster.inbound.upstream_rq_200', 1],
    ] as const;
    for (const [sidecar, name, side] of names) await sidecar.statBecomes(name, (before[side].get(name) ?? 0) + 1);
    const prometheus = await web.admin('/stats/prometheus');
    assert.match(prometheus, /istio_requests_total\{[^}]*destination_service_name="cart"[^}]*response_code="200"/);
  });

  await t.test('a service answers to its short and its long names, with and without the port', async () => {
    for (const name of ['cart', 'CART', 'cart.default', 'cart.default.svc', 'cart.default.svc.cluster.local']) {
      for (const host of [name, `${name}:80`]) {
        const answer = await ask(web, `http://${host}/name`, { headers: { host } });
        assert.equal(answer.status, 200, `${host}: ${answer.body}`);
      }
    }
  });

  await t.test('an unknown host is answered 404 at once, with the flag NR', async () => {
    for (const host of ['nobody', 'cart:81', 'cart.other', 'example.com']) {
      const begun = performance.now();
      const answer = await ask(web, `http://${host}/`);
      assert.equal(answer.status, 404, host);
      // Far below the two seconds that a question to a silent control plane would take.
      assert.ok(performance.now() - begun < 1_000, host);
      await eventually(() => logged().some((line) => line.authority === host && line.response_flags === 'NR'));
    }
  });

  await t.test('who is told that a sidecar is ready finds it listening', async () => {
    for (let round = 0; round < 3; round += 1) {
      const starting = mesh.spawnSidecar('web', null, { name: `web-${round}` });
      await eventually(() => starting.lines().some((line) => line.listener === 'admin'), 20_000);
      const url = `http://127.0.0.1:${starting.port('admin')}`;
      // Nothing between the good answer and the request: the admin is asked for the address only once it is ready.
      while ((await fetch(`${url}/ready`)).status !== 200);
      const listeners = await (await fetch(`${url}/listeners`)).text();
      const port = Number(/^outbound::127\.0\.0\.1:(\d+)$/m.exec(listeners)?.[1]);
      assert.equal((await call(port, { path: 'http://cart/', headers: { host: 'cart' } })).status, 200);
    }
  });

  await t.test('a service that comes into being is found by a host that was unknown before', async () => {
    assert.equal((await ask(web, 'http://late/')).status, 404);
    await mesh.sidecar('late', backend.port);
    // That there is no such host is remembered for five seconds.
    await eventually(async () => (await ask(web, 'http://late/')).status === 200, 8_000);
  });

  await t.test(
    'a sidecar that is told to end drains: its answers say so, its endpoint goes, it exits with 0',
    async () => {
      const late = await mesh.sidecar('late', backend.port, { name: 'late-2' });
      await mesh.endpoints('late', 2);
      late.child.kill('SIGTERM');
      assert.equal(await late.ended(), 0);
      await mesh.endpoints('late', 1);
      for (let count = 0; count < 20; count += 1) assert.equal((await ask(web, 'http://late/')).status, 200);
    },
  );
});
