import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { KubernetesObject } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { GrpcClient } from '../../support/grpc-client.ts';
import { type NamedGrpcServer, startNamedGrpcServer } from '../../support/grpc-named-server.ts';
import { Mesh } from '../../support/mesh.ts';

let mesh: Mesh;
let cart: NamedGrpcServer;
let next: NamedGrpcServer;
let client: GrpcClient;

before(async () => {
  mesh = await Mesh.start();
  [cart, next] = await Promise.all([startNamedGrpcServer('cart'), startNamedGrpcServer('cart-next')]);
  const flags = ['--protocol', 'grpc'];
  await Promise.all([mesh.sidecar('cart', cart.port, { flags }), mesh.sidecar('cart-next', next.port, { flags })]);
  const web = await mesh.sidecar('web', null);
  await Promise.all(['cart', 'cart-next'].map((service) => mesh.endpoints(service, 1)));
  client = new GrpcClient(web.port('outbound'), 'cart');
  // A sidecar is told of a service when it first calls it.
  assert.equal((await client.call('/shop.Cart/Add')).message, 'cart');
});
after(async () => {
  client.close();
  for (const server of [cart, next]) server.stop();
  await mesh.stop();
});

const route = (rules: readonly object[]): KubernetesObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GRPCRoute',
  metadata: { name: 'cart' },
  spec: { parentRefs: [{ group: '', kind: 'Service', name: 'cart' }], rules },
});
const to = (name: string, weight = 1): object => ({ name, port: 80, weight });

test('a GRPCRoute decides by service, method and header where calls go', async () => {
  await mesh.program(
    route([
      { matches: [{ method: { service: 'shop.Cart' } }], backendRefs: [to('cart')] },
      { matches: [{ method: { service: 'shop.Cart', method: 'Add' } }], backendRefs: [to('cart-next')] },
      {
        matches: [{ method: { service: 'shop.Cart' }, headers: [{ name: 'x-canary', value: 'yes' }] }],
        backendRefs: [to('cart-next')],
      },
      {
        matches: [{ method: { type: 'RegularExpression', method: 'Get.*' } }],
        filters: [
          {
            type: 'RequestHeaderModifier',
            requestHeaderModifier: { set: [{ name: 'x-echo', value: 'of the route' }] },
          },
          { type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'x-route', value: 'pattern' }] } },
        ],
        backendRefs: [to('cart')],
      },
    ]),
  );
  assert.equal((await client.call('/shop.Cart/Remove')).message, 'cart');
  assert.equal((await client.call('/shop.Cart/Add')).message, 'cart-next');
  assert.equal((await client.call('/shop.Cart/Remove', { 'x-canary': 'yes' })).message, 'cart-next');
  const got = await client.call('/shop.Other/GetAll');
  assert.equal(got.message, 'cart');
  assert.deepEqual([got.initial['x-route'], got.initial['x-echo']], ['pattern', 'of the route']);
  assert.equal((await client.call('/shop.Carts/Remove')).code, status.UNIMPLEMENTED);
});

test('a split by weight is one per call, and a missing backend answers UNAVAILABLE', async () => {
  await mesh.program(
    route([
      { matches: [{ method: { service: 'shop.Cart' } }], backendRefs: [to('cart', 3), to('cart-next', 1)] },
      { matches: [{ method: { service: 'shop.Gone' } }], backendRefs: [to('nobody')] },
    ]),
  );
  const answers = await Promise.all(Array.from({ length: 200 }, () => client.call('/shop.Cart/Add')));
  const share = answers.filter(({ message }) => message === 'cart-next').length;
  // 200 draws of 25 %: 50 expected, 6 standard deviation.
  assert.ok(share > 20 && share < 80, `${share} of 200`);
  assert.equal((await client.call('/shop.Gone/Add')).code, status.UNAVAILABLE);
});

test('a call is repeated by the statuses that its route lists, and by no other', async () => {
  await mesh.program(
    route([
      {
        matches: [{ method: { service: 'shop.Cart' } }],
        backendRefs: [to('cart')],
        retry: { codes: ['RESOURCE_EXHAUSTED'], attempts: 2, backoff: '1ms' },
      },
    ]),
  );
  cart.failures.push(status.RESOURCE_EXHAUSTED, status.RESOURCE_EXHAUSTED);
  assert.deepEqual((await client.call('/shop.Cart/Add')).message, 'cart');
  cart.failures.push(status.UNAVAILABLE);
  assert.equal((await client.call('/shop.Cart/Add')).code, status.UNAVAILABLE);
});

test("a route's timeout ends a call, and a call's own deadline holds in its place", async () => {
  await mesh.program(route([{ backendRefs: [to('cart')], timeouts: { request: '400ms' } }]));
  const begun = performance.now();
  assert.equal((await client.call('/shop.Cart/Sleep')).code, status.DEADLINE_EXCEEDED);
  assert.ok(performance.now() - begun >= 390);
  assert.equal((await client.call('/shop.Cart/Sleep', {}, 60_000)).code, status.DEADLINE_EXCEEDED);
});

test('aya and kubectl know the kind; a bad one is refused by field', async () => {
  const document = (rules: string): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: cart}
spec: {parentRefs: [{group: "", kind: Service, name: cart}], rules: [${rules}]}`;
  await mesh.aya(['apply', '-f', '-'], document('{backendRefs: [{name: cart-next, port: 80}]}'));
  await eventually(async () => (await client.call('/shop.Cart/Add')).message === 'cart-next');
  assert.match(await mesh.aya(['get', 'grpcroutes']), /^cart +cart +cart-next:80=1 +True +\d\/\d/m);
  await assert.rejects(
    mesh.aya(['apply', '-f', '-'], document('{matches: [{method: {service: "a/b"}}]}')),
    /spec\.rules\[0\]\.matches\[0\]\.method\.service/,
  );
  assert.equal((await client.call('/shop.Cart/Add')).message, 'cart-next');
  await mesh.aya(['delete', 'grpcroute', 'cart']);
  await eventually(async () => (await client.call('/shop.Cart/Add')).message === 'cart');
});
