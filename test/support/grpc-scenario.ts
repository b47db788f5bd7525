import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoints, type KubernetesObject, service, startControlPlane, temporaryDirectory } from './control-plane.ts';
import { eventually } from './eventually.ts';
import { startGrpcBackend } from './grpc-backend.ts';
import { type Call, GrpcCaller } from './grpc-caller.ts';

const portName = 'grpc';
const backends = (calls: readonly Call[]): string => [...new Set(calls.map(({ backend }) => backend))].sort().join();

function abort(lease: string): KubernetesObject {
  return {
    apiVersion: 'aya.dev/v1alpha1',
    kind: 'FaultPolicy',
    metadata: { name: 'no-cart', namespace: 'default' },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: 'cart' }],
      faults: { abort: { percent: 100, grpcStatus: 10 } },
      lease,
    },
  };
}

/** Calls of Hello go to another service, or only those of a service that nobody calls. */
function route(service: string): KubernetesObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata: { name: 'cart', namespace: 'default' },
    spec: {
      parentRefs: [{ group: '', kind: 'Service', name: 'cart' }],
      rules: [
        {
          matches: [{ method: { service } }, { method: { type: 'RegularExpression', service, method: 'Hel+o' } }],
          backendRefs: [{ name: 'next', port: 50_051 }],
          retry: { codes: ['UNAVAILABLE'], attempts: 2, backoff: '5ms' },
        },
        // What gRPC clients have no answer for: it must not harm the rest.
        { matches: [{ method: { service: 'test.Gone' } }], backendRefs: [{ name: 'nobody', port: 1 }] },
        {
          matches: [{ method: { service: 'test.Half' } }],
          backendRefs: [
            { name: 'next', port: 50_051 },
            { name: 'nobody', port: 1 },
          ],
        },
      ],
    },
  };
}

/** What every proxyless gRPC client must see of a mesh. `command` runs a caller (see `GrpcCaller`). */
export function grpcScenario(name: string, command: readonly string[], skip: string | false): void {
  test(`${name} reaches backends by xds:///, and sees endpoints, routes, faults and a service come and go`, {
    skip,
  }, async (t) => {
    const directory = temporaryDirectory(t);
    const plane = await startControlPlane(directory);
    t.after(() => plane.stop());
    const servers = await Promise.all(['one', 'two', 'three', 'next'].map((each) => startGrpcBackend(each)));
    t.after(() => {
      for (const each of servers) each.stop();
    });
    const ports = servers.map(({ port }) => port);
    await plane.apply(service('cart', 50_051, { portName }), ...endpoints('cart', ports.slice(0, 2), { portName }));

    const caller = new GrpcCaller(command, 'xds:///cart.default:50051', plane.xds, directory);
    t.after(() => caller.stop());
    await caller.until('answered by both', (calls) => backends(calls) === 'one,two', { ms: 15_000 });

    const next = ports.splice(3);
    await plane.apply(...endpoints('cart', ports, { portName }));
    await caller.until('answered by the third too', (calls) => backends(calls) === 'one,three,two');
    await plane.call('DELETE', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/cart-0');
    await caller.until('answered without the first', (calls) => backends(calls) === 'three,two');

    await plane.apply(service('next', 50_051, { portName }), ...endpoints('next', next, { portName }));
    await plane.apply(route('test.Greeter'));
    await caller.until('answered by the service of the route', (calls) => backends(calls) === 'next');
    await plane.apply(route('test.Other'));
    await caller.until('without a route', (calls) => calls.every(({ error }) => error?.includes('UNAVAILABLE')));
    await plane.call('DELETE', '/apis/gateway.networking.k8s.io/v1/namespaces/default/grpcroutes/cart');
    await caller.until('answered as before', (calls) => backends(calls) === 'three,two');

    await plane.apply(abort('60s'));
    await caller.until('aborted', (calls) => calls.every(({ error }) => error?.includes('ABORTED')));
    const policy = '/apis/aya.dev/v1alpha1/namespaces/default/faultpolicies/no-cart';
    await eventually(async () => {
      const { conditions } = (await plane.call('GET', policy)).status;
      const programmed = conditions.find((each: { type: string }) => each.type === 'Programmed');
      assert.match(programmed.message, /^applied on 1\/1 sidecars; 1 grpc client: the lease ends only while/);
      return true;
    });
    await plane.call('DELETE', policy);
    await caller.until('whole again', (calls) => backends(calls) === 'three,two');
    await plane.apply(abort('1s'));
    await caller.until('aborted again', (calls) => calls.every(({ error }) => error?.includes('ABORTED')), {
      count: 3,
    });
    await caller.until('whole after the lease', (calls) => backends(calls) === 'three,two');

    await plane.call('DELETE', '/api/v1/namespaces/default/services/cart');
    await caller.until('without endpoints', (calls) => calls.every(({ error }) => error?.includes('UNAVAILABLE')));
    await plane.apply(service('cart', 50_051, { portName }));
    await caller.until('alive when the service is back', (calls) => backends(calls) === 'three,two');

    const late = new GrpcCaller(command, 'xds:///cart.default.svc.cluster.local:50051', plane.xds, directory);
    t.after(() => late.stop());
    await late.until('answered by the long name', (calls) => backends(calls) === 'three,two', { ms: 15_000 });
  });
}
