import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { type Answer, type Backend, httpBackend } from '../../support/backend.ts';
import { endpoints, type KubernetesObject, service } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import type { CallResult } from '../../support/http-call.ts';
import { ask, Mesh } from '../../support/mesh.ts';

/** How a backend behaves; a test changes it. */
interface Behaviour {
  delay: number;
  status: number;
}

const ports = (backends: readonly Backend[]): number[] => backends.map(({ port }) => port);
const statuses = (answers: readonly CallResult[]): string => answers.map(({ status }) => status).join(' ');

function trafficPolicy(spec: object): KubernetesObject {
  return {
    apiVersion: 'aya.dev/v1alpha1',
    kind: 'TrafficPolicy',
    metadata: { name: 'cart' },
    spec: { targetRefs: [{ group: '', kind: 'Service', name: 'cart' }], ...spec },
  };
}

/** Failures of the backends are to be seen: nothing is ejected for them. */
const neverEject = { outlierDetection: { consecutive5xx: 0, consecutiveGatewayErrors: 0 } };

test('edits of a TrafficPolicy take effect on the requests after them, and touch no connection', async (t) => {
  const mesh = await Mesh.for(t);
  const behaviours: Behaviour[] = [0, 1, 2].map(() => ({ delay: 0, status: 200 }));
  const answerBy =
    (behaviour: Behaviour): Answer =>
    (_request, response) =>
      void setTimeout(() => response.writeHead(behaviour.status).end(), behaviour.delay);
  const backends = await Promise.all(behaviours.map((each) => httpBackend(t, answerBy(each))));
  const [first, bad] = [behaviours[0], behaviours[1]] as [Behaviour, Behaviour];
  const all = (behaviour: Partial<Behaviour>): void => {
    for (const each of behaviours) Object.assign(each, behaviour);
  };
  await mesh.plane.apply(service('cart', 80), ...endpoints('cart', ports(backends)));
  const web = await mesh.sidecar('web', null);
  // One connection per request that is under way, kept for the next.
  const agent = new http.Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const get = (): Promise<CallResult> => ask(web, 'http://cart/', { agent });
  const many = (count: number): Promise<CallResult[]> => Promise.all(Array.from({ length: count }, get));
  await many(40);
  /** Connections that were ever closed, by clients or towards the service. */
  const closed = async (): Promise<number[]> => {
    const stats = await web.stats();
    const names = ['http.outbound.downstream_cx_destroy', 'cluster.cart.default_80.upstream_cx_destroy'];
    return names.map((name) => stats.get(name) ?? 0);
  };
  const before = await closed();

  await t.test('limits: five at a time, then as many as asked for', async () => {
    await mesh.program(trafficPolicy({ ...neverEject, circuitBreaker: { maxRequests: 5 } }));
    all({ delay: 200 });
    for (const each of backends) each.mostActive = 0;
    const some = await many(40);
    assert.equal(some.filter(({ status }) => status === 200).length, 5, statuses(some));
    assert.equal(some.filter(({ status }) => status === 503).length, 35, statuses(some));
    assert.ok(backends.reduce((sum, each) => sum + each.mostActive, 0) <= 5);
    await mesh.program(trafficPolicy({ ...neverEject, circuitBreaker: { maxRequests: 100 } }));
    const every = await many(40);
    assert.ok(
      every.every(({ status }) => status === 200),
      statuses(every),
    );
    all({ delay: 0 });
  });

  await t.test('retries: a failing endpoint shows, then it does not, then it does again', async () => {
    bad.status = 503;
    await mesh.program(
      trafficPolicy({ ...neverEject, loadBalancing: { policy: 'RoundRobin' }, retry: { attempts: 0 } }),
    );
    const shown = (await many(30)).filter(({ status }) => status === 503).length;
    assert.ok(shown >= 8 && shown <= 12, `${shown} of 30 fail`);
    const retry = { attempts: 3, on: ['5xx'], budget: { percent: 100, minPerSecond: 100 } };
    await mesh.program(trafficPolicy({ ...neverEject, loadBalancing: { policy: 'RoundRobin' }, retry }));
    const hidden = await many(30);
    assert.ok(
      hidden.every(({ status }) => status === 200),
      statuses(hidden),
    );
    await mesh.program(
      trafficPolicy({ ...neverEject, loadBalancing: { policy: 'RoundRobin' }, retry: { attempts: 0 } }),
    );
    assert.ok((await many(30)).some(({ status }) => status === 503));
    bad.status = 200;
  });

  await t.test('ejection: the failing endpoint gets nothing, and comes back when it is over', async () => {
    const policy = trafficPolicy({
      loadBalancing: { policy: 'RoundRobin' },
      retry: { attempts: 0 },
      outlierDetection: { consecutive5xx: 3, interval: '100ms', baseEjectionTime: '2s', maxEjectionPercent: 50 },
    });
    await mesh.program(policy);
    bad.status = 500;
    const failing = backends[1] as Backend;
    await eventually(async () => {
      await get();
      return (await web.admin('/clusters')).includes('failed_outlier_check');
    });
    bad.status = 200;
    const reached = failing.requests;
    for (let count = 0; count < 30; count += 1) assert.equal((await get()).status, 200);
    assert.equal(failing.requests, reached);
    await eventually(async () => {
      await get();
      return failing.requests > reached;
    });
  });

  assert.deepEqual(await closed(), before);

  await t.test('timeouts: a slow answer is waited for, then not, then it is again', async () => {
    all({ delay: 300 });
    assert.equal((await get()).status, 200);
    await mesh.program(trafficPolicy({ ...neverEject, retry: { attempts: 0 }, timeouts: { request: '100ms' } }));
    const begun = performance.now();
    const late = await get();
    assert.equal(late.status, 504, late.body);
    assert.ok(performance.now() - begun < 280);
    await mesh.program(trafficPolicy({ ...neverEject, retry: { attempts: 0 }, timeouts: { request: '2s' } }));
    assert.equal((await get()).status, 200);
    all({ delay: 0 });
  });

  await t.test(
    'a policy that contradicts itself or the API is refused by field, and what ran before runs on',
    async () => {
      await mesh.program(trafficPolicy({ ...neverEject, retry: { attempts: 0 }, timeouts: { request: '150ms' } }));
      const document = (spec: string): string => `
apiVersion: aya.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: cart}
spec: {targetRefs: [{group: "", kind: Service, name: cart}], ${spec}}`;
      const refusals = [
        ['timeouts: {request: fast}', /spec\.timeouts\.request/],
        ['timeouts: {requests: 1s}', /spec\.timeouts\.requests.*did you mean "request"/s],
        ['retry: {on: [sometimes]}', /spec\.retry\.on\[0\]/],
        ['loadBalancing: {policy: Roulette}', /spec\.loadBalancing\.policy/],
        ['outlierDetection: {baseEjectionTime: 10s, maxEjectionTime: 5s}', /spec\.outlierDetection\.maxEjectionTime/],
      ] as const;
      for (const [spec, said] of refusals) await assert.rejects(mesh.aya(['apply', '-f', '-'], document(spec)), said);
      first.delay = 0;
      all({ delay: 300 });
      assert.equal((await get()).status, 504);
      all({ delay: 0 });
      assert.equal((await get()).status, 200);
    },
  );

  await t.test('endpoints that go get nothing more, and get their share when they are back', async () => {
    const slices = endpoints('cart', ports(backends));
    const collection = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
    const gone = backends[2] as Backend;
    await mesh.plane.call('DELETE', `${collection}/cart-2`);
    await eventually(async () => {
      const reached = gone.requests;
      assert.ok((await many(20)).every(({ status }) => status === 200));
      return gone.requests === reached;
    });
    const reached = gone.requests;
    await mesh.plane.apply(...slices);
    await eventually(async () => {
      assert.ok((await many(20)).every(({ status }) => status === 200));
      return gone.requests > reached;
    });
  });
});
