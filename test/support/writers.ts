import assert from 'node:assert/strict';
import type { Random } from '../../shared/struct/random.ts';
import { document } from './documents.ts';

const services = '/api/v1/namespaces/shop/services';

interface Listed {
  metadata: { name: string; resourceVersion: string; annotations: Record<string, string> };
  spec: { ports: { port: number }[] };
}

/**
 * Clients that write Services of the namespace `shop`, and remember what was acknowledged. Each write has a number, which the
 * object repeats in its annotation, in the length of another one, and in its port: so half a write would show.
 */
export class Writers {
  /** How many Services each of them writes in turn. */
  static readonly each = 5;
  /** Acknowledged writes so far. */
  writes = 0;
  readonly #random: Random;
  /** What each object must hold: the number of the last acknowledged write, or of the one that was under way at the kill. */
  readonly #acknowledged = new Map<string, number>();
  readonly #underWay = new Map<string, number>();
  #newest = 0;
  #number = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Services that were acknowledged. None is ever deleted. */
  get names(): string[] {
    return [...this.#acknowledged.keys()];
  }

  /** Writes to the API at `url` with so many clients until it is gone, or `stopped`. */
  async write(url: string, clients: number, stopped: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: clients }, (_, client) => this.#client(url, client + 1, stopped)));
  }

  /** Checks that the API at `url` has every acknowledged write and no half one. `round` is for the message. */
  async verify(url: string, round: number): Promise<void> {
    const response = await fetch(`${url}${services}`);
    const list = (await response.json()) as { metadata: { resourceVersion: string }; items: Listed[] };
    const revision = Number(list.metadata.resourceVersion);
    assert.ok(revision >= this.#newest, `round ${round}: revision ${revision} after ${this.#newest}`);
    const there = new Map<string, number>();
    for (const { metadata, spec } of list.items) {
      const found = Number(metadata.annotations['example.com/number']);
      const pad = metadata.annotations['example.com/pad']?.length;
      assert.equal(pad, found % 5000, `round ${round}: ${metadata.name} is half`);
      assert.equal(spec.ports[0]?.port, 1 + (found % 60_000), `round ${round}: ${metadata.name} is half`);
      there.set(metadata.name, found);
    }
    for (const [name, last] of this.#acknowledged) {
      const found = there.get(name);
      const allowed = last === found || found === this.#underWay.get(name) || last === 0;
      assert.ok(found !== undefined && allowed, `round ${round}: ${name} holds ${found}, acknowledged was ${last}`);
    }
    for (const [name, found] of there) this.#acknowledged.set(name, found);
    this.#underWay.clear();
  }

  async #client(url: string, client: number, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      const name = `s-${client}-${Math.floor(this.#random() * Writers.each)}`;
      this.#number += 1;
      const mine = this.#number;
      this.#underWay.set(name, mine);
      const body = JSON.stringify({
        ...document('Service', name, { ports: [{ port: 1 + (mine % 60_000) }] }),
        metadata: {
          name,
          annotations: { 'example.com/number': String(mine), 'example.com/pad': 'x'.repeat(mine % 5000) },
        },
      });
      const [method, where] = this.#acknowledged.has(name) ? ['PUT', `${services}/${name}`] : ['POST', services];
      const init = { method, body, headers: { 'content-type': 'application/json' }, signal: stopped };
      const answer = await fetch(`${url}${where}`, init).catch(() => undefined);
      const written = (await answer?.json().catch(() => undefined)) as Listed | undefined;
      if (!answer || !written) return;
      if (answer.status === 409 && method === 'POST') {
        // The write that was under way at the last kill had reached the store.
        this.#acknowledged.set(name, 0);
        continue;
      }
      assert.ok(answer.status < 300, JSON.stringify(written));
      const revision = Number(written.metadata.resourceVersion);
      assert.ok(revision > 0);
      this.#newest = Math.max(this.#newest, revision);
      this.#acknowledged.set(name, mine);
      this.#underWay.delete(name);
      this.writes += 1;
    }
  }
}
