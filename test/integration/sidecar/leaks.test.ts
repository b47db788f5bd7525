import assert from 'node:assert/strict';
import http from 'node:http';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import type { HttpManagerPlan } from '../../../sidecar/core/plan/http-manager.ts';
import { ROW } from '../../../sidecar/core/slots.ts';
import { deafPort, httpBackend, rawBackend } from '../../support/backend.ts';
import { retryPlan, unlimited } from '../../support/cluster.ts';
import { clusterPieces, listenerPiece, routePiece, WorkerUnderTest } from '../../support/data-path.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import * as plans from '../../support/route-plan.ts';

const CLUSTERS = ['well', 'flaky', 'silent', 'cut', 'dead', 'tight'] as const;

const filters: HttpManagerPlan['filters'] = [
  {
    kind: 'fault',
    name: 'fault',
    fault: {
      delay: { percent: 10, fixed: 20 },
      abort: { percent: 5, status: 500, grpcStatus: null },
      headers: [],
      upstreamCluster: '',
      maxActive: 100,
    },
  },
];

/** A worker with a cluster per way to fail, each under its name as path. */
async function start(t: TestContext): Promise<WorkerUnderTest> {
  const well = await httpBackend(t, (request, response) => request.pipe(response));
  const flaky = await httpBackend(t, (request, response) => {
    request.resume();
    response.statusCode = Math.random() < 0.5 ? 503 : 200;
    if (Math.random() < 0.2) response.socket?.resetAndDestroy();
    else response.end('x'.repeat(1000));
  });
  const silent = await httpBackend(t, (request, response) => {
    request.resume();
    if (request.url?.includes('half')) response.writeHead(200).write('half');
  });
  const cut = await rawBackend(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'));
  });
  const ports: Record<(typeof CLUSTERS)[number], number[]> = {
    well: [well.port],
    flaky: [flaky.port],
    silent: [silent.port],
    cut: [cut.port],
    dead: [await deafPort(), well.port],
    tight: [well.port],
  };
  const budget = { percent: 50, minPerSecond: 100, interval: 1000 };
  const clusters = CLUSTERS.flatMap((name, index) =>
    clusterPieces(name, index * 3, ports[name], {
      idleTimeout: 300,
      connectTimeout: 300,
      limits:
        name === 'tight'
          ? { ...unlimited, maxRequests: 6, maxConnections: 2, maxPendingRequests: 3 }
          : { ...unlimited, retryBudget: budget },
    }),
  );
  const retry = retryPlan({
    attempts: 2,
    on: ['5xx', 'reset', 'connect-failure'],
    perTryTimeout: 100,
    backoffBase: 5,
    backoffMax: 10,
    avoidTried: true,
    classes: true,
  });
  const routes = CLUSTERS.map((name) =>
    plans.routePlan(name, plans.prefix(`/${name}`), {
      action: plans.forwardPlan({ clusters: [plans.clusterPlan(name)], timeout: 150, retry, bufferLimit: 100_000 }),
    }),
  );
  const listener = listenerPiece({ filters, useRemoteAddress: true, headersTimeout: 1000, streamIdleTimeout: 1000 });
  return new WorkerUnderTest(t, [...clusters, routePiece(routes), listener]);
}

const sockets = (): number => process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;

test('after 2,000 requests of every kind nothing is left: no slot, timer, socket or connection', async (t) => {
  const worker = await start(t);
  const { path, port } = worker;
  const handles = sockets();
  const statuses = new Map<number, number>();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
  const count = (status: number): void => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  const kinds: (() => Promise<unknown>)[] = [
    async () => count((await call(port, { path: '/well', agent })).status),
    async () => count((await call(port, { path: '/well', method: 'POST', body: 'x'.repeat(50_000), agent })).status),
    async () => count((await call(port, { path: '/flaky', agent })).status),
    async () => count((await call(port, { path: '/flaky', method: 'POST', body: 'x'.repeat(200_000) })).status),
    async () => count((await call(port, { path: '/silent' })).status),
    async () => count((await call(port, { path: '/silent/half' })).status),
    async () => count((await call(port, { path: '/cut' })).status),
    async () => count((await call(port, { path: '/dead', method: 'POST', body: 'x' })).status),
    async () => count((await call(port, { path: '/tight' })).status),
    async () => count((await call(port, { path: '/nowhere', agent })).status),
    // The client goes: while it waits, in the middle of its upload, in the middle of its head, without a word.
    async () => count((await call(port, { path: '/silent', signal: AbortSignal.timeout(20) })).status),
    () => goes(port, 'POST /well HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome'),
    () => goes(port, 'GET /silent HTTP/1.1\r\nHost: a\r\n\r\n'),
    () => goes(port, 'GET /well HTTP/1.1\r\nHo'),
    () => goes(port, ''),
    () => goes(port, 'GET /well HTTP/1.1\r\nHost: a\r\n\r\nGET /silent HTTP/1.1\r\nHost: a\r\n\r\n'),
    () => goes(port, 'NO SUCH THING\r\n\r\n'),
  ];
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun < 2000) {
      begun += 1;
      await kinds[begun % kinds.length]?.();
    }
  };
  await Promise.all(Array.from({ length: 40 }, caller));
  agent.destroy();
  for (const status of [200, 404, 503, 504])
    assert.ok((statuses.get(status) ?? 0) > 20, `${status}: ${statuses.get(status)}`);

  await eventually(() => path.census().downstream === 0, 10_000);
  await eventually(() => path.census().timers === 0, 10_000);
  for (const cell of [ROW.active, ROW.pending, ROW.retries, ROW.connections]) assert.equal(worker.sum(cell), 0);
  await eventually(() => {
    if (sockets() > handles) throw new Error(`${sockets() - handles} sockets`);
    return true;
  });
});

/** Says `text` and goes away a moment later, by FIN or RST. */
async function goes(port: number, text: string): Promise<void> {
  const client = await RawClient.connect(port);
  client.write(text);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
  if (Math.random() < 0.5) client.close();
  else client.socket.resetAndDestroy();
}
