import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { endpoints, service } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { ask, Mesh } from '../../support/mesh.ts';

test('a TrafficPolicy has endpoints checked and services cut off, and the control plane shows what sidecars see', async (t) => {
  const mesh = await Mesh.for(t);
  let well = true;
  let fails = false;
  const sick = await httpBackend(t, (request, response) => {
    response.writeHead(request.url === '/healthz' && !well ? 500 : 200).end('sick');
  });
  const other = await httpBackend(t, (request, response) => {
    response.writeHead(fails && request.url !== '/healthz' ? 500 : 200).end('other');
  });
  await mesh.plane.apply(service('cart', 80), ...endpoints('cart', [sick.port, other.port]));
  const web = await mesh.sidecar('web', null);
  await ask(web, 'http://cart/');
  await mesh.program({
    apiVersion: 'aya.dev/v1alpha1',
    kind: 'TrafficPolicy',
    metadata: { name: 'cart' },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: 'cart' }],
      outlierDetection: { consecutive5xx: 0, consecutiveGatewayErrors: 0 },
      circuitBreaker: { errorRate: { minRequests: 10, window: '2s', openFor: '3s' } },
      healthCheck: { http: { path: '/healthz' }, interval: '200ms', timeout: '1s', unhealthyThreshold: 1 },
    },
  });
  const name = 'cluster.cart.default_80.health_check.healthy';
  await eventually(async () => (await web.stat(name)) === 2);

  well = false;
  await eventually(async () => (await web.stat(name)) === 1);
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(web, 'http://cart/')));
  assert.deepEqual(new Set(answers.map((each) => each.body.toString())), new Set(['other']));
  const status = async (): Promise<string> => mesh.aya(['status']);
  const line = new RegExp(
    `cart\\.default:80 +127\\.0\\.0\\.1:${sick.port} +web +fails its check +its health check was answered 500`,
  );
  await eventually(async () => line.test(await status()));
  assert.match(await mesh.aya(['describe', 'service', 'cart']), /Avoided endpoints:\n(.*\n)* .*fails its check/);

  fails = true;
  await eventually(async () => {
    await Promise.all(Array.from({ length: 10 }, () => ask(web, 'http://cart/')));
    return /cart\.default:80 +\(all\) +web +breaker open/.test(await status());
  });
  assert.equal((await ask(web, 'http://cart/')).status, 503);

  // A control plane that starts anew is told again.
  await mesh.plane.stop('SIGKILL');
  await mesh.startControlPlane();
  await eventually(async () => line.test(await status()), 15_000);

  well = true;
  fails = false;
  await eventually(async () => {
    await ask(web, 'http://cart/');
    return !/Endpoints that are avoided/.test(await status());
  }, 15_000);
});
