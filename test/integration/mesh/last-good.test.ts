import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { ask, Mesh } from '../../support/mesh.ts';
import type { Sidecar } from '../../support/sidecar.ts';

/** What is kept is written at most once a second. */
const kept = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_500));

async function assertLive(sidecar: Sidecar): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${sidecar.port('admin')}/ready`);
  assert.equal(`${answer.status} ${await answer.text()}`, '200 LIVE\n');
}

test('sidecars that restart without a control plane serve what they served before', async (t) => {
  const mesh = await Mesh.for(t);
  const backend = await httpBackend(t);
  const start = (service: string, app: number | null, name = service) =>
    mesh.sidecar(service, app, { name, flags: ['--data', path.join(mesh.folder, name)] });
  let [web, cart, idle] = await Promise.all([
    start('web', null),
    start('cart', backend.port),
    start('web', null, 'idle'),
  ]);
  await mesh.endpoints('cart', 1);
  assert.equal((await ask(web, 'http://cart/')).status, 200);
  await kept();
  await mesh.plane.stop('SIGKILL');
  await Promise.all([web.kill(), idle.kill()]);

  await t.test('one that calls others: ready, and its calls arrive', async () => {
    web = await start('web', null);
    await assertLive(web);
    for (const host of ['cart', 'cart.default:80']) assert.equal((await ask(web, `http://${host}/`)).status, 200);
  });

  await t.test('one that has called nobody yet: ready, and says that it cannot ask', async () => {
    idle = await start('web', null, 'idle');
    await assertLive(idle);
    const answer = await ask(idle, 'http://cart/');
    assert.equal(answer.status, 503, answer.body);
  });

  await t.test('one that is called: its program gets what comes in', async () => {
    await cart.kill();
    cart = await start('cart', backend.port);
    await assertLive(cart);
    assert.equal((await call(cart.port('inbound'), { headers: { host: 'cart' } })).status, 200);
  });

  await t.test('all go on with the control plane when it is back', async () => {
    await mesh.startControlPlane();
    // The inbound port of cart is a new one: its endpoint moves.
    await mesh.endpoints('cart', 1);
    for (const caller of [web, idle]) {
      await eventually(async () => (await ask(caller, 'http://cart/')).status === 200, 15_000);
    }
    assert.match(await mesh.aya(['status']), /3 connected, 3 with all of the configuration applied/);
  });

  await t.test('nothing that is damaged is trusted', async () => {
    await mesh.plane.stop('SIGKILL');
    await web.kill();
    const file = path.join(mesh.folder, 'web', 'last-good');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"name":"outbound"/, '"name":"outboumd"'));
    const starting = mesh.spawnSidecar('web', null, { flags: ['--data', path.join(mesh.folder, 'web')] });
    await eventually(() => starting.lines().some((line) => /ignored/.test(String(line.msg))), 10_000);
    const answer = await fetch(`http://127.0.0.1:${starting.port('admin')}/ready`);
    assert.equal(answer.status, 503);
  });
});

test('a sidecar of aya run that is killed without a control plane is back at its ports, with what it knew', async (t) => {
  const mesh = await Mesh.for(t);
  const backend = await httpBackend(t);
  const [web] = await Promise.all([
    mesh.run('web', null, [process.execPath, '-e', 'setInterval(() => {}, 1000)'], { name: 'web' }),
    mesh.sidecar('cart', backend.port),
  ]);
  await mesh.endpoints('cart', 1);
  assert.equal((await ask(web, 'http://cart/')).status, 200);
  await kept();
  await mesh.plane.stop('SIGKILL');
  const before = web.lines().filter((line) => line.msg === 'ready').length;
  process.kill(sidecarBelow(web.child.pid as number), 'SIGKILL');
  await eventually(() => web.lines().filter((line) => line.msg === 'ready').length > before, 15_000);
  await assertLive(web);
  assert.equal((await ask(web, 'http://cart/')).status, 200);
});

/** The process of the sidecar that `aya run` started. */
function sidecarBelow(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  const found = children.find((each) => readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('\0sidecar\0'));
  assert.ok(found, `no sidecar below ${pid}`);
  return found;
}
