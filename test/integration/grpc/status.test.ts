import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { accessLogFile, bootstrap, cluster, forward, httpListener, temporaryFile } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { type GrpcAnswer, grpcCall, http2Client } from '../../support/grpc-call.ts';
import { call } from '../../support/http-call.ts';
import { data, END_STREAM, headers, rst } from '../../support/http2/frames.ts';
import {
  grpcHead,
  grpcOnly,
  grpcTrailers,
  MESSAGE,
  type ScriptedPeer,
  scriptedServer,
} from '../../support/http2/scripted-server.ts';
import { speaksHttp2 } from '../../support/http2/towards.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

type Answer = (peer: ScriptedPeer, id: number) => void;

const FORMAT = '%REQ(:PATH)% %GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(number)% %GRPC_STATUS_NUMBER%\n';

/** How a server may say what came of a call (or not say it), and the status that a client takes it for. */
const ways: Readonly<Record<string, readonly [answer: Answer, status: number, logged: string]>> = {
  head: [(peer, id) => peer.send(grpcOnly(id, 3)), 3, 'InvalidArgument INVALID_ARGUMENT 3 3'],
  trailers: [
    (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE), grpcTrailers(id, 1)),
    1,
    'Canceled CANCELLED 1 1',
  ],
  ok: [(peer, id) => peer.send(grpcHead(id), data(id, MESSAGE), grpcTrailers(id, 0)), 0, 'OK OK 0 0'],
  reset: [(peer, id) => peer.send(rst(id, 11)), 8, 'ResourceExhausted RESOURCE_EXHAUSTED 8 8'],
  'reset-after-a-message': [
    (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE), rst(id, 8)),
    1,
    'Canceled CANCELLED 1 1',
  ],
  lost: [
    (peer, id) => {
      peer.send(grpcHead(id), data(id, MESSAGE));
      setTimeout(() => peer.socket.destroy(), 50);
    },
    14,
    'Unavailable UNAVAILABLE 14 14',
  ],
  http: [
    (peer, id) => peer.send(headers(id, END_STREAM, ':status', '403')),
    -1,
    'PermissionDenied PERMISSION_DENIED 7 7',
  ],
  nothing: [(peer, id) => peer.send(grpcHead(id), data(id, MESSAGE, END_STREAM)), -1, 'Unknown UNKNOWN 2 2'],
  'no-number': [
    (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE), headers(id, END_STREAM, 'grpc-status', 'fine')),
    Number.NaN,
    'Unknown UNKNOWN 2 2',
  ],
  unheard: [(peer, id) => peer.send(grpcOnly(id, 42)), 42, '42 42 42 42'],
};

async function before(t: TestContext): Promise<{ sidecar: Sidecar; log: string; json: string }> {
  const server = await scriptedServer(t, {
    onRequest(peer, id, fields) {
      const path = fields.find((each) => each.startsWith(':path: '))?.slice(8) ?? '';
      ways[path]?.[0](peer, id);
    },
  });
  const { file, remove } = temporaryFile('access.log', '');
  t.after(remove);
  const json = `${file}.json`;
  const access_log = [accessLogFile(file, FORMAT), accessLogFile(json)];
  const routes = [forward('cart', {}, { name: 'all' })];
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [httpListener({ routes, manager: { access_log } })],
      [cluster('cart', [server.port], speaksHttp2()), cluster('other', [server.port])],
    ),
  );
  return { sidecar, log: file, json };
}

test('wherever a gRPC status is said, the client gets it, and counters, labels and logs tell it', async (t) => {
  const { sidecar, log, json } = await before(t);
  const answers = new Map<string, GrpcAnswer>();
  for (const name of Object.keys(ways)) {
    // A connection each, since some are lost.
    answers.set(name, await grpcCall(http2Client(t, sidecar.port()), { ':path': `/${name}` }));
  }
  for (const [name, [, status]] of Object.entries(ways)) assert.equal(answers.get(name)?.status, status, name);
  const expected = Object.entries(ways).map(([name, [, , logged]]) => `/${name} ${logged}`);
  await eventually(() => readFileSync(log, 'utf8').split('\n').length === expected.length + 1);
  assert.deepEqual(readFileSync(log, 'utf8').trimEnd().split('\n'), expected);
  const numbers = expected.map((each) => Number(each.split(' ').at(-1)));
  const lines = readFileSync(json, 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    lines.map((each) => JSON.parse(each).grpc_status),
    numbers,
  );
  const stats = await sidecar.stats();
  const of = (name: string): number => stats.get(`cluster.cart.grpc.${name}`) ?? 0;
  assert.deepEqual([of('success'), of('failure'), of('total')], [1, 9, 10]);
  for (const status of new Set(numbers)) {
    const times = numbers.filter((each) => each === status).length;
    assert.equal(of(String(status)), status === 42 ? 0 : times, `grpc.${status}`);
  }
  const metrics = await sidecar.admin('/stats/prometheus');
  assert.match(metrics, /^envoy_cluster_grpc_14\{envoy_cluster_name="cart"\} 1$/m);
  assert.match(metrics, /^istio_requests_total\{[^}]*request_protocol="grpc"[^}]*grpc_response_status="3"[^}]*\} 1$/m);
  assert.match(metrics, /^aya_grpc_requests_total\{virtual_host="all",route="all",grpc_status="2"\} 3$/m);
});

test('a call that the client gives up is no failure of the service', async (t) => {
  const { sidecar, json } = await before(t);
  const client = http2Client(t, sidecar.port());
  const stream = client.request({ ':method': 'POST', ':path': '/silent', 'content-type': 'application/grpc' });
  stream.on('error', () => {});
  await sidecar.statBecomes('http.web.downstream_rq_active', 1);
  stream.close(8);
  await eventually(() => readFileSync(json, 'utf8') !== '');
  assert.equal(JSON.parse(readFileSync(json, 'utf8')).grpc_status, 1);
  assert.equal((await sidecar.stats()).get('cluster.cart.grpc.total'), undefined);
});

test('gRPC-Web and plain HTTP have no gRPC status', async (t) => {
  const { sidecar, json } = await before(t);
  for (const type of ['application/grpc-web', 'application/json']) {
    const answer = await call(sidecar.port(), { method: 'POST', path: '/http', headers: { 'content-type': type } });
    assert.equal(answer.status, 403);
  }
  await eventually(() => readFileSync(json, 'utf8').split('\n').length === 3);
  assert.doesNotMatch(readFileSync(json, 'utf8'), /grpc_status/);
});
