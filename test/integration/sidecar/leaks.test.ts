import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import type { ClusterPlan } from '../../../sidecar/core/plan/cluster.ts';
import type { Piece } from '../../../sidecar/core/plan/delta.ts';
import type { HttpManagerPlan } from '../../../sidecar/core/plan/http-manager.ts';
import { pageBytes, ROW, SlotTable } from '../../../sidecar/core/slots.ts';
import { DataPath } from '../../../sidecar/worker/data-path.ts';
import type { FromWorker } from '../../../sidecar/worker/protocol.ts';
import { deafPort, httpBackend, rawBackend } from '../../support/backend.ts';
import { clusterPlan, retryPlan, unlimited } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import * as plans from '../../support/route-plan.ts';

const manager: HttpManagerPlan = {
  statPrefix: 'web',
  routeConfig: 'web',
  filters: [
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
  ],
  accessLogs: [],
  useRemoteAddress: true,
  xffTrustedHops: 0,
  generateRequestId: true,
  preserveExternalRequestId: false,
  via: '',
  serverName: '',
  stripPort: 'none',
  acceptHttp10: false,
  maxHeadBytes: 60_000,
  maxHeaders: 100,
  headersTimeout: 1000,
  requestTimeout: 2000,
  streamIdleTimeout: 1000,
  idleTimeout: 5000,
  maxConnectionDuration: 0,
  maxRequestsPerConnection: 0,
  drainTimeout: 0,
};

const CLUSTERS = ['well', 'flaky', 'silent', 'cut', 'dead', 'tight'] as const;

/** One worker's data path in this process, with a cluster per way to fail. */
async function start(t: TestContext): Promise<{ path: DataPath; port: number; slots: SlotTable; handles: number }> {
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
  const ports = [
    [well.port],
    [flaky.port, flaky.port],
    [silent.port],
    [cut.port],
    [await deafPort(), well.port],
    [well.port],
  ];
  let slot = 0;
  const put: Piece[] = CLUSTERS.flatMap((name, index): Piece[] => {
    const rows = [...new Set(ports[index])];
    const over: Partial<ClusterPlan> =
      name === 'tight'
        ? { limits: { ...unlimited, maxRequests: 6, maxConnections: 2, maxPendingRequests: 3 } }
        : { limits: { ...unlimited, retryBudget: { percent: 50, minPerSecond: 100, interval: 1000 } } };
    const own = {
      name,
      statName: name,
      endpoints: name,
      service: name,
      slot,
      idleTimeout: 300,
      connectTimeout: 300,
      ...over,
    };
    slot += 1;
    const endpoints = {
      name,
      addresses: rows.map(() => '127.0.0.1'),
      ports: rows,
      slots: rows.map((_, row) => slot + row),
      weights: rows.map(() => 1),
      priorities: rows.map(() => 0),
      hostnames: rows.map(() => ''),
    };
    slot += rows.length;
    return [
      { kind: 'cluster', name, value: clusterPlan(own) },
      { kind: 'endpoints', name, value: endpoints },
    ];
  });
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
  put.push({
    kind: 'route',
    name: 'web',
    value: plans.routeConfigPlan([plans.hostPlan('all', ['*'], routes)], { name: 'web' }),
  });
  put.push({
    kind: 'listener',
    name: 'web',
    value: { name: 'web', address: '127.0.0.1', port: 0, direction: 'outbound', http: manager },
  });
  const page = new SharedArrayBuffer(pageBytes(1));
  const slots = new SlotTable(1, -1);
  slots.addPage(page);
  const said: FromWorker[] = [];
  const identity = { service: '', namespace: '', node: '' };
  const setup = { index: 0, workers: 1, pages: [page], plan: { epoch: 1, put, del: [] }, logLevel: 'silent', identity };
  const path = new DataPath(setup, (message) => said.push(message));
  path.start();
  const bound = new net.BoundSocket({ host: '127.0.0.1', port: 0 });
  const { port } = bound.address();
  path.listen('web', bound);
  t.after(() => path.stopAccepting());
  const handles = sockets();
  await eventually(async () => (await call(port, { path: '/well' })).status > 0);
  return { path, port, slots, handles };
}

const sockets = (): number => process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;

test('after 2,000 requests of every kind nothing is left: no slot, timer, socket or connection', async (t) => {
  const { path, port, slots, handles } = await start(t);
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

  // A client that only half-closed may wait for its answer for some seconds.
  await eventually(() => path.census().downstream === 0, 10_000);
  await eventually(() => path.census().timers === 0, 10_000);
  for (let slot = 0; slot < 20; slot += 1) {
    for (const cell of [ROW.active, ROW.pending, ROW.retries, ROW.connections]) {
      assert.equal(slots.slot(slot).sum(cell), 0, `cell ${cell} of slot ${slot}`);
    }
  }
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
