/** Our server and our client, joined without a socket: whatever is delivered when, the client ends with what it wants. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Action, Session as ServerSession } from '../../control-plane/discovery/session.ts';
import type { Resource, View } from '../../control-plane/snapshot/resource.ts';
import type { DeltaDiscoveryResponse } from '../../shared/xds/messages.gen.ts';
import { type Inventory, type Request, Session, typeOfKind } from '../../sidecar/discovery/session.ts';
import type { ResourceKind } from '../../sidecar/plan/resource.ts';

const kinds: ResourceKind[] = ['cluster', 'endpoints', 'listener', 'vhost', 'fault'];

class World implements View {
  readonly #all = new Map<string, Resource>();
  #stamp = 0;

  /** Content below zero is refused by the client. Virtual hosts answer to two more names. */
  set(kind: ResourceKind, name: string, content: number | undefined): void {
    this.#stamp += 1;
    const type = typeOfKind(kind);
    const version = Buffer.from(`${name}${content}`.padEnd(8, '.')).toString('hex');
    const aliases = kind === 'vhost' ? [`${name}-one`, `${name}-two`] : [];
    const ends = kind === 'fault' ? { expiresAt: 1e9 } : {};
    const resource = { type, name, aliases, version, bytes: Buffer.from(String(content)), ...ends };
    if (content === undefined) this.#all.delete(`${type} ${name}`);
    else this.#all.set(`${type} ${name}`, resource);
  }

  heal(): void {
    for (const kind of kinds) {
      for (const { name, bytes } of this.all(typeOfKind(kind)))
        if (Number(bytes) < 0) this.set(kind, name, -Number(bytes));
    }
  }

  get(type: string, name: string): Resource | undefined {
    return this.all(type).find((each) => each.name === name || each.aliases.includes(name));
  }

  all(type: string): Resource[] {
    return [...this.#all.values()].filter((each) => each.type === type);
  }

  stamp(): number {
    return this.#stamp;
  }
}

class Pair {
  readonly world = new World();
  readonly taken = new Map<string, string>();
  readonly wanted = new Map<ResourceKind, Set<string>>();
  readonly client: Session;
  server = new ServerSession('delta');
  toServer: Request[] = [];
  toClient: DeltaDiscoveryResponse[] = [];
  now = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #epoch = 0;

  constructor() {
    const inventory: Inventory = {
      put: (kind, name, bytes) => {
        const content = Buffer.from(bytes).toString();
        if (Number(content) < 0) return [`${name} is bad`];
        this.taken.set(`${kind} ${name}`, content);
        return [];
      },
      remove: (kind, name) => void this.taken.delete(`${kind} ${name}`),
      forget: (kind, name) => void this.taken.delete(`${kind} ${name}`),
      waits: () => false,
    };
    this.client = new Session(inventory, { listeners: true, clusters: false });
    this.client.opened();
    this.flush();
  }

  want(kind: ResourceKind, name: string, on: boolean): void {
    const names = new Set(this.wanted.get(kind));
    if (on) names.add(name);
    else names.delete(name);
    this.wanted.set(kind, names);
    this.client.want(kind, names);
    this.flush();
  }

  flush(): void {
    this.toServer.push(...this.client.requests());
  }

  serve(event: Parameters<ServerSession['step']>[0]): void {
    for (const action of this.server.step(event, this.world, this.now)) {
      if (action.kind === 'wake') this.#wakeAt = action.at;
      if (action.kind === 'send') this.toClient.push(responseOf(action));
    }
  }

  deliverToServer(): boolean {
    const request = this.toServer.shift();
    if (!request) return false;
    const { error_detail: detail } = request;
    this.serve({
      kind: 'delta',
      type: request.type_url,
      subscribe: request.resource_names_subscribe,
      unsubscribe: request.resource_names_unsubscribe,
      initial: request.initial_resource_versions,
      nonce: request.response_nonce,
      ...(detail && { error: detail.message }),
    });
    return true;
  }

  deliverToClient(): boolean {
    const response = this.toClient.shift();
    if (!response) return false;
    this.client.receive(response, this.now);
    this.flush();
    return true;
  }

  /** The workers have taken over all that the client was told. */
  inForce(): void {
    this.#epoch += 1;
    this.client.settled(this.#epoch);
    this.client.inForce(this.#epoch);
    this.flush();
  }

  reconnect(): void {
    this.client.closed();
    this.server = new ServerSession('delta');
    this.toServer = [];
    this.toClient = [];
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.client.opened();
    this.flush();
  }

  wake(): boolean {
    if (!Number.isFinite(this.#wakeAt)) return false;
    this.now = Math.max(this.now, this.#wakeAt);
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.serve({ kind: 'look' });
    return true;
  }

  settle(): void {
    for (let turn = 0; ; turn += 1) {
      assert.ok(turn < 1_000, 'the two never come to rest');
      this.inForce();
      if (!this.deliverToServer() && !this.deliverToClient() && !this.wake()) return;
    }
  }

  check(): void {
    const expected = new Map<string, string>();
    for (const { name, bytes } of this.world.all(typeOfKind('listener')))
      expected.set(`listener ${name}`, String(bytes));
    for (const [kind, names] of this.wanted) {
      for (const asked of names) {
        const resource = this.world.get(typeOfKind(kind), asked);
        if (resource) expected.set(`${kind} ${resource.name}`, String(resource.bytes));
      }
    }
    assert.deepEqual(new Map([...this.taken].sort()), new Map([...expected].sort()));
  }
}

function responseOf({
  type,
  nonce,
  version,
  resources,
  removed,
}: Extract<Action, { kind: 'send' }>): DeltaDiscoveryResponse {
  return {
    type_url: type,
    nonce,
    system_version_info: version,
    removed_resources: [...removed],
    resources: resources.map((each) => ({
      name: each.name,
      aliases: [...each.aliases],
      version: each.version,
      resource: { type_url: type, value: each.bytes },
      ...(each.expiresAt !== undefined && { ttl: { seconds: 1000, nanos: 0 } }),
    })),
  };
}

const kind = fc.constantFrom(...kinds);
const step = fc.oneof(
  fc.record({
    do: fc.constant('want' as const),
    kind,
    name: fc.constantFrom('a', 'b', 'a-one', 'a-two'),
    on: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('set' as const),
    kind,
    name: fc.constantFrom('a', 'b'),
    content: fc.option(fc.integer({ min: -2, max: 9 }), { nil: undefined }),
  }),
  fc.record({ do: fc.constantFrom('toServer', 'toClient', 'toServer', 'toClient', 'inForce', 'close', 'wake') }),
);

test('our client ends with exactly what it wants of our server, whatever happens on the way', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const pair = new Pair();
      for (const each of steps) {
        if (each.do === 'want') pair.want(each.kind, each.name, each.on);
        else if (each.do === 'set') {
          pair.world.set(each.kind, each.name, each.content);
          pair.serve({ kind: 'look' });
        } else if (each.do === 'toServer') pair.deliverToServer();
        else if (each.do === 'toClient') pair.deliverToClient();
        else if (each.do === 'inForce') pair.inForce();
        else if (each.do === 'close') pair.reconnect();
        else pair.wake();
      }
      pair.settle();
      pair.world.heal();
      pair.serve({ kind: 'look' });
      pair.settle();
      pair.check();
    }),
    { numRuns: 3_000 },
  );
});
