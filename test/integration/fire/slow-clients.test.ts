import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { Ground, patience } from '../../support/fire/ground.ts';
import { dripping, sipping } from '../../support/fire/slow-client.ts';
import { residentMemory } from '../../support/process.ts';

const CLIENTS = 50;
const MIB = 1024 * 1024;

const many = <T>(start: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: CLIENTS }, start));

test('clients that take one second for a byte are cut off in time, and harm nobody else', async (t) => {
  const ground = await Ground.lay(t, patience('2s'));
  const bystander = ground.bystander();
  const { port } = ground;

  await t.test('of the head', async () => {
    await ground.mark();
    const answers = await many(() => dripping(port, 'GET /well HTTP/1.1\r\nHo', 'st: a'));
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 408 /);
    await ground.rose('http.web.downstream_rq_header_timeout', CLIENTS);
    // Without a head there is no name: these are among the bystander's.
    const late = (): number => ground.outcomes('-').filter(({ status }) => status === 408).length;
    await eventually(() => late() >= CLIENTS);
    assert.equal(late(), CLIENTS);
  });

  await t.test('of the body', async () => {
    await ground.mark();
    const head = 'POST /well HTTP/1.1\r\nHost: a\r\nX-Case: body\r\nContent-Length: 1000\r\n\r\n';
    const answers = await many(() => dripping(port, head, 'x'));
    // The upstream has answered by then, and its answer is broken off; or it has not, and there is a 408.
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 (408|200) /);
    await ground.rose('http.web.downstream_rq_timeout', CLIENTS);
    for (const { flags } of await ground.ended('body', CLIENTS)) assert.equal(flags, '-');
  });

  await t.test('of the answer', async () => {
    await ground.mark();
    const before = residentMemory(ground.sidecar.child.pid as number);
    const request = 'GET /well/large HTTP/1.1\r\nHost: a\r\nX-Case: answer\r\n\r\n';
    const read = await many(() => sipping(port, request));
    for (const bytes of read) assert.ok(bytes < 100, `${bytes} bytes`);
    for (const { status, flags } of await ground.ended('answer', CLIENTS)) {
      assert.deepEqual([status, flags], [200, 'SI']);
    }
    await ground.rose('http.web.downstream_rq_idle_timeout', CLIENTS);
    const grown = residentMemory(ground.sidecar.child.pid as number) - before;
    assert.ok(grown < 64 * MIB, `${Math.round(grown / MIB)} MiB for ${CLIENTS} slow readers of 16 MiB`);
  });

  await bystander.unharmed();
  await ground.cold();
});
