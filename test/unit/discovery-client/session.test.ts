import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeltaDiscoveryResponse, Resource } from '../../../shared/xds/messages.gen.ts';
import { CLUSTER, FAULT_ASSIGNMENT, VIRTUAL_HOST } from '../../../shared/xds/type-url.ts';
import { type Inventory, Session } from '../../../sidecar/discovery/session.ts';
import type { ResourceKind } from '../../../sidecar/plan/resource.ts';

/** Remembers what it is told; refuses content "bad". */
class Book implements Inventory {
  readonly held = new Map<string, string>();
  put(kind: ResourceKind, name: string, bytes: Uint8Array): readonly string[] {
    const text = Buffer.from(bytes).toString();
    if (text === 'bad') return [`${kind} ${name}: is bad`];
    this.held.set(`${kind} ${name}`, text);
    return [];
  }
  remove(kind: ResourceKind, name: string): void {
    this.held.delete(`${kind} ${name}`);
  }
  forget(kind: ResourceKind, name: string): void {
    this.held.delete(`${kind} ${name}`);
  }
  waits = (): boolean => false;
}

let nonce = 0;
function response(type: string, resources: Partial<Resource>[], removed: string[] = []): DeltaDiscoveryResponse {
  nonce += 1;
  const full = resources.map((each) => ({ version: '1', aliases: [], ...each }) as Resource);
  return { type_url: type, resources: full, removed_resources: removed, nonce: String(nonce) };
}

const content = (type: string, text: string) => ({ type_url: type, value: Buffer.from(text) });
const none = { listeners: false, clusters: false };

function open(interests = none): { book: Book; session: Session } {
  const book = new Book();
  const session = new Session(book, interests);
  session.opened();
  return { book, session };
}

test('wildcards are asked for as soon as there is a stream, clusters before listeners', () => {
  const { session } = open({ listeners: true, clusters: true });
  const [first, second, ...rest] = session.requests();
  assert.equal(first?.type_url, CLUSTER);
  assert.deepEqual(first?.resource_names_subscribe, ['*']);
  assert.match(second?.type_url ?? '', /Listener$/);
  assert.deepEqual(rest, []);
  assert.deepEqual(session.requests(), []);
});

test('of a response with a bad resource the others are taken, and the refusal names it', () => {
  const { book, session } = open({ listeners: false, clusters: true });
  session.requests();
  session.receive(response(CLUSTER, [{ name: 'a', resource: content(CLUSTER, 'old') }]), 0);
  session.receive(
    response(CLUSTER, [
      { name: 'a', version: '2', resource: content(CLUSTER, 'bad') },
      { name: 'b', resource: content(CLUSTER, 'good') },
    ]),
    0,
  );
  session.settled(1);
  session.inForce(1);
  const [accepted, refused] = session.requests();
  assert.equal(accepted?.error_detail, undefined);
  assert.deepEqual(refused?.error_detail, { code: 3, message: 'cluster a: is bad' });
  assert.deepEqual(Object.fromEntries(book.held), { 'cluster a': 'old', 'cluster b': 'good' });
  assert.equal(session.versions('cluster').get('a'), '1');
});

test('a new stream is told the versions that are held, so that only what changed is sent', () => {
  const { session } = open({ listeners: false, clusters: true });
  session.requests();
  session.receive(response(CLUSTER, [{ name: 'a', version: '7', resource: content(CLUSTER, 'x') }]), 0);
  session.closed();
  assert.deepEqual(session.requests(), []);
  session.opened();
  assert.deepEqual(session.requests()[0]?.initial_resource_versions, { a: '7' });
});

test('a virtual host is held under its own name for each host it was asked by, until nobody asks any more', () => {
  const { book, session } = open();
  session.want('vhost', new Set(['o/cart', 'o/cart:80', 'o/none']));
  session.requests();
  const cart = { name: 'o/cart.shop:80', aliases: ['o/cart', 'o/cart:80'], resource: content(VIRTUAL_HOST, 'v1') };
  session.receive(response(VIRTUAL_HOST, [cart], ['o/none']), 0);
  assert.deepEqual([...book.held.keys()], ['vhost o/cart.shop:80']);
  assert.equal(session.answer('vhost', 'o/cart:80'), 'o/cart.shop:80');
  assert.equal(session.answer('vhost', 'o/none'), null);
  assert.equal(session.answer('vhost', 'o/other'), undefined);
  session.want('vhost', new Set(['o/cart:80']));
  assert.equal(book.held.size, 1);
  assert.deepEqual(session.requests()[0]?.resource_names_unsubscribe, ['o/cart', 'o/none']);
  session.want('vhost', new Set());
  assert.equal(book.held.size, 0);
});

