import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { ConnectionFaultKind, FaultRulePlan, ResponseFaultPlan } from '../../../sidecar/core/plan/fault.ts';
import type { TcpProxyPlan } from '../../../sidecar/core/plan/tcp-proxy.ts';
import { UNSPOILED } from '../../../sidecar/filter/spoiled-way.ts';
import { type Backend, rawBackend } from '../../support/backend.ts';
import { outlierPlan } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { FaultyWorker, faultRule } from '../../support/faulty-worker.ts';
import { RawClient } from '../../support/http-call.ts';
import { prefix } from '../../support/route-plan.ts';

const connection = (kind: ConnectionFaultKind, afterBytes = 0, over: Partial<FaultRulePlan> = {}): FaultRulePlan =>
  faultRule({ connection: { percent: 100, kind, afterBytes }, ...over });
const response = (over: Partial<ResponseFaultPlan>): FaultRulePlan =>
  faultRule({ response: { ...UNSPOILED, percent: 100, ...over } });

const ANSWER = 'abcdefghij'.repeat(100);

interface Bench {
  readonly worker: FaultyWorker;
  readonly backend: Backend;
}

/** Endpoints that answer each piece that comes with ANSWER, and end with their client. */
async function start(t: TestContext, rule: FaultRulePlan | null, over: Partial<TcpProxyPlan> = {}): Promise<Bench> {
  const backend = await rawBackend(t, (socket) => {
    socket.on('data', () => socket.write(ANSWER));
    socket.on('end', () => socket.end());
  });
  const rules = rule === null ? [] : [rule];
  return { backend, worker: new FaultyWorker(t, [backend.port], rules, {}, { outlier: outlierPlan() }, over) };
}

/** Does not wait for the connection: it may be reset before it stands. */
function client(t: TestContext, { worker }: Bench): RawClient {
  const client = new RawClient(worker.port);
  t.after(() => client.close());
  return client;
}

/** Asks once and ends: what came, how the connection ended and how long it took. */
async function exchange(t: TestContext, bench: Bench): Promise<{ received: string; error: string; ms: number }> {
  const began = performance.now();
  const asking = client(t, bench);
  asking.write('ask');
  asking.socket.end();
  const received = await asking.seesEnd();
  return { received, error: asking.error, ms: performance.now() - began };
}

/** The lease has ended: all is as if there had never been a fault. */
async function gone(t: TestContext, bench: Bench): Promise<void> {
  bench.worker.assign();
  const { received, error, ms } = await exchange(t, bench);
  assert.deepEqual([received, error], [ANSWER, '']);
  assert.ok(ms < 150, `${ms} ms`);
  assert.equal(await bench.worker.logged(), '- 0 1');
}

test('a delay holds the connection to the endpoint back', async (t) => {
  const bench = await start(t, faultRule({ delay: { percent: 100, fixed: 200 } }));
  const { received, ms } = await exchange(t, bench);
  assert.equal(received, ANSWER);
  assert.ok(ms >= 195 && ms < 1_000, `${ms} ms`);
  assert.equal(await bench.worker.logged(), 'DI 0 1');
  assert.equal(bench.worker.injected('delay'), 1);
  await gone(t, bench);
});

for (const at of ['attempt', 'request'] as const) {
  test(`an abort at each ${at} resets the connection of the client, and the endpoint sees nothing`, async (t) => {
    const abort = { percent: 100, status: 503, grpcStatus: null };
    const bench = await start(t, faultRule({ abort, at }));
    const { received, error } = await exchange(t, bench);
    assert.deepEqual([received, error], ['', 'ECONNRESET']);
    assert.match(await bench.worker.logged(), at === 'attempt' ? /^URX,FI 0 1$/ : /^FI 0 0$/);
    assert.equal(bench.backend.requests, 0);
    assert.equal(bench.worker.injected('abort'), 1);
    await gone(t, bench);
  });
}

for (const [kind, flags] of [
  ['connect-failure', 'UF,URX,FI 0 2'],
  ['pool-exhaustion', 'UO,FI 0 1'],
] as const) {
  test(`${kind}: no connection can be had, and others are tried as after a real one`, async (t) => {
    const bench = await start(t, connection(kind), { maxConnectAttempts: 2 });
    const { received } = await exchange(t, bench);
    assert.equal(received, '');
    assert.equal(await bench.worker.logged(), flags);
    assert.equal(bench.backend.requests, 0);
    assert.equal(bench.worker.injected(kind), kind === 'connect-failure' ? 2 : 1);
    await gone(t, bench);
  });
}

test('a black hole swallows what the client sends, until the idle timeout', async (t) => {
  const bench = await start(t, connection('black-hole'), { idleTimeout: 200 });
  const asking = client(t, bench);
  const began = performance.now();
  asking.write('ask');
  assert.equal(await asking.seesEnd(), '');
  const ms = performance.now() - began;
  assert.ok(ms >= 195 && ms < 1_000, `${ms} ms`);
  assert.equal(await bench.worker.logged(), 'FI 0 1');
  assert.equal(bench.backend.requests, 0);
  await gone(t, bench);
});

for (const [kind, passes] of [
  ['reset-before-head', 0],
  ['reset-mid-head', 0],
  ['reset-mid-body', 300],
] as const) {
  test(`${kind}: ${passes} bytes of the endpoint arrive, then the connection is reset`, async (t) => {
    const bench = await start(t, connection(kind, passes));
    const asking = client(t, bench);
    asking.write('ask');
    assert.equal(await asking.seesEnd(), ANSWER.slice(0, passes));
    assert.equal(asking.error, 'ECONNRESET');
    assert.equal(await bench.worker.logged(), 'UC,FI 0 1');
    assert.equal(bench.worker.injected(kind), 1);
    await gone(t, bench);
  });
}

