import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { bootstrap, cluster, forward, httpListener, type Json, retryClasses } from '../../support/bootstrap.ts';
import { type GrpcAnswer, grpcCall, http2Client } from '../../support/grpc-call.ts';
import { data, END_STREAM, headers, rst } from '../../support/http2/frames.ts';
import {
  grpcHead,
  grpcOnly,
  grpcTrailers,
  MESSAGE,
  type ScriptedPeer,
  type ScriptedServer,
  scriptedServer,
} from '../../support/http2/scripted-server.ts';
import { speaksHttp2 } from '../../support/http2/towards.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

interface Scene {
  readonly sidecar: Sidecar;
  readonly server: ScriptedServer;
  call(headers?: Record<string, string>): Promise<GrpcAnswer>;
}

type Answer = (peer: ScriptedPeer, id: number, nth: number) => void;

const succeed: Answer = (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE), grpcTrailers(id, 0));

/** A sidecar whose route has `retry` before a server that answers its first requests by `answers`, and further ones well. */
async function scene(t: TestContext, retry: Json, answers: readonly Answer[], route: Json = {}): Promise<Scene> {
  const server = await scriptedServer(t, {
    onRequest: (peer, id, _fields, nth) => (answers[nth - 1] ?? succeed)(peer, id, nth),
  });
  const retry_policy = { retry_back_off: { base_interval: '0.005s', max_interval: '0.005s' }, ...retry };
  const routes = [forward('cart', { retry_policy }, route)];
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener({ routes })], [cluster('cart', [server.port], speaksHttp2())]),
  );
  const client = http2Client(t, sidecar.port());
  return { sidecar, server, call: (more) => grpcCall(client, more) };
}

const unavailable: Json = { retry_on: 'unavailable', num_retries: 2 };

const ways: Readonly<Record<string, Answer>> = {
  'in a head that is all': (peer, id) => peer.send(grpcOnly(id, 14)),
  'in trailers behind a head without messages': (peer, id) => peer.send(grpcHead(id), grpcTrailers(id, 14)),
  'in trailers of a response with an HTTP length of none': (peer, id) =>
    peer.send(grpcHead(id), data(id, ''), grpcTrailers(id, 14)),
};
for (const [where, answer] of Object.entries(ways)) {
  test(`a gRPC status that the policy means is retried when it stands ${where}`, async (t) => {
    const { call, server, sidecar } = await scene(t, unavailable, [answer, answer]);
    assert.equal((await call()).status, 0);
    assert.equal(server.requests, 3);
    assert.equal(await sidecar.stat('cluster.cart.upstream_rq_retry'), 2);
    assert.equal(await sidecar.stat('cluster.cart.upstream_rq_retry_success'), 1);
    assert.equal(await sidecar.stat('cluster.cart.upstream_rq_active'), 0);
  });
}

test('trailers in a packet of their own are waited for, a little', async (t) => {
  const apart: Answer = (peer, id) => {
    peer.send(grpcHead(id));
    setImmediate(() => peer.send(grpcTrailers(id, 14)));
  };
  const { call, sidecar } = await scene(
    t,
    unavailable,
    Array.from({ length: 40 }, (_, nth) => (nth % 2 === 0 ? apart : succeed)),
  );
  for (let nth = 0; nth < 20; nth += 1) await call();
  // On a machine that is busy with other things some are late.
  assert.ok((await sidecar.stat('cluster.cart.upstream_rq_retry')) > 0);
});

test('a head is not held back for a message that does not come: it is there within 5 ms', async (t) => {
  const { call, server } = await scene(
    t,
    unavailable,
    Array.from({ length: 20 }, () => (peer: ScriptedPeer, id: number) => {
      peer.send(grpcHead(id));
      setTimeout(() => peer.send(grpcTrailers(id, 14)), 150);
    }),
  );
  const answers: GrpcAnswer[] = [];
  for (let nth = 0; nth < 10; nth += 1) answers.push(await call());
  const soonest = Math.min(...answers.slice(1).map((each) => each.headMs));
  assert.ok(soonest < 5, `the head took ${soonest} ms`);
  // The client has seen the head, so the status is its own.
  assert.deepEqual([...new Set(answers.map((each) => each.status))], [14]);
  assert.equal(server.requests, 10);
});