test('when the server takes a virtual host away, every host it answered to is unknown', () => {
  const { book, session } = open();
  session.want('vhost', new Set(['o/a', 'o/a:80']));
  session.receive(
    response(VIRTUAL_HOST, [{ name: 'o/own', aliases: ['o/a', 'o/a:80'], resource: content(VIRTUAL_HOST, 'v') }]),
    0,
  );
  session.receive(response(VIRTUAL_HOST, [], ['o/own', 'o/a', 'o/a:80']), 0);
  assert.equal(book.held.size, 0);
  assert.deepEqual([session.answer('vhost', 'o/a'), session.answer('vhost', 'o/a:80')], [null, null]);
});

test('a name that was only answered by something bad is known as refused, until something good comes', () => {
  const { session } = open();
  session.want('vhost', new Set(['o/a']));
  session.receive(
    response(VIRTUAL_HOST, [{ name: 'o/own', aliases: ['o/a'], resource: content(VIRTUAL_HOST, 'bad') }]),
    0,
  );
  assert.equal(session.answer('vhost', 'o/a'), undefined);
  assert.ok(session.isRefused('vhost', 'o/a'));
  session.receive(
    response(VIRTUAL_HOST, [{ name: 'o/own', aliases: ['o/a'], resource: content(VIRTUAL_HOST, 'v') }]),
    0,
  );
  assert.ok(!session.isRefused('vhost', 'o/a'));
  session.receive(
    response(VIRTUAL_HOST, [{ name: 'o/own', aliases: ['o/a'], resource: content(VIRTUAL_HOST, 'bad') }]),
    0,
  );
  assert.ok(!session.isRefused('vhost', 'o/a'), 'what ran before runs on');
});

test('a resource that was not asked for is not taken', () => {
  const { book, session } = open();
  session.want('vhost', new Set(['o/a']));
  session.receive(response(VIRTUAL_HOST, [{ name: 'o/b', resource: content(VIRTUAL_HOST, 'v') }]), 0);
  assert.equal(book.held.size, 0);
});

test('a fault ends with its lease, is renewed by a sign of life, and is refused without one', () => {
  const { book, session } = open();
  session.want('fault', new Set(['cart']));
  const fault = { name: 'cart', resource: content(FAULT_ASSIGNMENT, 'f') };
  session.receive(response(FAULT_ASSIGNMENT, [fault]), 0);
  assert.match(
    session.requests().find((each) => each.error_detail)?.error_detail?.message ?? '',
    /^FaultAssignment cart: ttl: is required/,
  );
  session.receive(response(FAULT_ASSIGNMENT, [{ ...fault, ttl: { seconds: 10, nanos: 0 } }]), 1_000);
  assert.equal(session.nextExpiry, 11_000);
  session.receive(response(FAULT_ASSIGNMENT, [{ name: 'cart', ttl: { seconds: 20, nanos: 0 } }]), 2_000);
  assert.equal(session.nextExpiry, 22_000);
  assert.equal(session.expire(21_999), false);
  assert.equal(book.held.size, 1);
  assert.equal(session.expire(22_000), true);
  assert.equal(book.held.size, 0);
  assert.equal(session.nextExpiry, Number.POSITIVE_INFINITY);
});

test('what is kept over a restart comes back with its versions, without faults, and endpoints are asked for anew', () => {
  const { session } = open({ listeners: false, clusters: true });
  session.want('fault', new Set(['cart']));
  session.want('endpoints', new Set(['a']));
  session.want('vhost', new Set(['o/cart']));
  const endpointType = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';
  session.receive(response(CLUSTER, [{ name: 'a', version: '7', resource: content(CLUSTER, 'x') }]), 0);
  session.receive(response(endpointType, [{ name: 'a', version: '8', resource: content(endpointType, 'e') }]), 0);
  session.receive(
    response(VIRTUAL_HOST, [{ name: 'o/own', aliases: ['o/cart'], resource: content(VIRTUAL_HOST, 'v') }]),
    0,
  );
  session.receive(
    response(FAULT_ASSIGNMENT, [
      { name: 'cart', resource: content(FAULT_ASSIGNMENT, 'f'), ttl: { seconds: 9, nanos: 0 } },
    ]),
    0,
  );
  const book = new Book();
  const next = new Session(book, { listeners: false, clusters: true });
  assert.deepEqual(next.restore(session.keep()), []);
  assert.deepEqual([...book.held.keys()].sort(), ['cluster a', 'endpoints a', 'vhost o/own']);
  assert.equal(next.answer('vhost', 'o/cart'), 'o/own');
  assert.ok(next.hasAnswer('cluster'));
  next.opened();
  const requests = next.requests();
  const initial = (type: string) => requests.find((each) => each.type_url === type)?.initial_resource_versions;
  assert.deepEqual(initial(CLUSTER), { a: '7' });
  assert.deepEqual(initial(endpointType), {});
  assert.deepEqual(initial(VIRTUAL_HOST), { 'o/own': '1' });
});
