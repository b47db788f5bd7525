import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import type { KubernetesObject } from '../../support/control-plane.ts';
import { endpoints, service } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { type NamedGrpcServer, startNamedGrpcServer } from '../../support/grpc-named-server.ts';
import { webCall } from '../../support/grpc-web.ts';
import { Mesh } from '../../support/mesh.ts';

let mesh: Mesh;
let cart: NamedGrpcServer;
let port: number;

before(async () => {
  mesh = await Mesh.start();
  cart = await startNamedGrpcServer('cart');
  await mesh.sidecar('cart', cart.port, { flags: ['--protocol', 'grpc'] });
  port = (await mesh.sidecar('web', null)).port('outbound');
  await mesh.endpoints('cart', 1);
});
after(async () => {
  cart.stop();
  await mesh.stop();
});

const call = (options = {}) => webCall(port, '/shop.Cart/Add', { authority: 'cart', ...options });

test('a client of gRPC-Web calls a gRPC service of the mesh, its first call included', async () => {
  // Nothing is known of the host yet: what comes of the body waits.
  const first = await call({ text: true, messages: [Buffer.from('abcd')], cuts: [1, 6, 9] });
  assert.deepEqual([first.messages.map(String), first.trailers?.['grpc-status']], [['cart'], '0']);
  for (const by of [1, 2] as const) {
    for (const text of [false, true]) {
      const answer = await call({ by, text });
      assert.deepEqual([answer.messages.map(String), answer.trailers?.['grpc-status']], [['cart'], '0']);
    }
  }
});

test('its calls suffer the faults of gRPC calls', async () => {
  const fault: KubernetesObject = {
    apiVersion: 'aya.dev/v1alpha1',
    kind: 'FaultPolicy',
    metadata: { name: 'full' },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: 'cart' }],
      faults: { abort: { percent: 100, grpcStatus: 8 } },
      lease: '60s',
    },
  };
  await mesh.plane.apply(fault);
  await eventually(async () => (await call()).status === '8');
  const answer = await call({ text: true });
  assert.deepEqual([answer.httpStatus, answer.status, answer.body.length], [200, '8', 0]);
  await mesh.aya(['delete', 'faultpolicy', 'full']);
  await eventually(async () => (await call()).status === '0');
});

test('a service that may speak gRPC-Web itself gets the request as it is', async (t) => {
  const types: unknown[] = [];
  const server = await httpBackend(t, ({ headers }, response) => {
    types.push(headers['content-type']);
    response.setHeader('content-type', 'application/grpc-web+proto');
    response.end(Buffer.from('800000000f677270632d7374617475733a300d0a', 'hex'));
  });
  await mesh.plane.apply(service('own', 80), ...endpoints('own', [server.port]));
  await eventually(async () => {
    const answer = await webCall(port, '/shop.Own/Get', { authority: 'own' });
    return answer.trailers?.['grpc-status'] === '0';
  });
  assert.equal(types.at(-1), 'application/grpc-web+proto');
});
