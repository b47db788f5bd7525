import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { readNode } from '../../control-plane/translate/caller.ts';
import { translate } from '../../control-plane/translate/translation.ts';
import { unpack } from '../../shared/xds/codec.ts';
import type { Any, Messages, Node } from '../../shared/xds/messages.gen.ts';
import { CLUSTER } from '../../shared/xds/type-url.ts';
import { nodeWith } from '../support/node.ts';
import { accepted, readWorld } from '../support/world.ts';

const CLUSTER_MESSAGE = 'envoy.config.cluster.v3.Cluster';

const world = readWorld(path.join(import.meta.dirname, '../golden/worlds/11-protection.yaml'));

test('a sidecar of level 1 gets no protection that it would refuse, and the policy says so', () => {
  const node = nodeWith('old', 'aya', { service: 'web' }) as Node;
  const { problems, resources } = translate(
    world,
    readNode({ ...node, client_features: ['aya.v1.1'] }, 'aya'),
    accepted,
  );
  const message = resources.find((each) => each.type === CLUSTER && each.name === 'cart.default:80')?.message;
  const cluster = message as { health_checks?: unknown; circuit_breakers?: unknown; outlier_detection?: object };
  assert.equal(cluster.health_checks, undefined);
  const { enforcing_success_rate } = cluster.outlier_detection as { enforcing_success_rate: unknown };
  assert.deepEqual(enforcing_success_rate, { value: 0 });
  const told = problems.filter((each) => each.name === 'cart').map((each) => each.message);
  assert.deepEqual(told, [
    'healthCheck: sidecars of level 1 do not have it',
    'outlierDetection.successRate: sidecars of level 1 do not have it',
    'outlierDetection.failurePercentage: sidecars of level 1 do not have it',
    'circuitBreaker.errorRate: sidecars of level 1 do not have it',
    'circuitBreaker.maxConnectionsPerEndpoint: sidecars of level 1 do not have it',
    'circuitBreaker.maxRequestsPerEndpoint: sidecars of level 1 do not have it',
  ]);
});

test('a sidecar of level 1 gets no tunnels, no TCP and no upgrades', () => {
  const sockets = { outbound: '127.0.0.1:15001', inbound: '10.0.0.9:15006', app: '127.0.0.1:8080' };
  const node = nodeWith('old', 'aya', { service: 'web', ...sockets }) as Node;
  for (const [feature, found] of [
    ['aya.v1.1', false],
    ['aya.v1.2', true],
  ] as const) {
    const { resources } = translate(world, readNode({ ...node, client_features: [feature] }, 'aya'), accepted);
    const text = JSON.stringify(resources);
    for (const word of ['connect_matcher', 'default_filter_chain']) assert.equal(text.includes(word), found, word);
  }
});

test('a sidecar of level 2 is told nothing of gRPC-Web', () => {
  const grpc = readWorld(path.join(import.meta.dirname, '../golden/worlds/12-grpc-routes.yaml'));
  const node = nodeWith('old', 'aya', { service: 'web', outbound: '127.0.0.1:15001' }) as Node;
  for (const [feature, found] of [
    ['aya.v1.2', false],
    ['aya.v1.3', true],
  ] as const) {
    const { resources } = translate(grpc, readNode({ ...node, client_features: [feature] }, 'aya'), accepted);
    assert.equal(JSON.stringify(resources).includes('grpc_web'), found, feature);
  }
});

test('a sidecar of level 2 gets neither what is new of HTTP/2 nor deadlines of gRPC callers, and the policy says so', () => {
  const grpc = readWorld(path.join(import.meta.dirname, '../golden/worlds/12-grpc-routes.yaml'));
  const node = nodeWith('old', 'aya', { service: 'web', outbound: '127.0.0.1:15001' }) as Node;
  for (const [feature, found] of [
    ['aya.v1.2', false],
    ['aya.v1.3', true],
  ] as const) {
    const { problems, resources } = translate(grpc, readNode({ ...node, client_features: [feature] }, 'aya'), accepted);
    const cluster = resources.find((each) => each.type === CLUSTER && each.name === 'cart-next.default:50051');
    assert.ok(cluster);
    const { typed_extension_protocol_options: packed } = cluster.message as Messages[typeof CLUSTER_MESSAGE];
    const [any] = Object.values(packed);
    const options = unpack('envoy.extensions.upstreams.http.v3.HttpProtocolOptions', any as Any);
    const http2 = options?.explicit_http_config?.http2_protocol_options;
    assert.equal(http2?.connection_keepalive !== undefined, found);
    assert.equal(http2?.max_concurrent_streams !== undefined, found);
    assert.equal(JSON.stringify(resources).includes('grpc_timeout_header_max'), found);
    const told = problems.filter((each) => each.name === 'next').map((each) => each.message);
    assert.deepEqual(
      told,
      found
        ? []
        : [
            'connectionPool.maxStreamsPerConnection: sidecars of level 2 do not have it',
            'connectionPool.keepalive: sidecars of level 2 do not have it',
          ],
    );
  }
});
