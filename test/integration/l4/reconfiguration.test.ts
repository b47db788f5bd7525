import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Piece } from '../../../sidecar/core/plan/delta.ts';
import type { FilterChainPlan, SniffPlan } from '../../../sidecar/core/plan/listener.ts';
import { httpBackend, rawBackend } from '../../support/backend.ts';
import { clusterPieces, managerPlan, routePiece, WorkerUnderTest } from '../../support/data-path.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { clusterPlan, forwardPlan, prefix, routePlan } from '../../support/route-plan.ts';

const anyone = { destinationPort: 0, serverNames: [], transportProtocol: '', applicationProtocols: [] } as const;
const looksLikeHttp = { ...anyone, applicationProtocols: ['http/1.1'] };

const tcp = (cluster: string, name = ''): FilterChainPlan => ({
  name,
  match: anyone,
  tls: null,
  filter: {
    kind: 'tcp',
    tcp: {
      statPrefix: 'tcp',
      clusters: [{ name: cluster, weight: 1 }],
      idleTimeout: 0,
      maxConnectAttempts: 1,
      accessLogs: [],
    },
  },
});

const http = (match: FilterChainPlan['match'] = anyone): FilterChainPlan => ({
  name: '',
  match,
  tls: null,
  filter: { kind: 'http', http: managerPlan() },
});

const listener = (chains: readonly FilterChainPlan[], sniff: Partial<SniffPlan> = {}): Piece => ({
  kind: 'listener',
  name: 'web',
  value: {
    name: 'web',
    address: '127.0.0.1',
    port: 0,
    direction: 'outbound',
    chains,
    defaultChain: null,
    sniff: { tls: false, http: false, timeout: 100, continueOnTimeout: true, ...sniff },
  },
});

test('chains come, change and go while connections live on', async (t) => {
  const echo = await rawBackend(t, (socket) => socket.pipe(socket));
  const other = await rawBackend(t, (socket) => {
    socket.write('other;');
    socket.pipe(socket);
  });
  const web = await httpBackend(t);
  const worker = new WorkerUnderTest(t, [
    ...clusterPieces('echo', 0, [echo.port]),
    ...clusterPieces('other', 3, [other.port]),
    ...clusterPieces('cart', 6, [web.port]),
    routePiece([routePlan('all', prefix('/'), { action: forwardPlan({ clusters: [clusterPlan('cart')] }) })]),
    listener([tcp('echo')]),
  ]);
  const says = async (client: RawClient, text: string): Promise<void> => {
    client.write(text);
    await client.sees(text);
  };
  const old = await RawClient.connect(worker.port);
  await says(old, 'first');

  worker.apply([listener([tcp('other')])]);
  const second = await RawClient.connect(worker.port);
  await second.sees('other;');
  await says(old, 'old goes where it went');

  worker.apply([listener([http(looksLikeHttp), tcp('other', 'rest')], { http: true })]);
  const answer = await call(worker.port, { path: '/a' });
  assert.deepEqual([answer.status, answer.body, answer.error], [200, '/a', '']);
  const third = await RawClient.connect(worker.port);
  await third.sees('other;');
  await says(second, 'second, too');

  worker.apply([listener([http()])]);
  assert.equal((await call(worker.port, { path: '/b' })).body, '/b');
  for (const client of [old, second, third]) await says(client, 'still here');
  assert.equal(worker.path.census().downstream >= 3, true);
  for (const client of [old, second, third]) client.socket.end();
  await eventually(() => old.ended && second.ended && third.ended);
  await eventually(() => worker.path.census().downstream === 0, 10_000);
});

test('an HTTP chain that goes finishes what it has begun', async (t) => {
  const echo = await rawBackend(t, (socket) => socket.pipe(socket));
  let answer: () => void = () => {};
  const web = await httpBackend(t, (_request, response) => {
    answer = () => response.end('done');
  });
  const worker = new WorkerUnderTest(t, [
    ...clusterPieces('echo', 0, [echo.port]),
    ...clusterPieces('cart', 3, [web.port]),
    routePiece([routePlan('all', prefix('/'), { action: forwardPlan({ clusters: [clusterPlan('cart')] }) })]),
    listener([http()]),
  ]);
  const idle = await RawClient.connect(worker.port);
  const busy = await RawClient.connect(worker.port);
  busy.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => web.requests === 1);
  worker.apply([listener([tcp('echo')])]);
  await eventually(() => idle.ended);
  answer();
  await busy.sees('done');
  assert.match(busy.received, /connection: close/);
  await eventually(() => busy.ended);
});
