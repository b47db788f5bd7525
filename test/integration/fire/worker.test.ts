import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { startMortalSidecar } from '../../support/sidecar.ts';

/** A client that keeps its connection and asks every few ms, until it breaks. */
class Regular {
  readonly client: RawClient;
  served = 0;
  /** Answers other than 200: there must not be any. */
  readonly wrong: string[] = [];
  #stop = false;

  constructor(client: RawClient) {
    this.client = client;
  }

  get broken(): boolean {
    return this.client.ended;
  }

  async run(): Promise<void> {
    while (!this.#stop && !this.broken) {
      this.client.received = '';
      this.client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await eventually(() => this.broken || this.client.received.endsWith('/'), 10_000);
      if (this.broken) return;
      if (this.client.received.startsWith('HTTP/1.1 200 ')) this.served += 1;
      else this.wrong.push(this.client.received);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  stop(): void {
    this.#stop = true;
  }
}

test('when a worker is killed only its own connections break, and nobody else sees anything', async (t) => {
  const backend = await httpBackend(t);
  const { sidecar, kill } = await startMortalSidecar(
    t,
    bootstrap([httpListener()], [cluster('cart', [backend.port])]),
    2,
  );
  const port = sidecar.port();
  const regulars = await Promise.all(
    Array.from({ length: 24 }, async () => new Regular(await RawClient.connect(port))),
  );
  const running = regulars.map((each) => each.run());
  await eventually(() => regulars.every((each) => each.served > 10));
  kill(0);
  await eventually(() => sidecar.log.includes('another takes its place'));
  await eventually(() => regulars.some((each) => each.broken));
  const left = regulars.filter((each) => !each.broken);
  assert.ok(left.length > 0 && left.length < regulars.length, `${left.length} of ${regulars.length} were left alone`);
  const before = left.map((each) => each.served);
  await eventually(() => left.every((each, at) => each.served > (before[at] as number) + 20 || each.broken));
  // Whoever comes now is served, by either.
  for (const { status } of await Promise.all(Array.from({ length: 40 }, () => call(port)))) assert.equal(status, 200);
  for (const each of regulars) each.stop();
  await Promise.all(running);
  assert.equal(left.filter((each) => each.broken).length, 0, 'a connection of the other worker broke');
  assert.deepEqual(
    regulars.flatMap((each) => each.wrong),
    [],
  );
  for (const each of regulars) each.client.close();
  await sidecar.statBecomes('http.web.downstream_cx_active', 0);
  await sidecar.statBecomes('cluster.cart.upstream_rq_active', 0);
});