test('bandwidth: 1,000 bytes take 200 ms at 5,000 bytes per second', async (t) => {
  const bench = await start(t, response({ bytesPerSecond: 5_000 }));
  const { received, ms } = await exchange(t, bench);
  assert.equal(received, ANSWER);
  assert.ok(ms >= 195 && ms < 1_000, `${ms} ms`);
  assert.equal(await bench.worker.logged(), 'DI 0 1');
  await gone(t, bench);
});

test('slices: what the endpoint sends comes in pieces, with a pause between them', async (t) => {
  const bench = await start(t, response({ slice: { bytes: 250, pause: 50 } }));
  const asking = client(t, bench);
  const pieces: number[] = [];
  asking.socket.on('data', (chunk) => pieces.push(chunk.length));
  asking.write('ask');
  await asking.sees(ANSWER);
  assert.deepEqual(pieces, [250, 250, 250, 250]);
  asking.socket.end();
  await asking.seesEnd();
  assert.equal(await bench.worker.logged(), 'DI 0 1');
  await gone(t, bench);
});

test('a slow close, a truncated and a corrupted stream', async (t) => {
  const bench = await start(t, response({ slowClose: 200 }));
  const slow = await exchange(t, bench);
  assert.equal(slow.received, ANSWER);
  assert.ok(slow.ms >= 195, `${slow.ms} ms`);
  assert.equal(await bench.worker.logged(), 'DI 0 1');

  bench.worker.assign(response({ truncateAfter: 123 }));
  const { received, error } = await exchange(t, bench);
  assert.deepEqual([received, error], [ANSWER.slice(0, 123), '']);
  assert.equal(await bench.worker.logged(), 'FI 0 1');

  bench.worker.assign(response({ corruptEvery: 100 }));
  const corrupted = await exchange(t, bench);
  assert.equal(corrupted.received.length, ANSWER.length);
  const changed = [...corrupted.received].filter((each, at) => each !== ANSWER[at]);
  assert.equal(changed.length, 10);
  assert.equal(await bench.worker.logged(), 'FI 0 1');
  await gone(t, bench);
});

for (const [what, rule] of [
  ['changed', response({ corruptEvery: 10_000 })],
  ['paced', response({ bytesPerSecond: 1_000_000 })],
] as const) {
  test(`an endpoint that has said all hears the client to its end, though what it said is ${what}`, async (t) => {
    let heard = '';
    let ended = false;
    const backend = await rawBackend(t, (socket) => {
      socket.on('data', (chunk) => {
        if (heard === '') socket.end(ANSWER);
        heard += chunk.toString('latin1');
      });
      socket.on('end', () => {
        ended = true;
      });
    });
    const worker = new FaultyWorker(t, [backend.port], [rule], {}, {}, {});
    const asking = net.connect({ host: '127.0.0.1', port: worker.port, allowHalfOpen: true });
    t.after(() => asking.destroy());
    let received = 0;
    asking.on('data', (chunk) => {
      received += chunk.length;
    });
    asking.write('ask');
    await once(asking, 'end');
    assert.equal(received, ANSWER.length);
    asking.write(' and tell');
    await eventually(() => heard === 'ask and tell');
    asking.end();
    await eventually(() => ended);
    assert.match(await worker.logged(), /^(FI|DI) 0 1$/);
  });
}

test('rules that look for something in a request do not concern connections', async (t) => {
  const abort = { percent: 100, status: 503, grpcStatus: null };
  const bench = await start(t, faultRule({ abort, match: [prefix('/')] }));
  assert.equal((await exchange(t, bench)).received, ANSWER);
  assert.equal(await bench.worker.logged(), '- 0 1');
});

test('no more than the allowed number of connections suffers at once', async (t) => {
  const bench = await start(t, { ...response({ bytesPerSecond: 5_000 }), maxActive: 1 });
  const [one, other] = await Promise.all([exchange(t, bench), exchange(t, bench)]);
  const [fast, slow] = [one.ms, other.ms].sort((left, right) => left - right) as [number, number];
  assert.ok(fast < 150 && slow >= 195, `${fast} and ${slow} ms`);
});

test('injected failures count for ejection, or not', async (t) => {
  const bench = await start(t, connection('connect-failure', 0, { exempt: true }));
  for (let count = 0; count < 6; count += 1) await exchange(t, bench);
  assert.equal(bench.worker.tripped, false);
  bench.worker.assign(connection('connect-failure'));
  for (let count = 0; count < 6; count += 1) await exchange(t, bench);
  assert.equal(bench.worker.tripped, true);
});

test('streams that stand when the lease ends are let go: what was held back comes at once, a black hole breaks', async (t) => {
  const bench = await start(t, response({ bytesPerSecond: 1 }));
  const slow = client(t, bench);
  slow.write('ask');
  await eventually(() => bench.backend.requests === 1);
  bench.worker.assign(connection('black-hole'));
  await slow.sees(ANSWER, 1_000);
  slow.write('again');
  await slow.sees(ANSWER + ANSWER, 1_000);

  const swallowed = client(t, bench);
  swallowed.write('ask');
  await eventually(() => bench.worker.injected('black-hole') === 1);
  bench.worker.assign(faultRule({ delay: { percent: 100, fixed: 60_000 } }));
  const waiting = client(t, bench);
  waiting.write('ask');
  await swallowed.seesEnd(1_000);
  assert.equal(swallowed.error, 'ECONNRESET');
  await eventually(() => bench.worker.injected('delay') === 1);
  bench.worker.assign();
  await waiting.sees(ANSWER, 1_000);
});
