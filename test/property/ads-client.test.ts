import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLog } from '../../shared/log/log.ts';
import { seededRandom } from '../../shared/struct/random.ts';
import { VirtualClock } from '../../shared/time/virtual-clock.ts';
import { decode, encode } from '../../shared/xds/codec.ts';
import type { DeltaDiscoveryRequest } from '../../shared/xds/messages.gen.ts';
import { CLUSTER, ENDPOINT, FAULT_ASSIGNMENT, LISTENER, ROUTE, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';
import type { Piece } from '../../sidecar/core/plan/delta.ts';
import { Discovery, type DiscoveryStream } from '../../sidecar/discovery/discovery.ts';
import { resolveBootstrap } from '../../sidecar/plan/bootstrap.ts';
import { meshBootstrap } from '../../sidecar/plan/mesh-bootstrap.ts';
import { clustersOfHost, clustersOfRoutes, routesOfListener } from '../../sidecar/plan/references.ts';
import { readResource } from '../../sidecar/plan/resource.ts';
import { type Change, World } from '../../sidecar/plan/world.ts';
import { type ModelResponse, ModelServer, received } from '../support/ads-model.ts';

const names: Record<string, string[]> = {
  [CLUSTER]: ['a', 'b', 'c'],
  [ENDPOINT]: ['a', 'b', 'c'],
  [LISTENER]: ['outbound', 'web'],
  [ROUTE]: ['outbound', 'web', 'other'],
  [VIRTUAL_HOST]: ['outbound/a', 'outbound/b'],
  [FAULT_ASSIGNMENT]: ['a', 'b'],
};
const types = Object.keys(names);
const hosts = ['a', 'b', 'a.default', 'nobody'];
const noSlots = {
  clusterSlot: () => 0,
  endpointSlots: (_: string, all: readonly string[]) => all.map(() => 0),
  dropCluster: () => {},
};
const here = { host: '127.0.0.1', port: 1 };
const bootstrap = resolveBootstrap(
  meshBootstrap({
    node: 'n',
    service: 's',
    namespace: 'default',
    outbound: here,
    inbound: null,
    admin: here,
    controlPlane: [here],
    locality: null,
    version: '0',
  }),
);

/** A client, a server and the wire between them; nothing moves unless told to. */
class Scene {
  readonly clock = new VirtualClock();
  readonly server = new ModelServer();
  readonly client: Discovery;
  readonly plan = new Map<string, Piece>();
  readonly answers: string[] = [];
  asked = 0;
  #events: { onOpen(): void; onMessage(message: ReturnType<typeof received>): void; onClose(): void } | undefined;
  #toServer: DeltaDiscoveryRequest[] = [];
  #toClient: ModelResponse[] = [];
  #deltas: number[] = [];
  #issued = 0;
  #inForce = 0;
  /** By nonce: what has to be in force before it may be acknowledged. */
  #needs = new Map<string, number>();
  open = false;
  #firstOnStream = true;

  constructor() {
    const self = this;
    const stream: DiscoveryStream = {
      server: 'model',
      start() {},
      stop() {},
      send(message) {
        const type = 'envoy.service.discovery.v3.DeltaDiscoveryRequest';
        self.#toServer.push(decode(type, encode(type, message)));
      },
    };
    this.client = new Discovery({
      bootstrap,
      slots: noSlots,
      clock: this.clock,
      random: seededRandom(1),
      log: silentLog,
      lenient: false,
      accessLogs: [],
      lastGood: null,
      requestsOf: () => 0,
      apply: (change) => this.#apply(change),
      connect: (events) => {
        this.#events = events;
        return stream;
      },
    });
    this.client.start();
  }

  connect(): void {
    if (this.open) return;
    this.open = true;
    this.#firstOnStream = true;
    this.server.connected();
    this.#events?.onOpen();
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.#toServer = [];
    this.#toClient = [];
    this.#needs.clear();
    this.#events?.onClose();
  }

  ask(host: string): void {
    this.asked += 1;
    this.client.ask(host, (result) => this.answers.push(result));
  }

  respond(type: string, again: boolean): boolean {
    const response = this.open ? this.server.respond(type, again) : undefined;
    if (response) this.#toClient.push(response);
    return response !== undefined;
  }

  disturb(type: string): void {
    if (this.open && this.server.types.includes(type)) this.#toClient.push(this.server.nonsense(type));
  }

  /** One message reaches the client. */
  deliver(): boolean {
    const response = this.#toClient.shift();
    if (!response) return false;
    this.#events?.onMessage(received(response));
    this.#needs.set(response.nonce, this.#issued);
    return true;
  }

  /** One message reaches the server. */
  read(): boolean {
    const request = this.#toServer.shift();
    if (!request) return false;
    assert.equal(request.node !== undefined, this.#firstOnStream, 'the node belongs to the first request only');
    this.#firstOnStream = false;
    const nonce = request.response_nonce ?? '';
    if (nonce !== '' && !request.error_detail) {
      assert.ok(this.#inForce >= (this.#needs.get(nonce) ?? 0), 'acknowledged before it was in force');
    }
    this.server.request(request);
    return true;
  }

  /** The workers bring one more delta in force. */
  work(): boolean {
    const epoch = this.#deltas.shift();
    if (epoch === undefined) return false;
    this.#inForce = epoch;
    this.client.inForce(epoch);
    return true;
  }

  /** Everything under way arrives, and the server says all it has to say. */
  settle(): void {
    for (let round = 0; round < 1_000; round += 1) {
      let moved = false;
      while (this.read()) moved = true;
      while (this.deliver()) moved = true;
      while (this.work()) moved = true;
      for (const type of this.server.types) moved = this.respond(type, false) || moved;
      if (!moved) return;
    }
    assert.fail('client and server never come to rest');
  }

  #apply({ delta }: Change): void {
    if (!delta) return;
    assert.equal(delta.epoch, this.#issued + 1);
    this.#issued = delta.epoch;
    this.#deltas.push(delta.epoch);
    for (const piece of delta.put) this.plan.set(`${piece.kind} ${piece.name}`, piece);
    for (const { kind, name } of delta.del) this.plan.delete(`${kind} ${name}`);
    this.#checkOrder(delta.put);
  }

  /** Make before break: what is put refers to nothing that is held but not in the plan. */
  #checkOrder(put: readonly Piece[]): void {
    const held = this.client.status().versions.get('cluster');
    for (const piece of put) {
      const named =
        piece.kind === 'route'
          ? clustersOfRoutes(piece.value)
          : piece.kind === 'vhost'
            ? clustersOfHost(piece.value)
            : [];
      for (const name of named) {
        if (held?.has(name)) assert.ok(this.plan.has(`cluster ${name}`), `${piece.name} came before cluster ${name}`);
      }
      if (piece.kind === 'listener') {
        for (const route of routesOfListener(piece.value)) assert.ok(this.plan.has(`route ${route}`));
      }
      if (piece.kind === 'cluster') assert.ok(this.plan.has(`endpoints ${piece.value.endpoints}`));
    }
  }
}

/** The plan that a client must end with, made from the server's content without any protocol. */
function expected(server: ModelServer, asked: readonly string[]): Map<string, Piece> {
  const world = new World(noSlots);
  const put = (type: string, resource: ReturnType<ModelServer['find']>): void => {
    if (!resource?.resource?.value) return;
    const read = readResource(type, resource.name ?? '', resource.resource.value, false);
    assert.deepEqual(read.problems, []);
    if (read.resource) world.put(resource.name ?? '', read.resource);
  };
  for (const type of [CLUSTER, LISTENER]) for (const each of server.all(type)) put(type, each);
  for (const host of asked) put(VIRTUAL_HOST, server.find(VIRTUAL_HOST, `outbound/${host}`));
  for (const name of world.routeNames()) {
    if (server.find(ROUTE, name)) put(ROUTE, server.find(ROUTE, name));
    else world.remove('route', name);
  }
  for (const name of world.endpointNames()) {
    if (server.find(ENDPOINT, name)) put(ENDPOINT, server.find(ENDPOINT, name));
    else world.remove('endpoints', name);
  }
  for (const name of world.serviceNames()) put(FAULT_ASSIGNMENT, server.find(FAULT_ASSIGNMENT, name));
  for (const name of world.clusterNames()) if (!server.find(CLUSTER, name)) world.remove('cluster', name);
  world.settle(0);
  return new Map(world.whole().put.map((piece) => [`${piece.kind} ${piece.name}`, piece]));
}

const step = fc.record({
  what: fc.constantFrom(
    'set',
    'set',
    'respond',
    'respond',
    'again',
    'nonsense',
    'deliver',
    'deliver',
    'read',
    'read',
    'work',
    'close',
    'connect',
    'ask',
    'time',
  ),
  type: fc.constantFrom(...types),
  which: fc.nat(3),
  content: fc.integer({ min: -2, max: 5 }),
});

test('whatever the server does, the client ends with what the server has, and acknowledges only what is in force', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 150, size: 'max' }),
      fc.boolean(),
      fc.boolean(),
      (steps, calm, warm) => {
        const scene = new Scene();
        for (const each of types) for (const name of names[each] ?? []) scene.server.set(each, name, 2);
        scene.connect();
        if (warm) scene.settle();
        for (const { what, type, which, content } of steps) {
          const name = (names[type] ?? [])[which];
          if (what === 'set' && name !== undefined) scene.server.set(type, name, content === 5 ? undefined : content);
          else if (what === 'respond' || what === 'again') scene.respond(type, what === 'again');
          else if (what === 'nonsense') scene.disturb(type);
          else if (what === 'deliver') scene.deliver();
          else if (what === 'read') scene.read();
          else if (what === 'work') scene.work();
          else if (what === 'close') scene.close();
          else if (what === 'connect') scene.connect();
          else if (what === 'ask') scene.ask(hosts[which] ?? 'a');
          else if (what === 'time' && !calm) scene.clock.advance(100 * which);
        }
        scene.server.heal();
        // At last hosts come on demand, so that all of them are asked for.
        scene.server.set(LISTENER, 'outbound', 4);
        scene.server.set(ROUTE, 'outbound', 4);
        scene.connect();
        scene.settle();
        // Every host of old is asked for again: what was unknown once may exist now.
        scene.clock.advance(6_000);
        for (const host of hosts) scene.ask(host);
        scene.settle();
        scene.clock.advance(20_000);
        scene.settle();
        assert.equal(scene.answers.length, scene.asked, 'every question is answered once');
        assert.deepEqual(sorted(scene.plan), sorted(expected(scene.server, hosts)));
      },
    ),
    { numRuns: 300 },
  );
});

const sorted = (plan: Map<string, Piece>): [string, Piece][] =>
  [...plan].sort(([one], [other]) => (one < other ? -1 : 1));
