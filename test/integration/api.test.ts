import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { type EndpointSlice, registryManager } from '../../control-plane/model/endpoint-slice.ts';
import type { FaultPolicy } from '../../control-plane/model/fault-policy.ts';
import { kindNamed } from '../../control-plane/model/kinds.ts';
import { encodeObject, storeKey } from '../../control-plane/model/stored.ts';
import { type RunningApi, startApi } from '../support/api.ts';
import { cartTarget, document } from '../support/documents.ts';

const services = '/api/v1/namespaces/shop/services';
const policies = '/apis/aya.dev/v1alpha1/namespaces/shop/trafficpolicies';
const faultPolicies = '/apis/aya.dev/v1alpha1/namespaces/shop/faultpolicies';
const slices = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
const merge = 'application/merge-patch+json';
const service = (name: string, port = 80) => document('Service', name, { ports: [{ port }] });
const policy = (name: string, fields: object = {}) =>
  document('TrafficPolicy', name, { targetRefs: cartTarget, ...fields });

describe('the API', () => {
  let api: RunningApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api.close());

  test('creates, reads, lists, replaces and deletes', async () => {
    const created = await api.call('POST', services, service('basic'));
    assert.equal(created.code, 201);
    assert.equal(created.body.metadata.generation, 1);
    assert.match(created.body.metadata.uid, /^[0-9a-f-]{36}$/);
    assert.deepEqual((await api.call('GET', `${services}/basic`)).body, created.body);
    const list = await api.call('GET', services);
    assert.equal(list.body.kind, 'ServiceList');
    assert.deepEqual(list.body.items, [created.body]);
    assert.ok(Number(list.body.metadata.resourceVersion) >= Number(created.body.metadata.resourceVersion));
    assert.deepEqual((await api.call('GET', '/api/v1/services?limit=500')).body.items, [created.body]);
    const replaced = await api.call('PUT', `${services}/basic`, service('basic', 81));
    assert.equal(replaced.code, 200);
    assert.equal(replaced.body.metadata.generation, 2);
    assert.equal(replaced.body.metadata.uid, created.body.metadata.uid);
    assert.equal(replaced.body.metadata.creationTimestamp, created.body.metadata.creationTimestamp);
    const deleted = await api.call('DELETE', `${services}/basic`);
    assert.equal(deleted.body.status, 'Success');
    assert.equal((await api.call('GET', `${services}/basic`)).code, 404);
  });

  test('answers every refusal with a Status that a client can read', async () => {
    await api.call('POST', services, service('taken'));
    const expectations: [method: string, path: string, body: unknown, code: number, reason: string, message: RegExp][] =
      [
        ['GET', `${services}/none`, undefined, 404, 'NotFound', /^services "none" not found$/],
        ['GET', `${policies}/none`, undefined, 404, 'NotFound', /^trafficpolicies.aya.dev "none" not found$/],
        ['DELETE', `${services}/none`, undefined, 404, 'NotFound', /not found/],
        ['PUT', `${services}/none`, service('none'), 404, 'NotFound', /not found/],
        ['GET', '/apis/none/v1/things', undefined, 404, 'NotFound', /could not find the requested resource/],
        ['POST', services, service('taken'), 409, 'AlreadyExists', /services "taken" already exists/],
        ['POST', services, service('Bad'), 422, 'Invalid', /metadata.name/],
        ['POST', services, { ...service('x'), kind: 'Pod' }, 422, 'Invalid', /kind: must be Service here/],
        ['PUT', `${services}/taken`, service('other'), 422, 'Invalid', /metadata.name: cannot be changed/],
        ['POST', services, [], 422, 'Invalid', /must be a Service object/],
        ['POST', `${services}?dryRun=Some`, service('x'), 400, 'BadRequest', /dryRun must be All/],
        ['POST', `${services}?fieldValidation=Maybe`, service('x'), 400, 'BadRequest', /fieldValidation/],
        ['GET', `${services}?fieldSelector=spec.x=1`, undefined, 400, 'BadRequest', /fieldSelector/],
        ['GET', `${services}?watch=true&resourceVersion=abc`, undefined, 400, 'BadRequest', /resourceVersion/],
        ['POST', '/api/v1/namespaces/Shop/services', service('x'), 400, 'BadRequest', /namespace: must be lower-case/],
        [
          'POST',
          '/api/v1/namespaces/other/services',
          service('x'),
          422,
          'Invalid',
          /metadata.namespace: must be other/,
        ],
      ];
    for (const [method, path, body, code, reason, message] of expectations) {
      const answer = await api.call(method, path, body);
      const where = `${method} ${path}: ${JSON.stringify(answer.body)}`;
      assert.deepEqual([answer.code, answer.body.code, answer.body.reason], [code, code, reason], where);
      assert.equal(answer.body.kind, 'Status', where);
      assert.match(answer.body.message, message, where);
    }
  });

  test('names every wrong field of an object as a cause', async () => {
    const wrong = policy('causes', { retry: { attempts: -1, attemps: 1 }, healthCheck: {} });
    const { code, body } = await api.call('POST', policies, wrong);
    assert.equal(code, 422);
    assert.deepEqual(
      body.details.causes.map((each: { field: string; reason: string }) => [each.field, each.reason]),
      [
        ['spec.retry.attemps', 'FieldUnknown'],
        ['spec.retry.attempts', 'FieldValueInvalid'],
        ['spec.healthCheck', 'FieldValueInvalid'],
      ],
    );
  });

  test('drops unknown fields only when asked to, and warns when asked to', async () => {
    const odd = document('Service', 'odd', { ports: [{ port: 80, colour: 'red' }] });
    assert.equal((await api.call('POST', `${services}?dryRun=All`, odd)).code, 422);
    const warned = await api.call('POST', `${services}?dryRun=All&fieldValidation=Warn`, odd);
    assert.equal(warned.code, 201);
    assert.match(warned.headers.get('warning') ?? '', /299 - "spec.ports\[0\].colour: unknown field/);
    assert.equal(warned.body.spec.ports[0].colour, undefined);
    const ignored = await api.call('POST', `${services}?dryRun=All&fieldValidation=Ignore`, odd);
    assert.equal(ignored.code, 201);
    assert.equal(ignored.headers.get('warning'), null);
  });

  test('refuses a write that was made against an older version', async () => {
    const { body } = await api.call('POST', services, service('versioned'));
    const newer = await api.call('PUT', `${services}/versioned`, {
      ...body,
      metadata: { ...body.metadata, labels: { a: 'b' } },
    });
    assert.equal(newer.code, 200);
    const stale = await api.call('PUT', `${services}/versioned`, { ...body, spec: { ports: [{ port: 9 }] } });
    assert.deepEqual([stale.code, stale.body.reason], [409, 'Conflict']);
    const patched = await api.call(
      'PATCH',
      `${services}/versioned`,
      { metadata: { resourceVersion: body.metadata.resourceVersion }, spec: { ports: [{ port: 9 }] } },
      merge,
    );
    assert.equal(patched.code, 409);
    const other = { preconditions: { uid: '00000000-0000-4000-8000-000000000000' } };
    assert.equal((await api.call('DELETE', `${services}/versioned`, other)).code, 409);
  });

  test('lets concurrent patches of one object all come through', async () => {
    await api.call('POST', services, service('busy'));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        api.call('PATCH', `${services}/busy`, { metadata: { labels: { [`l${index}`]: 'x' } } }, merge),
      ),
    );
    assert.deepEqual([...new Set(answers.map((each) => each.code))], [200]);
    const { body } = await api.call('GET', `${services}/busy`);
    assert.equal(Object.keys(body.metadata.labels).length, 10);
    assert.equal(body.metadata.generation, 1);
  });

  test('writes nothing when nothing changed', async () => {
    const { body } = await api.call('POST', services, service('same'));
    const again = await api.call('PUT', `${services}/same`, service('same'));
    assert.equal(again.body.metadata.resourceVersion, body.metadata.resourceVersion);
  });

  test('stores nothing on a dry run', async () => {
    assert.equal((await api.call('POST', `${services}?dryRun=All`, service('dry'))).code, 201);
    assert.equal((await api.call('GET', `${services}/dry`)).code, 404);
    await api.call('POST', services, service('wet'));
    const patched = await api.call('PATCH', `${services}/wet?dryRun=All`, { metadata: { labels: { a: 'b' } } }, merge);
    assert.deepEqual(patched.body.metadata.labels, { a: 'b' });
    assert.equal((await api.call('DELETE', `${services}/wet?dryRun=All`)).code, 200);
    assert.equal((await api.call('GET', `${services}/wet`)).body.metadata.labels, undefined);
  });

  test('makes names from generateName', async () => {
    const nameless = { ...service('x'), metadata: { generateName: 'made-' } };
    const names = await Promise.all(
      [1, 2].map(async () => (await api.call('POST', services, nameless)).body.metadata.name),
    );
    for (const name of names) assert.match(name, /^made-[0-9a-f]{5}$/);
    assert.notEqual(names[0], names[1]);
  });

  test('selects by label and field, and deletes what is selected', async () => {
    for (const [name, tier] of [
      ['s1', 'a'],
      ['s2', 'a'],
      ['s3', 'b'],
    ] as const) {
      await api.call('POST', services, { ...service(name), metadata: { name, labels: { tier } } });
    }
    const names = async (query: string) =>
      (await api.call('GET', `${services}?${query}`)).body.items.map(
        (each: { metadata: { name: string } }) => each.metadata.name,
      );
    assert.deepEqual(await names('labelSelector=tier%3Da'), ['s1', 's2']);
    assert.deepEqual(await names('labelSelector=tier+in+(b)'), ['s3']);
    assert.deepEqual(await names('fieldSelector=metadata.name%3Ds2'), ['s2']);
    assert.equal((await api.call('DELETE', `${services}?labelSelector=tier%3Da`)).body.items.length, 2);
    assert.deepEqual(await names('labelSelector=tier'), ['s3']);
  });

  test('keeps an object with finalizers until the last one is gone', async () => {
    await api.call('POST', services, {
      ...service('held'),
      metadata: { name: 'held', finalizers: ['example.com/hold'] },
    });
    const marked = await api.call('DELETE', `${services}/held`);
    assert.match(marked.body.metadata.deletionTimestamp, /Z$/);
    assert.equal((await api.call('GET', `${services}/held`)).code, 200);
    await api.call('PATCH', `${services}/held`, { metadata: { finalizers: null } }, merge);
    assert.equal((await api.call('GET', `${services}/held`)).code, 404);
  });

  test('writes status only through its subresource', async () => {
    const { body } = await api.call('POST', policies, policy('statusful'));
    const foreign = {
      type: 'Foreign',
      status: 'True',
      reason: 'Because',
      message: '',
      lastTransitionTime: body.metadata.creationTimestamp,
    };
    const ignored = await api.call('PATCH', `${policies}/statusful`, { status: { conditions: [foreign] } }, merge);
    assert.deepEqual(ignored.body.status, body.status);
    const conditions = [...body.status.conditions, foreign];
    const written = await api.call(
      'PATCH',
      `${policies}/statusful/status`,
      { spec: {}, status: { conditions } },
      merge,
    );
    assert.equal(written.code, 200, JSON.stringify(written.body));
    assert.equal(written.body.status.conditions.at(-1).type, 'Foreign');
    assert.equal(written.body.metadata.generation, 1);
    assert.deepEqual(written.body.spec, body.spec);
    assert.equal((await api.call('PUT', `${slices}/x/status`, {})).code, 404);
    await api.call('DELETE', `${policies}/statusful`);
  });

  test('lets one of two contradicting policies win, even at the same moment, and names both', async () => {
    const answers = await Promise.all(['one', 'two'].map((name) => api.call('POST', policies, policy(name))));
    assert.deepEqual(answers.map((each) => each.code).toSorted(), [201, 422]);
    const lost = answers.find((each) => each.code === 422);
    assert.match(lost?.body.message, /shop\/one/);
    assert.match(lost?.body.message, /shop\/two/);
    for (const name of ['one', 'two']) await api.call('DELETE', `${policies}/${name}`);
  });

  test('gives a fault a lease when its generation is new, and not when it is applied unchanged', async () => {
    const fault = (lease: string) =>
      document('FaultPolicy', 'slow', {
        targetRefs: cartTarget,
        faults: { delay: { percent: 1, fixed: '1s' } },
        lease,
      });
    const created: FaultPolicy = (await api.call('POST', faultPolicies, fault('2m'))).body;
    const left = Date.parse(created.status?.expiresAt ?? '') - Date.now();
    assert.ok(left > 110_000 && left <= 120_000, String(left));
    const again: FaultPolicy = (await api.call('PUT', `${faultPolicies}/slow`, fault('2m'))).body;
    assert.equal(again.status?.expiresAt, created.status?.expiresAt);
    const longer: FaultPolicy = (await api.call('PUT', `${faultPolicies}/slow`, fault('10m'))).body;
    assert.ok(Date.parse(longer.status?.expiresAt ?? '') > Date.now() + 590_000);
    const forged = { status: { ...longer.status, expiresAt: '2099-01-01T00:00:00Z' } };
    const kept: FaultPolicy = (await api.call('PATCH', `${faultPolicies}/slow/status`, forged, merge)).body;
    assert.equal(kept.status?.expiresAt, longer.status?.expiresAt);
    await api.call('DELETE', `${faultPolicies}/slow`);
  });

  test('keeps the slices of registered workloads out of clients’ hands', async () => {
    const labels = { 'endpointslice.kubernetes.io/managed-by': registryManager };
    const slice = { ...document('EndpointSlice', 'mine', { addressType: 'IPv4' }), metadata: { name: 'mine', labels } };
    const refused = await api.call('POST', slices, slice);
    assert.deepEqual([refused.code, refused.body.reason], [403, 'Forbidden']);
    assert.match(refused.body.message, /written by the registry alone/);
    const kind = kindNamed('EndpointSlice');
    assert.ok(kind);
    const metadata = {
      name: 'theirs',
      namespace: 'shop',
      labels,
      uid: 'u',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    };
    const stored: EndpointSlice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata,
      addressType: 'IPv4',
      endpoints: [],
      ports: [],
    };
    await api.objects.cache.put(storeKey(kind, 'shop', 'theirs'), encodeObject(stored));
    assert.equal((await api.call('GET', `${slices}/theirs`)).code, 200);
    assert.equal((await api.call('PATCH', `${slices}/theirs`, { metadata: { labels: null } }, merge)).code, 403);
    assert.equal((await api.call('DELETE', `${slices}/theirs`)).code, 403);
    assert.equal((await api.call('DELETE', slices)).code, 403);
  });

  test('takes JSON only, of a bounded size, without prototypes', async () => {
    const text = await api.call('POST', services, service('x'), 'text/plain');
    assert.deepEqual([text.code, text.body.reason], [415, 'UnsupportedMediaType']);
    assert.equal((await api.call('PATCH', `${services}/taken`, {}, 'application/json')).code, 415);
    assert.equal((await api.call('PATCH', `${policies}/x`, {}, 'application/apply-patch+yaml')).code, 404);
    const large = await api.call('POST', services, { x: 'x'.repeat(3 * 1024 * 1024) });
    assert.deepEqual([large.code, large.body.reason], [413, 'RequestEntityTooLarge']);
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const broken = await fetch(`${api.url}${services}`, { ...init, body: '{"a":' });
    assert.equal(broken.status, 400);
    const poisoned = await fetch(`${api.url}${services}`, { ...init, body: '{"__proto__":{"x":1}}' });
    assert.equal(poisoned.status, 400);
  });

  test('refuses names that are not its own, since a browser may be tricked into using them', async () => {
    const code = await new Promise((resolve, reject) => {
      const asked = httpRequest(`${api.url}/api`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
    assert.equal(code, 403);
  });

  test('describes itself: groups, kinds, version, an OpenAPI document without schemas, health', async () => {
    assert.deepEqual((await api.call('GET', '/api')).body.versions, ['v1']);
    const groups = (await api.call('GET', '/apis')).body.groups.map((each: { name: string }) => each.name);
    assert.deepEqual(groups, ['discovery.k8s.io', 'gateway.networking.k8s.io', 'aya.dev']);
    assert.equal((await api.call('GET', '/apis/aya.dev')).body.preferredVersion.version, 'v1alpha1');
    const names = (await api.call('GET', '/apis/aya.dev/v1alpha1')).body.resources.map(
      (each: { name: string }) => each.name,
    );
    assert.deepEqual(names, ['trafficpolicies', 'trafficpolicies/status', 'faultpolicies', 'faultpolicies/status']);
    assert.equal((await api.call('GET', '/apis/aya.dev/v2')).code, 404);
    assert.equal((await api.call('GET', '/version')).body.major, '1');
    const openapi = await fetch(`${api.url}/openapi/v2`, {
      headers: { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' },
    });
    const bytes = Buffer.from(await openapi.arrayBuffer()).toString('latin1');
    assert.ok(bytes.startsWith('\n\x032.0'));
    assert.match(
      bytes,
      /\/api\/v1\/namespaces\/\{namespace\}\/services\/\{name\}[\s\S]*dryRun[\s\S]*"kind":"FaultPolicy"/,
    );
    const json = (await api.call('GET', '/openapi/v2')).body;
    assert.equal(Object.keys(json.paths).length, 6);
    for (const path of ['/healthz', '/livez', '/readyz']) assert.equal((await api.call('GET', path)).body, 'ok');
  });
});

test('the API says what it waits for, and shows the fleet', async () => {
  const waiting = ['no lease was confirmed yet'];
  const api = await startApi({
    notReady: () => waiting,
    status: () => ({ sidecars: [{ node: 'web-1', connected: true }] }),
  });
  const unready = await api.call('GET', '/readyz');
  assert.deepEqual([unready.code, unready.body], [503, 'not ready: no lease was confirmed yet']);
  waiting.pop();
  assert.equal((await api.call('GET', '/readyz')).code, 200);
  assert.deepEqual((await api.call('GET', '/aya/v1/status')).body, { sidecars: [{ node: 'web-1', connected: true }] });
  await api.close();
});
