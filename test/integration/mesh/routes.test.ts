import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { endpoints, type KubernetesObject, service } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { ask, Mesh } from '../../support/mesh.ts';

function route(rules: readonly object[]): KubernetesObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'cart' },
    spec: { parentRefs: [{ group: '', kind: 'Service', name: 'cart' }], rules },
  };
}

const backend = (name: string, weight = 1): object => ({ name, port: 80, weight });

test('an HTTPRoute decides where requests for a service go', async (t) => {
  const mesh = await Mesh.for(t);
  for (const name of ['cart', 'cart-next']) {
    const server = await httpBackend(t, ({ url, headers }, response) => {
      response.end(JSON.stringify({ name, url, host: headers.host, extra: headers['x-extra'] }));
    });
    await mesh.plane.apply(service(name, 80), ...endpoints(name, [server.port]));
  }
  const web = await mesh.sidecar('web', null);
  const get = async (path: string, headers = {}) => {
    const answer = await ask(web, `http://cart${path}`, { headers });
    return { ...answer, saw: answer.status === 200 ? JSON.parse(answer.body) : {} };
  };
  assert.equal((await get('/')).saw.name, 'cart');

  await t.test('90 of 100 here, 10 there', async () => {
    await mesh.program(route([{ backendRefs: [backend('cart', 90), backend('cart-next', 10)] }]));
    const count = new Map<string, number>();
    for (let round = 0; round < 60; round += 1) {
      for (const { saw } of await Promise.all(Array.from({ length: 10 }, () => get('/')))) {
        count.set(saw.name, (count.get(saw.name) ?? 0) + 1);
      }
    }
    // 600 draws of 10 %: 60 expected, 7.3 standard deviation.
    const next = count.get('cart-next') ?? 0;
    assert.equal(next + (count.get('cart') ?? 0), 600);
    assert.ok(next > 30 && next < 90, `${next} of 600`);
  });

  await t.test('by header, by path, by method; what no rule matches is 404', async () => {
    await mesh.program(
      route([
        { matches: [{ headers: [{ name: 'x-canary', value: 'yes' }] }], backendRefs: [backend('cart-next')] },
        { matches: [{ path: { type: 'PathPrefix', value: '/buy' } }], backendRefs: [backend('cart')] },
      ]),
    );
    assert.equal((await get('/any', { 'x-canary': 'yes' })).saw.name, 'cart-next');
    assert.equal((await get('/buy/now')).saw.name, 'cart');
    assert.equal((await get('/buyer')).status, 404);
    assert.equal((await get('/any', { 'x-canary': 'no' })).status, 404);
  });

  await t.test('redirects and rewrites', async () => {
    const path = (value: string): object[] => [{ path: { type: 'PathPrefix', value } }];
    await mesh.program(
      route([
        {
          matches: path('/moved'),
          filters: [
            {
              type: 'RequestRedirect',
              requestRedirect: {
                hostname: 'new.example',
                path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/here' },
                statusCode: 301,
              },
            },
          ],
        },
        {
          matches: path('/old'),
          filters: [
            {
              type: 'URLRewrite',
              urlRewrite: {
                hostname: 'legacy.example',
                path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/v1' },
              },
            },
            { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'X-Extra', value: 'more' }] } },
          ],
          backendRefs: [backend('cart')],
        },
      ]),
    );
    const moved = await get('/moved/a?b=c');
    assert.equal(moved.status, 301);
    assert.equal(moved.headers.location, 'http://new.example/here/a?b=c');
    const { saw } = await get('/old/a?b=c');
    assert.deepEqual(saw, { name: 'cart', url: '/v1/a?b=c', host: 'legacy.example', extra: 'more' });
  });

  await t.test('a bad route is refused by field, and what ran before runs on', async () => {
    const document = (rules: string): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart}
spec: {parentRefs: [{group: "", kind: Service, name: cart}], rules: [${rules}]}`;
    const refusals = [
      ['{matches: [{path: {type: PathPrefix, value: no-slash}}]}', /spec\.rules\[0\]\.matches\[0\]\.path\.value/],
      ['{matches: [{path: {type: RegularExpression, value: "("}}]}', /spec\.rules\[0\]\.matches\[0\]\.path\.value/],
      ['{backendRef: [{name: cart, port: 80}]}', /spec\.rules\[0\]\.backendRef\b.*did you mean "backendRefs"/s],
      ['{backendRefs: [{name: cart, port: 80, weight: -1}]}', /spec\.rules\[0\]\.backendRefs\[0\]\.weight/],
    ] as const;
    for (const [rules, said] of refusals) await assert.rejects(mesh.aya(['apply', '-f', '-'], document(rules)), said);
    assert.equal((await get('/old/a')).saw.url, '/v1/a');
  });

  await t.test('without the route all goes to the service again', async () => {
    await mesh.aya(['delete', 'httproute', 'cart']);
    await eventually(async () => (await get('/plain')).saw.url === '/plain');
  });
});
