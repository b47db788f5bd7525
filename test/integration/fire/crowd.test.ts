import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crowd, lacksDescriptors } from '../../support/fire/crowd.ts';
import { Ground } from '../../support/fire/ground.ts';
import { openSockets, residentMemory } from '../../support/process.ts';

const IDLE = 12_000;
const ACTIVE = 2000;
/** The sidecar has a connection to the upstream for each active client, too. */
const DESCRIPTORS = IDLE + 2 * ACTIVE + 500;

test('12,000 idle connections and 2,000 busy ones are served, and nobody is turned away', {
  skip: lacksDescriptors(DESCRIPTORS),
  timeout: 120_000,
}, async (t) => {
  // The upstream is part of this process, and may take its time where so many ask.
  const ground = await Ground.lay(t, {});
  const pid = ground.sidecar.child.pid as number;
  const crowd = new Crowd(t, ground.port, '/quick', DESCRIPTORS);
  const bystander = ground.bystander(20);

  const before = residentMemory(pid);
  assert.deepEqual(await crowd.tell(`idle ${IDLE}`), { open: IDLE });
  const each = (residentMemory(pid) - before) / IDLE;
  t.diagnostic(`${Math.round(each)} bytes of resident memory for an idle connection`);
  assert.ok(each < 12 * 1024, `${Math.round(each)} bytes for each idle connection`);
  assert.ok((await ground.sidecar.stat('http.web.downstream_cx_active')) >= IDLE);
  assert.ok(openSockets(pid) >= IDLE);

  const busy = await crowd.tell<{ answered: number; failed: object }>(`active ${ACTIVE} 5`);
  t.diagnostic(`${busy.answered} requests in 5 s beside them`);
  assert.deepEqual(busy.failed, {}, JSON.stringify(ground.summary()));
  assert.ok(busy.answered > 2 * ACTIVE, `${busy.answered}`);
  assert.deepEqual(await crowd.tell('again'), { answered: IDLE, failed: {} });
  // All of them share two cores with the clients and the upstream.
  await bystander.unharmed(3000);

  await crowd.tell('leave');
  await ground.cold();
});
