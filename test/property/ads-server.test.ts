import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Action, type DeltaRequest, type FullRequest, Session } from '../../control-plane/discovery/session.ts';
import type { Resource, View } from '../../control-plane/snapshot/resource.ts';
import { CLUSTER, ENDPOINT, LISTENER, ROUTE, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';

const types = [CLUSTER, ENDPOINT, LISTENER, ROUTE, VIRTUAL_HOST];
const names = ['a', 'b', 'c', 'nobody'];
const wildcardTypes = [CLUSTER, LISTENER];

/** What the control plane would serve; content is a number, and content below zero is refused by the client. */
class World implements View {
  readonly #content = new Map<string, Map<string, number>>(types.map((type) => [type, new Map()]));
  #stamp = 0;

  set(type: string, name: string, content: number | undefined): void {
    this.#stamp += 1;
    if (content === undefined) this.#content.get(type)?.delete(name);
    else this.#content.get(type)?.set(name, content);
  }

  heal(): void {
    for (const [type, all] of this.#content) for (const [name, n] of all) if (n < 0) this.set(type, name, -n);
  }

  get(type: string, name: string): Resource | undefined {
    // Every resource answers to an alias too.
    const own = name.replace(/^alias-/, '');
    const content = this.#content.get(type)?.get(own);
    return content === undefined ? undefined : resourceOf(type, own, content);
  }

  all(type: string): Resource[] {
    return [...(this.#content.get(type) ?? [])].map(([name, content]) => resourceOf(type, name, content));
  }

  stamp(): number {
    return this.#stamp;
  }
}

const resourceOf = (type: string, name: string, content: number): Resource => ({
  type,
  name,
  aliases: [`alias-${name}`],
  version: Buffer.from(`${name}${content}`.padEnd(8, '.')).toString('hex').slice(0, 16),
  bytes: Buffer.from(String(content)),
});

interface Wish {
  wildcard: boolean;
  names: Set<string>;
}

/** A client that believes what it is told, in either protocol, over two queues that the test drains as it likes. */
class Client {
  readonly world: World;
  readonly protocol: 'full' | 'delta';
  readonly wishes = new Map<string, Wish>();
  readonly has = new Map<string, Map<string, Resource>>(types.map((type) => [type, new Map()]));
  session: Session;
  now = 0;
  wakeAt = Number.POSITIVE_INFINITY;
  toServer: (FullRequest | DeltaRequest)[] = [];
  toClient: Extract<Action, { kind: 'send' }>[] = [];
  last: FullRequest | DeltaRequest | undefined;
  readonly nonces = new Map<string, string>();
  readonly unanswered = new Map<string, number>();

  constructor(world: World, protocol: 'full' | 'delta') {
    this.world = world;
    this.protocol = protocol;
    this.session = new Session(protocol);
  }

  serve(event: Parameters<Session['step']>[0]): void {
    for (const action of this.session.step(event, this.world, this.now)) {
      if (action.kind === 'wake') this.wakeAt = action.at;
      if (action.kind !== 'send') continue;
      this.toClient.push(action);
      const count = (this.unanswered.get(action.type) ?? 0) + 1;
      assert.equal(count, 1, `${count} unanswered responses of ${action.type}`);
      this.unanswered.set(action.type, count);
    }
  }

  wish(type: string, change: (wish: Wish) => void): void {
    const before = this.wishes.get(type);
    const wish = { wildcard: before?.wildcard ?? false, names: new Set(before?.names) };
    change(wish);
    // Without a name the first request would mean "everything".
    if (!before && !wish.wildcard && wish.names.size === 0) return;
    this.wishes.set(type, wish);
    if (this.protocol === 'full') {
      this.request(this.full(type));
      if (!wish.wildcard) this.forget(type);
      return;
    }
    const asked = new Set([...wish.names, ...(wish.wildcard ? ['*'] : [])]);
    const had = new Set([...(before?.names ?? []), ...(before?.wildcard ? ['*'] : [])]);
    const subscribe = [...asked].filter((name) => !had.has(name));
    const unsubscribe = [...had].filter((name) => !asked.has(name));
    if (subscribe.length + unsubscribe.length === 0) return;
    this.request({ kind: 'delta', type, subscribe, unsubscribe, initial: {}, nonce: '' });
    this.forget(type);
  }

  full(type: string, error?: string): FullRequest {
    const wish = this.wishes.get(type);
    const wanted = [...(wish?.names ?? []), ...(wish?.wildcard ? ['*'] : [])];
    return { kind: 'full', type, names: wanted, nonce: this.nonces.get(type) ?? '', ...(error ? { error } : {}) };
  }

  request(request: FullRequest | DeltaRequest): void {
    this.toServer.push(request);
    this.last = request;
  }

  /** A client drops what it no longer asks for. */
  forget(type: string): void {
    const wish = this.wishes.get(type);
    for (const [name, { aliases }] of this.has.get(type) ?? []) {
      if (!wish?.wildcard && ![name, ...aliases].some((each) => wish?.names.has(each)))
        this.has.get(type)?.delete(name);
    }
  }

  deliverToServer(): boolean {
    const request = this.toServer.shift();
    if (!request) return false;
    if (request.nonce !== '') this.unanswered.delete(request.type);
    this.serve(request);
    return true;
  }

  deliverToClient(): boolean {
    const response = this.toClient.shift();
    if (!response) return false;
    const { type, nonce, resources, removed } = response;
    const own = this.has.get(type) ?? new Map();
    this.nonces.set(type, nonce);
    const bad = resources.find(({ bytes }) => Number(bytes.toString()) < 0);
    if (!bad) {
      if (this.protocol === 'full' && wildcardTypes.includes(type)) own.clear();
      for (const resource of resources) own.set(resource.name, resource);
      for (const name of removed) own.delete(name);
      this.forget(type);
    }
    const error = bad && `${bad.name} is bad`;
    if (this.protocol === 'full') this.request(this.full(type, error));
    else {
      const answer = { kind: 'delta', type, subscribe: [], unsubscribe: [], initial: {}, nonce } as const;
      this.request(error ? { ...answer, error } : answer);
    }
    return true;
  }

  /** The stream breaks with whatever was under way, and the client comes back with what it has. */
  reconnect(): void {
    this.session = new Session(this.protocol);
    this.toServer = [];
    this.toClient = [];
    this.nonces.clear();
    this.unanswered.clear();
    this.last = undefined;
    this.wakeAt = Number.POSITIVE_INFINITY;
    for (const [type, wish] of this.wishes) {
      if (!wish.wildcard && wish.names.size === 0) this.wishes.delete(type);
      else if (this.protocol === 'full') this.request(this.full(type));
      else {
        const initial = Object.fromEntries(
          [...(this.has.get(type) ?? [])].map(([name, { version }]) => [name, version]),
        );
        const subscribe = [...wish.names, ...(wish.wildcard ? ['*'] : [])];
        this.request({ kind: 'delta', type, subscribe, unsubscribe: [], initial, nonce: '' });
      }
    }
  }

  wake(): boolean {
    if (!Number.isFinite(this.wakeAt)) return false;
    this.now = Math.max(this.now, this.wakeAt);
    this.wakeAt = Number.POSITIVE_INFINITY;
    this.serve({ kind: 'look' });
    return true;
  }

  settle(): void {
    this.serve({ kind: 'writable', yes: true });
    for (let turn = 0; this.deliverToServer() || this.deliverToClient() || this.wake(); turn += 1) {
      assert.ok(turn < 1_000, 'the two never come to rest');
    }
  }

  check(): void {
    for (const [type, wish] of this.wishes) {
      const expected = new Map<string, string>();
      if (wish.wildcard) for (const { name, version } of this.world.all(type)) expected.set(name, version);
      for (const name of wish.names) {
        const resource = this.world.get(type, name);
        if (resource) expected.set(resource.name, resource.version);
      }
      const actual = [...(this.has.get(type) ?? [])]
        // A full state cannot say that a route or an assignment is gone.
        .filter(([name]) => this.protocol === 'delta' || wildcardTypes.includes(type) || expected.has(name))
        .map(([name, { version }]): [string, string] => [name, version]);
      assert.deepEqual(new Map(actual.sort()), new Map([...expected].sort()), type);
    }
  }
}

const typeArbitrary = fc.constantFrom(...types);
const nameArbitrary = fc.constantFrom(...names, 'alias-a', 'alias-b');
const stepArbitrary = fc.oneof(
  fc.record({ do: fc.constant('ask' as const), type: typeArbitrary, name: nameArbitrary }),
  fc.record({ do: fc.constant('drop' as const), type: typeArbitrary, name: nameArbitrary }),
  fc.record({ do: fc.constant('everything' as const), type: fc.constantFrom(...wildcardTypes), on: fc.boolean() }),
  fc.record({
    do: fc.constant('set' as const),
    type: typeArbitrary,
    name: fc.constantFrom('a', 'b', 'c'),
    content: fc.option(fc.integer({ min: -3, max: 9 }), { nil: undefined }),
  }),
  fc.record({ do: fc.constantFrom('toServer', 'toClient', 'toServer', 'toClient', 'repeat', 'close', 'wake') }),
  fc.record({ do: fc.constant('writable' as const), on: fc.boolean() }),
);

for (const protocol of ['delta', 'full'] as const) {
  test(`a ${protocol} client ends with exactly what it may see, whatever happens on the way`, () => {
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 80, size: 'max' }), (steps) => {
        const world = new World();
        const client = new Client(world, protocol);
        for (const step of steps) {
          if (step.do === 'ask') client.wish(step.type, (wish) => wish.names.add(step.name));
          else if (step.do === 'drop') client.wish(step.type, (wish) => wish.names.delete(step.name));
          else if (step.do === 'everything') client.wish(step.type, (wish) => (wish.wildcard = step.on));
          else if (step.do === 'set') {
            world.set(step.type, step.name, step.content);
            client.serve({ kind: 'look' });
          } else if (step.do === 'toServer') client.deliverToServer();
          else if (step.do === 'toClient') client.deliverToClient();
          else if (step.do === 'repeat' && client.last) client.request(client.last);
          else if (step.do === 'close') client.reconnect();
          else if (step.do === 'wake') client.wake();
          else if (step.do === 'writable') client.serve({ kind: 'writable', yes: step.on });
        }
        client.settle();
        world.heal();
        client.serve({ kind: 'look' });
        client.settle();
        client.check();
      }),
      { numRuns: 3_000 },
    );
  });
}
