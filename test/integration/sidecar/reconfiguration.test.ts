import assert from 'node:assert/strict';
import http from 'node:http';
import { type TestContext, test } from 'node:test';
import { ROW } from '../../../sidecar/core/slots.ts';
import { type Answer, type Backend, httpBackend, rawBackend } from '../../support/backend.ts';
import { retryPlan, unlimited } from '../../support/cluster.ts';
import { clusterPieces, endpointsPiece, listenerPiece, routePiece, WorkerUnderTest } from '../../support/data-path.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { clusterPlan, forwardPlan, hostPlan, prefix, routeConfigPlan, routePlan } from '../../support/route-plan.ts';

const toCart = (over: Parameters<typeof forwardPlan>[0] = {}) =>
  routePiece([
    routePlan('cart', prefix('/'), {
      action: forwardPlan({ clusters: [clusterPlan('cart')], timeout: 5000, ...over }),
    }),
  ]);

const named =
  (name: string): Answer =>
  (_request, response) =>
    response.end(name);

/** A backend that answers when it is told to. */
async function held(t: TestContext): Promise<{ backend: Backend; answer: () => void }> {
  const waiting: http.ServerResponse[] = [];
  const backend = await httpBackend(t, (_request, response) => waiting.push(response));
  const answer = (): void => {
    for (const response of waiting.splice(0)) response.end('held');
  };
  return { backend, answer };
}