test('a status behind a message is for the client', async (t) => {
  const { call, server } = await scene(t, unavailable, [
    (peer, id) => peer.send(grpcHead(id), data(id, MESSAGE), grpcTrailers(id, 14)),
  ]);
  assert.equal((await call()).status, 14);
  assert.equal(server.requests, 1);
});

test('what is retried is what the policy says, and only so often', async (t) => {
  const words = { cancelled: 1, 'deadline-exceeded': 4, 'resource-exhausted': 8, internal: 13, unavailable: 14 };
  for (const [word, code] of Object.entries(words)) {
    const bad: Answer = (peer, id) => peer.send(grpcHead(id), grpcTrailers(id, code));
    const other: Answer = (peer, id) => peer.send(grpcHead(id), grpcTrailers(id, 5));
    const { call, server, sidecar } = await scene(t, { retry_on: word, num_retries: 1 }, [
      bad,
      succeed,
      other,
      bad,
      bad,
    ]);
    assert.equal((await call()).status, 0, word);
    assert.equal((await call()).status, 5);
    assert.equal((await call()).status, code);
    assert.equal(server.requests, 5);
    assert.equal(await sidecar.stat('cluster.cart.upstream_rq_retry_limit_exceeded'), 1);
    await sidecar.kill();
  }
});

test('where routes retry by classes the words are the consent, for a reset and a lost connection, too', async (t) => {
  const cancel: Answer = (peer, id) => peer.send(rst(id, 8));
  const lost: Answer = (peer) => peer.socket.destroy();
  const lostBehindHead: Answer = (peer, id) => {
    peer.send(grpcHead(id));
    peer.socket.end();
  };
  const status: Answer = (peer, id) => peer.send(grpcHead(id), grpcTrailers(id, 14));
  const on = { retry_on: 'cancelled,unavailable', num_retries: 4 };
  const ours = await scene(t, on, [cancel, lost, lostBehindHead, status], retryClasses());
  assert.equal((await ours.call()).status, 0);
  assert.equal(ours.server.requests, 5);
  const envoys = await scene(t, on, [cancel]);
  const answer = await envoys.call();
  assert.deepEqual([answer.status, envoys.server.requests], [1, 1]);
});

test('a reply in place of gRPC is judged by its HTTP status', async (t) => {
  const { call, server } = await scene(t, { retry_on: '5xx', num_retries: 1 }, [
    (peer, id) => peer.send(headers(id, END_STREAM, ':status', '503')),
  ]);
  assert.equal((await call()).status, 0);
  assert.equal(server.requests, 2);
});

test('grpc-retry-pushback-ms says when to come again, or not to', async (t) => {
  const pushed = (text: string): Answer => {
    return (peer, id) => peer.send(grpcHead(id), grpcTrailers(id, 14, 'grpc-retry-pushback-ms', text));
  };
  const waits = await scene(t, unavailable, [pushed('300')]);
  const answer = await waits.call();
  assert.equal(answer.status, 0);
  assert.ok(answer.ms >= 299, `${answer.ms} ms`);
  const atOnce = await scene(t, { ...unavailable, retry_back_off: { base_interval: '20s' } }, [
    (peer, id) => peer.send(grpcOnly(id, 14, 'grpc-retry-pushback-ms', '0')),
  ]);
  assert.equal((await atOnce.call()).status, 0);
  for (const text of ['-1', 'soon', '99999999999']) {
    const never = await scene(t, unavailable, [pushed(text)]);
    assert.equal((await never.call()).status, 14, text);
    assert.equal(never.server.requests, 1);
    await never.sidecar.kill();
  }
});
