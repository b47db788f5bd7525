import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { grpcCall, http2Client } from '../../support/grpc-call.ts';
import { data } from '../../support/http2/frames.ts';
import {
  grpcHead,
  grpcOnly,
  grpcTrailers,
  MESSAGE,
  type ScriptedPeer,
  scriptedServer,
} from '../../support/http2/scripted-server.ts';
import { speaksHttp2 } from '../../support/http2/towards.ts';
import { startSidecar } from '../../support/sidecar.ts';

const honoured: Json = { max_stream_duration: { grpc_timeout_header_max: '0s' } };

type Answer = (peer: ScriptedPeer, id: number, nth: number) => void;

async function scene(t: TestContext, route: Json, answer: Answer) {
  /** grpc-timeout of each attempt, ms; -1 = none. */
  const told: number[] = [];
  const server = await scriptedServer(t, {
    onRequest(peer, id, fields, nth) {
      const text = fields.find((each) => each.startsWith('grpc-timeout: '))?.slice(14);
      told.push(text?.endsWith('m') ? Number(text.slice(0, -1)) : -1);
      answer(peer, id, nth);
    },
  });
  const routes = [forward('cart', route)];
  const upstream = cluster('cart', [server.port], speaksHttp2());
  const sidecar = await startSidecar(t, bootstrap([httpListener({ routes })], [upstream]));
  const client = http2Client(t, sidecar.port());
  return { told, sidecar, call: (timeout: string) => grpcCall(client, { 'grpc-timeout': timeout }) };
}

const succeed: Answer = (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE), grpcTrailers(id, 0));

test('a call ends when its grpc-timeout does, and the endpoint hears that it is cancelled', async (t) => {
  let peer: ScriptedPeer | undefined;
  const { call, told } = await scene(t, honoured, (one) => {
    peer = one;
  });
  const answer = await call('1000m');
  assert.deepEqual([answer.status, answer.http, answer.trailersOnly], [4, 200, true]);
  assert.ok(answer.ms >= 995 && answer.ms < 5_000, `${answer.ms} ms`);
  assert.ok((told[0] ?? 0) > 0 && (told[0] ?? 0) <= 1_000, `told ${told}`);
  const reset = await eventually(() => peer?.frames.find((each) => each.type === 'RST_STREAM'));
  assert.equal(reset.code, 8);
});

test('each attempt is told what is left, in whatever unit the client counts', async (t) => {
  const retry_policy = { retry_on: 'unavailable', num_retries: 2, retry_back_off: { base_interval: '0.001s' } };
  const { call, told } = await scene(t, { ...honoured, retry_policy }, (peer, id, nth) => {
    if (nth % 3 === 0) return succeed(peer, id, nth);
    setTimeout(() => peer.send(grpcOnly(id, 14)), 100);
  });
  for (const timeout of ['5S', '5000000u', '5000m']) {
    told.length = 0;
    assert.equal((await call(timeout)).status, 0);
    const [first = 0, second = 0, third = 0] = told;
    assert.ok(first <= 5_000 && first > 4_000, `${timeout}: ${told}`);
    assert.ok(second <= first - 99 && third <= second - 99 && third > 3_000, `${timeout}: ${told}`);
  }
});

test('retries do not begin when there is no time for them', async (t) => {
  const retry_policy = { retry_on: 'unavailable', num_retries: 5 };
  const { call, told } = await scene(t, { ...honoured, retry_policy }, (peer, id) =>
    peer.send(grpcHead(id), grpcTrailers(id, 14, 'grpc-retry-pushback-ms', '500')),
  );
  const answer = await call('300m');
  assert.deepEqual([answer.status, told.length], [14, 1]);
});

test('the route may limit what callers ask for, and without its word the timeout is only passed on', async (t) => {
  const limited = await scene(t, { max_stream_duration: { grpc_timeout_header_max: '0.3s' } }, succeed);
  assert.equal((await limited.call('1H')).status, 0);
  assert.ok((limited.told[0] ?? 0) <= 300 && (limited.told[0] ?? 0) > 0);
  const plain = await scene(t, {}, succeed);
  assert.equal((await plain.call('70m')).status, 0);
  assert.equal(plain.told[0], 70);
});
