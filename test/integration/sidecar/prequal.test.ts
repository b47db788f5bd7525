import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Backend, httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

const LOAD_PATH = '/.well-known/aya-load';

const prequal = {
  load_balancing_policy: {
    policies: [
      { typed_extension_config: { name: 'own', typed_config: { '@type': 'type.googleapis.com/aya.v1.Prequal' } } },
    ],
  },
};

/** A program that answers with its name after `ms` (/held: when `release` is called), and counts what asks it for its load. */
async function program(t: TestContext, name: string, ms: number) {
  let asked = 0;
  const held: (() => void)[] = [];
  const backend = await httpBackend(t, async (request, response) => {
    if (request.url === LOAD_PATH) asked += 1;
    if (request.url === '/held') await new Promise<void>((resolve) => held.push(resolve));
    else await pause(ms);
    response.end(name);
  });
  const release = (): void => {
    for (const each of held) each();
  };
  return { backend, asked: () => asked, release };
}

const inbound = (t: TestContext, backend: Backend): Promise<Sidecar> =>
  startSidecar(
    t,
    bootstrap([httpListener({ routes: [forward('app')], direction: 'INBOUND' })], [cluster('app', [backend.port])]),
  );

const outbound = (t: TestContext, ports: readonly number[]): Promise<Sidecar> =>
  startSidecar(t, bootstrap([httpListener()], [cluster('cart', ports, prequal)]));

/** Who answered how many of so many requests, `together` at a time. */
async function answers(port: number, requests: number, together: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let round = 0; round < requests / together; round += 1) {
    for (const { status, body } of await Promise.all(Array.from({ length: together }, () => call(port)))) {
      assert.equal(status, 200);
      counts.set(body, (counts.get(body) ?? 0) + 1);
    }
  }
  return counts;
}

test('the sidecar of a service tells its load, and the program is never asked', async (t) => {
  const { backend, asked, release } = await program(t, 'app', 30);
  const sidecar = await inbound(t, backend);
  const probe = (): ReturnType<typeof call> => call(sidecar.port(), { path: LOAD_PATH });
  const first = await probe();
  assert.deepEqual([first.status, first.headers['aya-in-flight'], first.body], [200, '0', '']);
  assert.equal(Number(first.headers['aya-latency']), 0, 'nothing is known yet');
  // Whichever worker is asked must have seen enough.
  await answers(sidecar.port(), 160, 8);
  const under = Promise.all([0, 1].map(() => call(sidecar.port(), { path: '/held' })));
  await eventually(async () => (await probe()).headers['aya-in-flight'] === '2', 5_000);
  const latency = Number((await probe()).headers['aya-latency']);
  assert.ok(latency >= 25 && latency < 500, `${latency} ms`);
  release();
  await under;
  assert.equal(asked(), 0);
});

test('a caller that balances by probes goes where it is served faster', async (t) => {
  const [fast, slow] = [await program(t, 'fast', 5), await program(t, 'slow', 60)];
  const sidecars = [await inbound(t, fast.backend), await inbound(t, slow.backend)];
  const caller = await outbound(
    t,
    sidecars.map((each) => each.port()),
  );
  await answers(caller.port(), 400, 8);
  const counts = await answers(caller.port(), 100, 1);
  assert.ok((counts.get('fast') ?? 0) > 85, JSON.stringify([...counts]));
  assert.equal(fast.asked() + slow.asked(), 0);
});

test('endpoints without a sidecar get their share, and are asked only once', async (t) => {
  const [one, two] = [await program(t, 'one', 1), await program(t, 'two', 1)];
  const caller = await outbound(t, [one.backend.port, two.backend.port]);
  const counts = await answers(caller.port(), 200, 4);
  assert.ok((counts.get('one') ?? 0) > 50 && (counts.get('two') ?? 0) > 50, JSON.stringify([...counts]));
  assert.ok(one.asked() >= 1 && one.asked() <= 8 && two.asked() <= 8, `${one.asked()}, ${two.asked()}`);
});
