import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { freePort } from '../../support/free-port.ts';
import { describeFailures, Load } from '../../support/load.ts';
import { Mesh } from '../../support/mesh.ts';
import type { Sidecar } from '../../support/sidecar.ts';

const program = path.resolve(import.meta.dirname, '../../programs/mesh-service.mjs');

test('one of three instances is restarted under load, twice, and no request fails', async (t) => {
  const mesh = await Mesh.for(t);
  const steady = await Promise.all(
    ['cart-1', 'cart-2'].map((name) =>
      httpBackend(t, (_request, response) => void setTimeout(() => response.end(name), 30)),
    ),
  );
  /** Begins with its registration, and is counted when it is there. */
  const third = (): Promise<Sidecar> =>
    freePort().then((port) =>
      mesh.run('cart', port, [process.execPath, program, '30', 'cart-3'], {
        name: 'cart-3',
        flags: ['--announce-time', '0.3'],
      }),
    );
  const [web] = await Promise.all([
    mesh.sidecar('web', null),
    ...steady.map(({ port }, index) => mesh.sidecar('cart', port, { name: `cart-${index + 1}` })),
  ]);
  let instance = await third();
  await mesh.endpoints('cart', 3);
  const load = new Load({ port: web.port('outbound'), perSecond: 100, host: 'cart' });
  t.after(() => load.stop());
  const since = (at: number): number =>
    load.between(at, Number.POSITIVE_INFINITY).filter(({ result }) => result.body === 'cart-3').length;
  const served = async (): Promise<void> => {
    const begun = Date.now();
    while (since(begun) < 30) {
      assert.ok(Date.now() - begun < 10_000, 'the third instance gets nothing');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await served();
  for (let round = 0; round < 2; round += 1) {
    const ended = once(instance.child, 'exit');
    instance.child.kill('SIGTERM');
    const [code] = await ended;
    assert.equal(code, 0, instance.log);
    await mesh.endpoints('cart', 2);
    instance = await third();
    await mesh.endpoints('cart', 3);
    await served();
  }
  await load.stop();
  t.diagnostic(`${load.samples.length} requests`);
  assert.equal(describeFailures(load.failures()), '');
});
