import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { eventually } from '../../support/eventually.ts';
import { ask, Mesh } from '../../support/mesh.ts';

/** Of a fault policy, in seconds; long enough for what has to happen within it on a busy machine. */
const lease = 8;

test('a mesh whose control plane is killed goes on', async (t) => {
  const mesh = await Mesh.for(t);
  const backend = await httpBackend(t, (request, response) => request.on('end', () => response.end('fine')).resume());
  const flags = ['--data', path.join(mesh.folder, 'web-data')];
  const [first] = await Promise.all([mesh.sidecar('web', null, { flags }), mesh.sidecar('cart', backend.port)]);
  let web = first;
  await mesh.endpoints('cart', 1);
  await eventually(async () => (await ask(web, 'http://cart/')).status === 200);

  await mesh.plane.apply({
    apiVersion: 'aya.dev/v1alpha1',
    kind: 'FaultPolicy',
    metadata: { name: 'down', namespace: 'default' },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: 'cart' }],
      faults: { abort: { percent: 100, httpStatus: 418 } },
      at: 'Request',
      lease: `${lease}s`,
    },
  });
  const begun = performance.now();
  const left = (): number => begun + lease * 1_000 - performance.now();
  await eventually(async () => (await ask(web, 'http://cart/')).status === 418, 5_000);
  // What was taken is on the disk within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await mesh.plane.stop('SIGKILL');

  await t.test('a fault lasts to the end of its lease and no longer', async () => {
    assert.ok(left() > 500, 'the machine is too busy for this test');
    assert.equal((await ask(web, 'http://cart/')).status, 418);
    await new Promise((resolve) => setTimeout(resolve, left() + 1_000));
    assert.equal((await ask(web, 'http://cart/')).status, 200);
  });

  await t.test('a sidecar that starts again serves from its last good configuration, without the fault', async () => {
    await web.kill();
    web = await mesh.sidecar('web', null, { flags });
    assert.equal((await ask(web, 'http://cart/')).status, 200);
    assert.ok(web.lines().some((line) => /cannot reach the control plane/.test(String(line.msg))));
  });

  await t.test('when the control plane is back, the sidecar hears from it again', async () => {
    await mesh.startControlPlane();
    await mesh.endpoints('cart', 1);
    await mesh.sidecar('late', backend.port);
    await eventually(async () => (await ask(web, 'http://late/')).status === 200, 10_000);
    assert.equal((await ask(web, 'http://cart/')).status, 200);
  });
});
