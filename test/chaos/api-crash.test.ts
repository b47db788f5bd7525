import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { startControlPlane, temporaryDirectory } from '../support/control-plane.ts';
import { document } from '../support/documents.ts';

/** How often the control plane is killed; 100 is what a release is tried with. */
const rounds = Number(process.env.AYA_CRASHES ?? 10);
const services = '/api/v1/namespaces/shop/services';

interface Listed {
  metadata: { name: string; resourceVersion: string; annotations: Record<string, string> };
  spec: { ports: { port: number }[] };
}

test(`after ${rounds} kill -9 of the control plane every write that it acknowledged to four clients is there`, async (t) => {
  const data = temporaryDirectory(t);
  const random = seededRandom(Date.now());
  /** What each object must hold: the number of the last acknowledged write, or of the one that was under way at the kill. */
  const acknowledged = new Map<string, number>();
  const underWay = new Map<string, number>();
  let newest = 0;
  let writes = 0;
  let number = 0;

  async function write(url: string, writer: number, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      const name = `s-${writer}-${Math.floor(random() * 5)}`;
      number += 1;
      const mine = number;
      underWay.set(name, mine);
      const fields = { ports: [{ port: 1 + (mine % 60_000) }] };
      const body = JSON.stringify({
        ...document('Service', name, fields),
        metadata: {
          name,
          annotations: { 'example.com/number': String(mine), 'example.com/pad': 'x'.repeat(mine % 5000) },
        },
      });
      const [method, where] = acknowledged.has(name) ? ['PUT', `${services}/${name}`] : ['POST', services];
      const init = { method, body, headers: { 'content-type': 'application/json' }, signal: stopped };
      const answer = await fetch(`${url}${where}`, init).catch(() => undefined);
      const written = (await answer?.json().catch(() => undefined)) as Listed | undefined;
      if (!answer || !written) return;
      if (answer.status === 409 && method === 'POST') {
        // The write that was under way at the last kill had reached the store.
        acknowledged.set(name, 0);
        continue;
      }
      assert.ok(answer.status < 300, JSON.stringify(written));
      const revision = Number(written.metadata.resourceVersion);
      assert.ok(revision > 0);
      newest = Math.max(newest, revision);
      acknowledged.set(name, mine);
      underWay.delete(name);
      writes += 1;
    }
  }

  async function verify(url: string, round: number): Promise<void> {
    const response = await fetch(`${url}${services}`);
    const list = (await response.json()) as { metadata: { resourceVersion: string }; items: Listed[] };
    const revision = Number(list.metadata.resourceVersion);
    assert.ok(revision >= newest, `round ${round}: revision ${revision} after ${newest}`);
    const there = new Map<string, number>();
    for (const { metadata, spec } of list.items) {
      const found = Number(metadata.annotations['example.com/number']);
      assert.equal(
        metadata.annotations['example.com/pad']?.length,
        found % 5000,
        `round ${round}: ${metadata.name} is half`,
      );
      assert.equal(spec.ports[0]?.port, 1 + (found % 60_000), `round ${round}: ${metadata.name} is half`);
      there.set(metadata.name, found);
    }
    for (const [name, last] of acknowledged) {
      const found = there.get(name);
      const allowed = last === found || found === underWay.get(name) || last === 0;
      assert.ok(found !== undefined && allowed, `round ${round}: ${name} holds ${found}, acknowledged was ${last}`);
    }
    for (const [name, found] of there) acknowledged.set(name, found);
    underWay.clear();
  }

  let plane = await startControlPlane(data);
  t.after(() => plane.stop('SIGKILL'));
  for (let round = 1; round <= rounds; round++) {
    const stop = new AbortController();
    const writing = Promise.all([1, 2, 3, 4].map((writer) => write(plane.api, writer, stop.signal)));
    await new Promise((resolve) => setTimeout(resolve, 50 + random() * 300));
    await plane.stop('SIGKILL');
    stop.abort();
    await writing;
    plane = await startControlPlane(data);
    await verify(plane.api, round);
  }
  t.diagnostic(`${writes} acknowledged writes in ${rounds} rounds`);
  assert.ok(writes > rounds);
});
