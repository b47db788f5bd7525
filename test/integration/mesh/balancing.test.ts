import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { endpoints, type KubernetesObject, service } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import type { CallOptions, CallResult } from '../../support/http-call.ts';
import { ask, Mesh } from '../../support/mesh.ts';

const policy = (loadBalancing: object): KubernetesObject => ({
  apiVersion: 'aya.dev/v1alpha1',
  kind: 'TrafficPolicy',
  metadata: { name: 'cart' },
  spec: { targetRefs: [{ group: '', kind: 'Service', name: 'cart' }], loadBalancing },
});

test('every balancing policy of a TrafficPolicy is in force on a sidecar', async (t) => {
  const mesh = await Mesh.for(t);
  const backends = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      httpBackend(t, (_, response) => {
        response.setHeader('endpoint-load-metrics', 'TEXT cpu_utilization=0.3,rps_fractional=10');
        response.end(name);
      }),
    ),
  );
  await mesh.plane.apply(
    service('cart', 80),
    ...endpoints(
      'cart',
      backends.map(({ port }) => port),
    ),
  );
  const web = await mesh.sidecar('web', null);
  const get = (options: CallOptions = {}): Promise<CallResult> => ask(web, 'http://cart/', options);
  const many = async (count: number, options: CallOptions = {}): Promise<Set<string>> => {
    const answers = await Promise.all(Array.from({ length: count }, () => get(options)));
    for (const { status } of answers) assert.equal(status, 200);
    return new Set(answers.map(({ body }) => body));
  };
  await many(4);
  for (const name of [
    'LeastRequest',
    'LeastConnection',
    'RoundRobin',
    'Random',
    'PeakEwma',
    'LeastResponseTime',
    'LeastBandwidth',
    'ClientSideWeightedRoundRobin',
    'Prequal',
  ]) {
    await t.test(`${name} uses every endpoint`, async () => {
      await mesh.program(policy({ policy: name }));
      assert.equal((await many(60)).size, 3);
    });
  }
  for (const name of ['RingHash', 'Maglev']) {
    await t.test(`${name} keeps a user at one endpoint, and users apart`, async () => {
      await mesh.program(policy({ policy: name, hash: [{ header: 'x-user' }] }));
      const all = new Set<string>();
      for (let user = 0; user < 16; user += 1) {
        const seen = await many(3, { headers: { 'x-user': `user-${user}` } });
        assert.equal(seen.size, 1);
        for (const each of seen) all.add(each);
      }
      assert.equal(all.size, 3);
    });
  }
  await t.test('SourceIp keeps an address at one endpoint', async () => {
    await mesh.program(policy({ policy: 'SourceIp' }));
    assert.equal((await many(12)).size, 1);
  });
  await t.test('a session cookie keeps a client at one endpoint under any policy', async () => {
    await mesh.program(policy({ policy: 'RoundRobin', sessionCookie: { name: 'sid' } }));
    const first = await get();
    const [cookie = ''] = first.headers['set-cookie']?.[0]?.split(';') ?? [];
    assert.match(cookie, /^sid=/);
    assert.deepEqual([...(await many(9, { headers: { cookie } }))], [first.body]);
    assert.equal((await many(30)).size, 3);
  });
});

test('requests stay in the zone of their caller as far as its endpoints can take those of all callers', async (t) => {
  const mesh = await Mesh.for(t);
  const names = ['a1', 'a2', 'b1', 'b2', 'b3', 'b4'];
  const backends = await Promise.all(names.map((name) => httpBackend(t, (_, response) => response.end(name))));
  const slices = endpoints(
    'cart',
    backends.map(({ port }) => port),
  ).map((slice, at) => {
    const list = (slice as { endpoints?: object[] }).endpoints?.map((each) => ({
      ...each,
      zone: `r/${names[at]?.[0]}`,
    }));
    return { ...slice, endpoints: list } as KubernetesObject;
  });
  await mesh.plane.apply(service('cart', 80), ...slices);
  const own = await httpBackend(t);
  const flags = (zone: string): { name: string; flags: string[] } => ({
    name: `web-${zone}`,
    flags: ['--locality', `r/${zone}`],
  });
  const web = await mesh.sidecar('web', own.port, flags('a'));
  await mesh.program(policy({ policy: 'Random', zoneAware: { minEndpoints: 4 } }));
  /** Share of answers from zone a. */
  const local = async (): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: 120 }, () => ask(web, 'http://cart/')));
    return answers.filter(({ body }) => body.startsWith('a')).length / answers.length;
  };
  // All callers are in zone a, which has a third of the endpoints.
  await eventually(async () => Math.abs((await local()) - 1 / 3) < 0.12, 10_000);
  // Two of three callers are in zone b: what comes from a is no more than a can take.
  await mesh.sidecar('web', own.port, { ...flags('b'), name: 'web-b1' });
  await mesh.sidecar('web', own.port, { ...flags('b'), name: 'web-b2' });
  await eventually(async () => (await local()) === 1, 10_000);
});