test('an endpoint that is removed during the back-off is not tried again', async (t) => {
  const bad = await rawBackend(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  const good = await httpBackend(t, named('good'));
  const retry = retryPlan({ attempts: 3, on: ['reset'], backoffBase: 300, backoffMax: 300 });
  const worker = new WorkerUnderTest(t, [...clusterPieces('cart', 0, [bad.port]), toCart({ retry }), listenerPiece()]);
  const answer = call(worker.port);
  await eventually(() => bad.requests === 1 && worker.sum(ROW.retries) === 1);
  worker.apply([endpointsPiece('cart', 1, [good.port])]);
  assert.equal((await answer).body, 'good');
  assert.equal(bad.requests, 1);
  assert.equal(worker.sum(ROW.retries), 0);
  assert.equal(worker.sum(ROW.active), 0);
});

test('a cluster that goes during the back-off leaves nobody to ask, and no count', async (t) => {
  const bad = await rawBackend(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  const retry = retryPlan({ attempts: 3, on: ['reset'], backoffBase: 200, backoffMax: 200 });
  const worker = new WorkerUnderTest(t, [...clusterPieces('cart', 0, [bad.port]), toCart({ retry }), listenerPiece()]);
  const answer = call(worker.port);
  await eventually(() => bad.requests === 1);
  worker.apply(
    [],
    [
      { kind: 'cluster', name: 'cart' },
      { kind: 'endpoints', name: 'cart' },
    ],
  );
  const { status, body } = await answer;
  assert.deepEqual([status, body], [503, 'no healthy upstream']);
  for (const cell of [ROW.active, ROW.retries, ROW.connections]) assert.equal(worker.sum(cell), 0);
});

test('a retry counts against its limit until the new attempt has its head', async (t) => {
  let first = true;
  const { backend, answer } = await held(t);
  const flaky = await rawBackend(t, (socket) => {
    socket.once('data', () => {
      if (first) socket.resetAndDestroy();
      else http.get({ port: backend.port, host: '127.0.0.1' }, () => socket.end('HTTP/1.1 204 No Content\r\n\r\n'));
      first = false;
    });
  });
  const retry = retryPlan({ attempts: 1, on: ['reset'], backoffBase: 1, backoffMax: 1 });
  const worker = new WorkerUnderTest(t, [
    ...clusterPieces('cart', 0, [flaky.port]),
    toCart({ retry }),
    listenerPiece(),
  ]);
  const result = call(worker.port);
  await eventually(() => backend.requests === 1);
  assert.equal(worker.sum(ROW.retries), 1);
  answer();
  assert.equal((await result).status, 204);
  assert.equal(worker.sum(ROW.retries), 0);
});

test('a request under way ends on the endpoint where it began, whatever happens to its cluster', async (t) => {
  const { backend, answer } = await held(t);
  const other = await httpBackend(t, named('other'));
  const worker = new WorkerUnderTest(t, [...clusterPieces('cart', 0, [backend.port]), toCart(), listenerPiece()]);
  const before = call(worker.port);
  await eventually(() => backend.requests === 1);
  worker.apply(clusterPieces('cart', 10, [other.port]));
  assert.equal((await call(worker.port)).body, 'other');
  assert.equal(worker.slots.slot(0).sum(ROW.active), 1);
  answer();
  assert.equal((await before).body, 'held');
  assert.equal(worker.sum(ROW.active), 0);
  // The connection to the endpoint that is gone is not kept.
  await eventually(() => backend.connections === 0);
});

test('routes, limits and the settings of a listener change between two requests of one connection', async (t) => {
  const backend = await httpBackend(t, named('cart'));
  const worker = new WorkerUnderTest(t, [...clusterPieces('cart', 0, [backend.port]), toCart(), listenerPiece()]);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<unknown>();
  agent.on('free', (socket) => sockets.add(socket));
  const ask = () => call(worker.port, { agent });
  assert.equal((await ask()).headers.server, undefined);
  worker.apply([listenerPiece({ serverName: 'aya-2' })]);
  assert.equal((await ask()).headers.server, 'aya-2');
  worker.apply(clusterPieces('cart', 0, [backend.port], { limits: { ...unlimited, maxRequests: 0 } }));
  assert.equal((await ask()).status, 503);
  worker.apply(clusterPieces('cart', 0, [backend.port]));
  assert.equal((await ask()).status, 200);
  const reply = { kind: 'direct', status: 202, body: 'here' } as const;
  worker.apply([routePiece([routePlan('here', prefix('/'), { action: reply })])]);
  assert.equal((await ask()).body, 'here');
  assert.equal(sockets.size, 1, 'the connection stayed');
  assert.equal(backend.accepted, 1, 'so did the one to the endpoint');
  agent.destroy();
});

test('a listener that goes takes no connection any more and lets its requests end', async (t) => {
  const { backend, answer } = await held(t);
  const worker = new WorkerUnderTest(t, [...clusterPieces('cart', 0, [backend.port]), toCart(), listenerPiece()]);
  const under = call(worker.port);
  await eventually(() => backend.requests === 1);
  worker.path.unlisten('web');
  await eventually(async () => (await call(worker.port)).error === 'ECONNREFUSED');
  assert.equal(worker.path.census().downstream, 1);
  worker.path.stopAccepting();
  assert.ok(!worker.said.some((each) => each.kind === 'idle'));
  answer();
  assert.equal((await under).body, 'held');
  await eventually(() => worker.said.some((each) => each.kind === 'idle'));
});

test('a changed connect timeout closes idle connections and leaves busy ones to their requests', async (t) => {
  const { backend, answer } = await held(t);
  const worker = new WorkerUnderTest(t, [...clusterPieces('cart', 0, [backend.port]), toCart(), listenerPiece()]);
  const first = call(worker.port);
  await eventually(() => backend.requests === 1);
  const second = call(worker.port);
  await eventually(() => backend.requests === 2);
  worker.apply(clusterPieces('cart', 0, [backend.port], { connectTimeout: 77 }));
  answer();
  assert.deepEqual([(await first).body, (await second).body], ['held', 'held']);
  await eventually(() => backend.connections === 0);
  assert.equal(worker.sum(ROW.connections), 0);
});

test('a host that is asked for on demand holds its requests, whose bodies can be repeated all the same', async (t) => {
  const bodies: string[] = [];
  const backend = await httpBackend(t, async (request, response) => {
    bodies.push((await request.toArray()).join(''));
    response.writeHead(bodies.length === 1 ? 503 : 200).end();
  });
  const worker = new WorkerUnderTest(t, [
    ...clusterPieces('cart', 0, [backend.port]),
    { kind: 'route', name: 'web', value: routeConfigPlan([], { name: 'web', vhds: true }) },
    listenerPiece(),
  ]);
  const headers = { host: 'cart' };
  const post = call(worker.port, { method: 'POST', headers, body: 'x'.repeat(500) });
  const unknown = call(worker.port, { headers: { host: 'nobody' } });
  const gone = call(worker.port, { headers: { host: 'slow' }, signal: AbortSignal.timeout(50) });
  await eventually(() => worker.said.filter((each) => each.kind === 'host').length === 3);
  assert.equal(bodies.length, 0);
  worker.path.answerHost('nobody', 'unknown');
  assert.equal((await unknown).status, 404);
  assert.equal((await gone).status, 0);

  const retry = retryPlan({ attempts: 1, on: ['5xx'] });
  const action = forwardPlan({ clusters: [clusterPlan('cart')], retry, bufferLimit: 1000 });
  const host = hostPlan('cart', ['cart'], [routePlan('cart', prefix('/'), { action })]);
  worker.apply([{ kind: 'vhost', name: 'web/cart', value: host }]);
  worker.path.answerHost('cart', 'known');
  assert.equal((await post).status, 200);
  assert.deepEqual(bodies, ['x'.repeat(500), 'x'.repeat(500)]);
  worker.path.answerHost('slow', 'timeout');
  assert.equal((await call(worker.port, { headers })).status, 200);
});
