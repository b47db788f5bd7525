import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kindOf } from '../../control-plane/discovery/node-kind.ts';
import { deltaResponse, fullResponse } from '../../control-plane/discovery/response.ts';
import { type Action, type DeltaRequest, type FullRequest, Session } from '../../control-plane/discovery/session.ts';
import type { Resource, View } from '../../control-plane/snapshot/resource.ts';
import { decode, encode } from '../../shared/xds/codec.ts';
import { CLUSTER, ENDPOINT, FAULT_ASSIGNMENT, LISTENER, ROUTE, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';

/** A view that a test fills: version 1 of a thing is `a@1`. */
class TestView implements View {
  readonly #all = new Map<string, Resource>();
  #stamp = 0;

  set(type: string, name: string, version: number | undefined, aliases: string[] = []): void {
    this.#stamp += 1;
    const key = `${type} ${name}`;
    const text = `${name}@${version}`;
    if (version === undefined) this.#all.delete(key);
    else
      this.#all.set(key, {
        type,
        name,
        aliases,
        version: Buffer.from(text.padEnd(8)).toString('hex'),
        bytes: Buffer.from(text),
      });
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

const delta = (type: string, subscribe: string[], rest: Partial<DeltaRequest> = {}): DeltaRequest => ({
  kind: 'delta',
  type,
  subscribe,
  unsubscribe: [],
  initial: {},
  nonce: '',
  ...rest,
});
const full = (type: string, names: string[], nonce = '', error?: string): FullRequest => ({
  kind: 'full',
  type,
  names,
  nonce,
  ...(error ? { error } : {}),
});

/** `Cluster +a@1 -b` for each response: what is sent, and what is taken back. */
function said(actions: readonly Action[]): string[] {
  return actions
    .filter((each) => each.kind === 'send')
    .map(({ type, resources, removed }) =>
      [type.split('.').at(-1), ...resources.map(({ bytes }) => `+${bytes}`), ...removed.map((name) => `-${name}`)].join(
        ' ',
      ),
    );
}

const nonceOf = (actions: readonly Action[], type: string): string => {
  const found = actions.findLast((each) => each.kind === 'send' && each.type === type);
  return found?.kind === 'send' ? found.nonce : '';
};

describe('an incremental stream', () => {
  test('answers a name that does not exist at once, and again when it begins to exist', () => {
    const view = new TestView();
    const session = new Session('delta');
    const first = session.step(delta(CLUSTER, ['a']), view, 0);
    assert.deepEqual(said(first), ['Cluster -a']);
    view.set(CLUSTER, 'a', 1);
    assert.deepEqual(said(session.step({ kind: 'look' }, view, 1)), [], 'the first response is not answered yet');
    const later = session.step(delta(CLUSTER, [], { nonce: nonceOf(first, CLUSTER) }), view, 2);
    assert.deepEqual(said(later), ['Cluster +a@1']);
  });

  test('sends what changed meanwhile in one response, in its last version', () => {
    const view = new TestView();
    view.set(CLUSTER, 'a', 1);
    const session = new Session('delta');
    const first = session.step(delta(CLUSTER, ['*']), view, 0);
    for (const version of [2, 3, 4]) {
      view.set(CLUSTER, 'a', version);
      assert.deepEqual(said(session.step({ kind: 'look' }, view, version)), []);
    }
    assert.deepEqual(said(session.step(delta(CLUSTER, [], { nonce: nonceOf(first, CLUSTER) }), view, 9)), [
      'Cluster +a@4',
    ]);
  });

  test('sends a name that is subscribed again, even unchanged', () => {
    const view = new TestView();
    view.set(CLUSTER, 'a', 1);
    const session = new Session('delta');
    const nonce = nonceOf(session.step(delta(CLUSTER, ['a']), view, 0), CLUSTER);
    session.step(delta(CLUSTER, [], { nonce }), view, 1);
    assert.deepEqual(said(session.step(delta(CLUSTER, ['a']), view, 2)), ['Cluster +a@1']);
  });

  test('does not send what a client that returns still has, and takes back what is gone', () => {
    const view = new TestView();
    for (const name of ['same', 'changed']) view.set(CLUSTER, name, 2);
    const initial = { same: view.get(CLUSTER, 'same')?.version ?? '', changed: 'old', gone: 'old' };
    const actions = new Session('delta').step(delta(CLUSTER, ['same', 'changed', 'gone'], { initial }), view, 0);
    assert.deepEqual(said(actions), ['Cluster +changed@2']);
  });

  test('treats an Envoy that returns and lists names as one that wants everything', () => {
    const view = new TestView();
    for (const name of ['a', 'b']) view.set(CLUSTER, name, 1);
    const request = delta(CLUSTER, ['a'], { initial: { a: view.get(CLUSTER, 'a')?.version ?? '' } });
    assert.deepEqual(said(new Session('delta', { namesOnReturn: true }).step(request, view, 0)), ['Cluster +b@1']);
    assert.deepEqual(said(new Session('delta').step(request, view, 0)), []);
  });

  test('sends a resource once for two of its names, and takes back all of them', () => {
    const view = new TestView();
    view.set(VIRTUAL_HOST, 'outbound/cart.default:80', 1, ['outbound/cart', 'outbound/cart:80']);
    const session = new Session('delta');
    const first = session.step(delta(VIRTUAL_HOST, ['outbound/cart', 'outbound/cart:80']), view, 0);
    assert.deepEqual(said(first), ['VirtualHost +outbound/cart.default:80@1']);
    session.step(delta(VIRTUAL_HOST, [], { nonce: nonceOf(first, VIRTUAL_HOST) }), view, 1);
    view.set(VIRTUAL_HOST, 'outbound/cart.default:80', undefined);
    assert.deepEqual(said(session.step({ kind: 'look' }, view, 2)), [
      'VirtualHost -outbound/cart.default:80 -outbound/cart -outbound/cart:80',
    ]);
  });

  test('repeats nothing of a refused response before something of it changes, then all of it', () => {
    const view = new TestView();
    for (const name of ['a', 'b']) view.set(CLUSTER, name, 1);
    const session = new Session('delta');
    const nonce = nonceOf(session.step(delta(CLUSTER, ['*']), view, 0), CLUSTER);
    const refused = session.step(delta(CLUSTER, [], { nonce, error: 'no' }), view, 1);
    assert.deepEqual(
      refused.map(({ kind }) => kind),
      ['refused'],
    );
    assert.equal(session.state(CLUSTER, 'a', view), 'refused');
    view.set(CLUSTER, 'c', 1);
    const other = session.step({ kind: 'look' }, view, 2);
    assert.deepEqual(said(other), ['Cluster +c@1']);
    session.step(delta(CLUSTER, [], { nonce: nonceOf(other, CLUSTER) }), view, 3);
    view.set(CLUSTER, 'a', 2);
    const again = session.step({ kind: 'look' }, view, 4);
    assert.deepEqual(said(again).join().split(' ').sort(), ['+a@2', '+b@1', 'Cluster']);
    session.step(delta(CLUSTER, [], { nonce: nonceOf(again, CLUSTER) }), view, 5);
    assert.equal(session.state(CLUSTER, 'a', view), 'current');
    assert.deepEqual(session.standing()[CLUSTER]?.state, 'applied');
  });

  test('sends nothing while the transport is full, then the last state', () => {
    const view = new TestView();
    view.set(CLUSTER, 'a', 1);
    const session = new Session('delta');
    session.step({ kind: 'writable', yes: false }, view, 0);
    assert.deepEqual(said(session.step(delta(CLUSTER, ['*']), view, 1)), []);
    view.set(CLUSTER, 'a', 2);
    assert.deepEqual(said(session.step({ kind: 'writable', yes: true }, view, 2)), ['Cluster +a@2']);
  });
});

describe('make before break', () => {
  /** A client with a route to cluster `old`, of which all is acknowledged. */
  function settled(protocol: 'full' | 'delta'): { view: TestView; session: Session; nonces: Map<string, string> } {
    const view = new TestView();
    for (const type of [CLUSTER, ENDPOINT]) view.set(type, 'old', 1);
    view.set(ROUTE, 'outbound', 1);
    const session = new Session(protocol);
    const nonces = new Map<string, string>();
    const ask = (type: string, names: string[]): void => {
      const request = protocol === 'full' ? full(type, names) : delta(type, names);
      const nonce = nonceOf(session.step(request, view, 0), type);
      nonces.set(type, nonce);
      session.step(protocol === 'full' ? full(type, names, nonce) : delta(type, [], { nonce }), view, 0);
    };
    ask(CLUSTER, ['*']);
    ask(ENDPOINT, ['old']);
    ask(ROUTE, ['outbound']);
    view.set(CLUSTER, 'old', undefined);
    view.set(CLUSTER, 'new', 1);
    view.set(ENDPOINT, 'old', undefined);
    view.set(ENDPOINT, 'new', 1);
    view.set(ROUTE, 'outbound', 2);
    return { view, session, nonces };
  }

  test('a new cluster goes first, then the route to it, then the old cluster is taken back', () => {
    const { view, session } = settled('delta');
    const cluster = session.step({ kind: 'look' }, view, 10);
    assert.deepEqual(said(cluster), ['Cluster +new@1']);
    assert.equal(cluster.at(-1)?.kind, 'wake');
    const endpoints = session.step(delta(ENDPOINT, ['new']), view, 11);
    assert.deepEqual(said(endpoints), ['ClusterLoadAssignment +new@1']);
    assert.deepEqual(said(session.step(delta(CLUSTER, [], { nonce: nonceOf(cluster, CLUSTER) }), view, 12)), []);
    const route = session.step(delta(ENDPOINT, [], { nonce: nonceOf(endpoints, ENDPOINT) }), view, 13);
    assert.deepEqual(said(route), ['RouteConfiguration +outbound@2']);
    const first = session.step(delta(ROUTE, [], { nonce: nonceOf(route, ROUTE) }), view, 14);
    assert.deepEqual(said(first), ['ClusterLoadAssignment -old']);
    const last = session.step(delta(ENDPOINT, [], { nonce: nonceOf(first, ENDPOINT) }), view, 15);
    assert.deepEqual(said(last), ['Cluster -old']);
  });

  test('a full state holds the old cluster until the route has left it', () => {
    const { view, session } = settled('full');
    const cluster = session.step({ kind: 'look' }, view, 10);
    assert.deepEqual(said(cluster), ['Cluster +old@1 +new@1']);
    const route = session.step(full(CLUSTER, ['*'], nonceOf(cluster, CLUSTER)), view, 11);
    assert.deepEqual(said(route), ['RouteConfiguration +outbound@2']);
    const last = session.step(full(ROUTE, ['outbound'], nonceOf(route, ROUTE)), view, 12);
    assert.deepEqual(said(last), ['Cluster +new@1']);
  });

  test('a client that never answers delays what follows for a second only', () => {
    const { view, session } = settled('delta');
    session.step({ kind: 'look' }, view, 10);
    assert.deepEqual(said(session.step({ kind: 'look' }, view, 1_009)), []);
    assert.deepEqual(said(session.step({ kind: 'look' }, view, 1_010)), ['RouteConfiguration +outbound@2']);
  });

  test('endpoints and faults wait for nothing', () => {
    const { view, session } = settled('delta');
    const nonce = nonceOf(session.step(delta(FAULT_ASSIGNMENT, ['cart']), view, 1), FAULT_ASSIGNMENT);
    session.step(delta(FAULT_ASSIGNMENT, [], { nonce }), view, 2);
    view.set(ENDPOINT, 'old', 2);
    view.set(FAULT_ASSIGNMENT, 'cart', 1);
    assert.deepEqual(said(session.step({ kind: 'look' }, view, 10)).sort(), [
      'ClusterLoadAssignment +old@2',
      'FaultAssignment +cart@1',
    ]);
  });
});

test('a stale nonce of a full stream acknowledges nothing and is not responded to, yet its names count', () => {
  const view = new TestView();
  for (const name of ['a', 'b']) view.set(ENDPOINT, name, 1);
  const session = new Session('full');
  const first = session.step(full(ENDPOINT, ['a']), view, 0);
  assert.deepEqual(session.step(full(ENDPOINT, ['b'], 'none of ours'), view, 1), []);
  assert.deepEqual(session.step(full(ENDPOINT, ['a'], 'none of ours'), view, 2), []);
  const answer = session.step(full(ENDPOINT, ['a'], nonceOf(first, ENDPOINT)), view, 3);
  assert.deepEqual(said(answer), ['ClusterLoadAssignment +a@1'], 'it was dropped and wanted again');
});

test('responses put together from parts are what the whole would be', () => {
  const bytes = encode('envoy.config.cluster.v3.Cluster', { name: 'x'.repeat(300) });
  const expiresAt = 5_250;
  const resource: Resource = {
    type: CLUSTER,
    name: 'x',
    aliases: ['y'],
    version: '0123456789abcdef',
    bytes,
    expiresAt,
  };
  const send = {
    kind: 'send' as const,
    type: CLUSTER,
    nonce: '7',
    version: 'v',
    resources: [resource, resource],
    removed: ['z'],
  };
  const any = { type_url: CLUSTER, value: bytes };
  const whole = decode('envoy.service.discovery.v3.DiscoveryResponse', fullResponse(send, 'me'));
  assert.deepEqual(whole, {
    version_info: 'v',
    type_url: CLUSTER,
    nonce: '7',
    control_plane: { identifier: 'me' },
    resources: [any, any],
  });
  const { resources, removed_resources } = decode(
    'envoy.service.discovery.v3.DeltaDiscoveryResponse',
    deltaResponse(send, 'me', 5_000),
  );
  const expected = {
    name: 'x',
    aliases: ['y'],
    version: '0123456789abcdef',
    resource: any,
    ttl: { seconds: 0, nanos: 250_000_000 },
  };
  assert.deepEqual([resources[0], removed_resources], [{ ...expected, ttl: resources[0]?.ttl }, ['z']]);
  assert.equal(resources[0]?.ttl?.nanos, 250_000_000);
});

test('the kind of a client is known by its name, else by what it asks for', () => {
  const node = (user_agent_name = '', client_features: string[] = []) => ({ user_agent_name, client_features });
  assert.equal(kindOf(node('envoy'), delta(CLUSTER, [])), 'envoy');
  assert.equal(kindOf(node('gRPC C-core linux Python'), full(LISTENER, ['cart:80'])), 'grpc');
  assert.equal(kindOf(node('aya'), delta(LISTENER, ['*'])), 'aya');
  assert.equal(kindOf(node('', ['aya.v1.2']), delta(LISTENER, ['*'])), 'aya');
  assert.equal(kindOf(node(), delta(VIRTUAL_HOST, ['outbound/a'])), 'aya');
  assert.equal(kindOf(node('go'), full(LISTENER, ['cart:80'])), 'grpc');
  assert.equal(kindOf(node(), full(LISTENER, [])), 'envoy');
});
