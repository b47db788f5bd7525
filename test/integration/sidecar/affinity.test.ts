import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

for (const [policy, over] of [
  ['ring hash', { lb_policy: 'RING_HASH' }],
  ['Maglev', { lb_policy: 'MAGLEV' }],
] as const) {
  test(`requests of one user stay at one endpoint by ${policy}, over both workers, and clients get a cookie to stay`, async (t) => {
    const backends = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => httpBackend(t, (_, response) => response.end(name))),
    );
    const routes = [
      forward(
        'cart',
        {
          hash_policy: [{ header: { header_name: 'x-user' }, terminal: true }, { cookie: { name: 'aff', ttl: '60s' } }],
        },
        {},
      ),
    ];
    const sidecar = await startSidecar(
      t,
      bootstrap(
        [httpListener({ routes })],
        [
          cluster(
            'cart',
            backends.map((each) => each.port),
            over,
          ),
        ],
      ),
      '--concurrency',
      '2',
    );
    const port = sidecar.port('web');
    const answers = new Set<string>();
    for (let user = 0; user < 24; user += 1) {
      const headers = { 'x-user': `user-${user}` };
      const [first, second, third] = await Promise.all([0, 1, 2].map(() => call(port, { headers })));
      assert.equal(first?.status, 200);
      assert.equal(second?.body, first?.body);
      assert.equal(third?.body, first?.body);
      assert.equal(first?.headers['set-cookie'], undefined);
      answers.add(first?.body ?? '');
    }
    assert.ok(answers.size >= 3, `${[...answers]}`);
    const fresh = await call(port);
    const [cookie = ''] = fresh.headers['set-cookie'] ?? [];
    assert.match(cookie, /^aff="[0-9a-f]{16}"; Max-Age=60; HttpOnly$/);
    for (let again = 0; again < 4; again += 1) {
      const back = await call(port, { headers: { cookie: cookie.split(';')[0] ?? '' } });
      assert.equal(back.body, fresh.body);
      assert.equal(back.headers['set-cookie'], undefined);
    }
  });
}

test('a session stays at its endpoint while that is there, and moves with a new cookie when it is gone', async (t) => {
  const backends = await Promise.all(
    ['a', 'b', 'c'].map((name) => httpBackend(t, (_, response) => response.end(name))),
  );
  const metadata = {
    typed_filter_metadata: {
      'aya.dev': { '@type': 'type.googleapis.com/aya.v1.RouteOptions', session_cookie: { name: 'sid', path: '/' } },
    },
  };
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        httpListener({
          routes: [
            forward('cart', { retry_policy: { retry_on: 'connect-failure,reset', num_retries: 9 } }, { metadata }),
          ],
        }),
      ],
      [
        cluster(
          'cart',
          backends.map((each) => each.port),
        ),
      ],
    ),
  );
  const first = await call(sidecar.port());
  const [cookie = ''] = first.headers['set-cookie']?.[0]?.split(';') ?? [];
  assert.match(cookie, /^sid="[A-Za-z0-9+/=]+"$/);
  for (let again = 0; again < 6; again += 1) {
    const back = await call(sidecar.port(), { headers: { cookie } });
    assert.deepEqual([back.body, back.headers['set-cookie']], [first.body, undefined]);
  }
  await backends['abc'.indexOf(first.body)]?.close();
  const moved = await call(sidecar.port(), { headers: { cookie } });
  assert.equal(moved.status, 200);
  assert.notEqual(moved.body, first.body);
  assert.notEqual(moved.headers['set-cookie']?.[0]?.split(';')[0], cookie);
});

test('routes reach subsets of a cluster by the metadata of its endpoints', async (t) => {
  const backends = await Promise.all(
    ['v1', 'v2', 'v2'].map((name) => httpBackend(t, (_, response) => response.end(name))),
  );
  const lb = (version: string): object => ({ filter_metadata: { 'envoy.lb': { version } } });
  const endpoints = backends.map(({ port }, at) => ({
    endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
    metadata: lb(at === 0 ? 'v1' : 'v2'),
  }));
  const cart = cluster('cart', [], {
    load_assignment: { cluster_name: 'cart', endpoints: [{ lb_endpoints: endpoints }] },
    lb_subset_config: { subset_selectors: [{ keys: ['version'] }] },
  });
  const routes = [
    forward('cart', { metadata_match: lb('v1') }, { match: { prefix: '/one' } }),
    forward('cart', { metadata_match: lb('v2') }, { match: { prefix: '/two' } }),
    forward('cart'),
  ];
  const sidecar = await startSidecar(t, bootstrap([httpListener({ routes })], [cart]));
  const ask = async (path: string): Promise<string> => {
    const { status, body } = await call(sidecar.port(), { path });
    return status === 200 ? body : String(status);
  };
  for (let round = 0; round < 6; round += 1) {
    assert.deepEqual([await ask('/one'), await ask('/two'), await ask('/')], ['v1', 'v2', '503']);
  }
});

const previousHosts = {
  name: 'envoy.retry_host_predicates.previous_hosts',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
  },
};

test('a client stays at the endpoint that least request chose for it, by its address, over both workers', async (t) => {
  const backends = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => httpBackend(t, (_, response) => response.end(name))),
  );
  const ports = backends.map((each) => each.port);
  const options = { '@type': 'type.googleapis.com/aya.v1.RouteOptions', source_affinity: { ttl: '60s' } };
  const retry = { retry_on: 'connect-failure', num_retries: 3, retry_host_predicate: [previousHosts] };
  const route = {
    ...forward('cart', { retry_policy: retry }),
    metadata: { typed_filter_metadata: { 'aya.dev': options } },
  };
  const listener = httpListener({ routes: [route], manager: { use_remote_address: false } });
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', ports)]), '--concurrency', '2');
  const port = sidecar.port('web');
  const ask = async (client: number): Promise<string> =>
    (await call(port, { headers: { 'x-forwarded-for': `10.1.0.${client}` } })).body;
  const homes = new Map<number, string>();
  for (let client = 0; client < 40; client += 1) homes.set(client, await ask(client));
  const used = [...homes.values()];
  assert.equal(new Set(used).size, 4, used.join(''));
  for (let round = 0; round < 3; round += 1)
    for (const [client, home] of homes) assert.equal(await ask(client), home, `client ${client}`);
  // Its endpoint is gone: it gets another one, and stays there.
  const [gone] = backends;
  const lost = [...homes].filter(([, home]) => home === 'a').map(([client]) => client);
  await gone?.close();
  assert.ok(lost.length > 0);
  for (const client of lost) {
    const home = await ask(client);
    assert.match(home, /^[bcd]$/);
    assert.equal(await ask(client), home);
  }
});
