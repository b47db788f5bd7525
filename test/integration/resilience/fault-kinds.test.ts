import assert from 'node:assert/strict';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ConnectionFaultKind, FaultRulePlan, ResponseFaultPlan } from '../../../sidecar/core/plan/fault.ts';
import type { ForwardPlan } from '../../../sidecar/core/plan/route.ts';
import { UNSPOILED } from '../../../sidecar/filter/spoiled-way.ts';
import { type Backend, httpBackend } from '../../support/backend.ts';
import { outlierPlan, retryPlan } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { FaultyWorker, faultRule } from '../../support/faulty-worker.ts';
import { call, RawClient } from '../../support/http-call.ts';

const connection = (kind: ConnectionFaultKind, afterBytes = 0, over: Partial<FaultRulePlan> = {}): FaultRulePlan =>
  faultRule({ connection: { percent: 100, kind, afterBytes }, ...over });
const response = (over: Partial<ResponseFaultPlan>): FaultRulePlan =>
  faultRule({ response: { ...UNSPOILED, percent: 100, ...over } });

const BODY = 'abcdefghij'.repeat(100);

interface Bench {
  readonly worker: FaultyWorker;
  readonly backend: Backend;
  timed(method?: string): Promise<{ result: Awaited<ReturnType<typeof call>>; ms: number }>;
}

async function start(t: TestContext, rule: FaultRulePlan, route: Partial<ForwardPlan> = {}): Promise<Bench> {
  const backend = await httpBackend(t, (request, answer) => {
    request.resume();
    request.on('end', () => answer.writeHead(200, { 'content-length': BODY.length, 'x-old': '1' }).end(BODY));
  });
  const worker = new FaultyWorker(t, [backend.port], [rule], route);
  return {
    worker,
    backend,
    async timed(method = 'GET') {
      const began = performance.now();
      const result = await call(worker.port, { method, ...(method === 'POST' ? { body: 'order' } : {}) });
      return { result, ms: performance.now() - began };
    },
  };
}

/** The lease has ended: all is as if there had never been a fault. */
async function gone({ timed, worker }: Bench): Promise<void> {
  worker.assign();
  const { result, ms } = await timed();
  assert.deepEqual([result.status, result.body, result.truncated], [200, BODY, false]);
  assert.ok(ms < 100, `${ms} ms`);
  assert.equal(await worker.logged(), '- 200 1');
}

for (const [kind, flags, reaches] of [
  ['connect-failure', 'UF,FI', 0],
  ['pool-exhaustion', 'UO,FI', 0],
  ['reset-before-head', 'UC,FI', 1],
  ['reset-mid-head', 'UC,FI', 1],
] as const) {
  test(`${kind}: 503 with ${flags}, and the endpoint sees ${reaches} requests`, async (t) => {
    const bench = await start(t, connection(kind));
    const { result } = await bench.timed('POST');
    assert.equal(result.status, 503);
    assert.match(result.body, /^injected: /);
    assert.equal(await bench.worker.logged(), `${flags} 503 1`);
    assert.equal(bench.backend.requests, reaches);
    assert.equal(bench.worker.injected(kind), 1);
    await gone(bench);
  });
}

test('reset-mid-body: head and so many bytes arrive, then the connection breaks', async (t) => {
  const bench = await start(t, connection('reset-mid-body', 300));
  const { result } = await bench.timed();
  assert.deepEqual([result.status, result.body, result.truncated], [200, BODY.slice(0, 300), true]);
  assert.equal(await bench.worker.logged(), 'UC,FI 200 1');
  assert.equal(bench.worker.injected('reset-mid-body'), 1);
  await gone(bench);
});

test('a black hole keeps the request until its timeout, and the endpoint never sees it', async (t) => {
  const bench = await start(t, connection('black-hole'), { timeout: 200 });
  const { result, ms } = await bench.timed('POST');
  assert.equal(result.status, 504);
  assert.ok(ms >= 195 && ms < 1_000, `${ms} ms`);
  assert.equal(await bench.worker.logged(), 'UT,FI 504 1');
  assert.equal(bench.backend.requests, 0);
  assert.equal(bench.worker.injected('black-hole'), 1);
  await gone(bench);
});

test('retries see injected connection failures as real ones, and classes hold: what was sent is repeated by method', async (t) => {
  const retry = retryPlan({ on: ['connect-failure', 'reset'], classes: true, attempts: 1 });
  const bench = await start(t, connection('connect-failure'), { retry });
  await bench.timed('POST');
  assert.equal(await bench.worker.logged(), 'UF,URX,FI 503 2');
  bench.worker.assign(connection('reset-before-head'));
  await bench.timed('POST');
  assert.equal(await bench.worker.logged(), 'UC,FI 503 1');
  assert.equal(bench.backend.requests, 1);
  await bench.timed('GET');
  assert.equal(await bench.worker.logged(), 'URX,UC,FI 503 2');
  assert.equal(bench.backend.requests, 3);
});

test('bandwidth: a body of 1,000 bytes takes 200 ms at 5,000 bytes per second', async (t) => {
  const bench = await start(t, response({ bytesPerSecond: 5_000 }));
  const { result, ms } = await bench.timed();
  assert.deepEqual([result.body, result.truncated], [BODY, false]);
  assert.ok(ms >= 195 && ms < 600, `${ms} ms`);
  assert.equal(await bench.worker.logged(), 'DI 200 1');
  assert.equal(bench.worker.injected('bandwidth'), 1);
  await gone(bench);
});

test('slices: the body comes in pieces with a pause between them', async (t) => {
  const bench = await start(t, response({ slice: { bytes: 250, pause: 30 } }));
  const client = await RawClient.connect(bench.worker.port);
  t.after(() => client.close());
  const pieces: number[] = [];
  client.socket.on('data', (chunk) => pieces.push(chunk.length));
  const began = performance.now();
  client.write('GET / HTTP/1.1\r\nHost: cart\r\nConnection: close\r\n\r\n');
  const got = await client.seesEnd();
  assert.ok(got.endsWith(`\r\n\r\n${BODY}`));
  assert.ok(performance.now() - began >= 85);
  assert.deepEqual(pieces.slice(1), [250, 250, 250]);
  assert.equal(await bench.worker.logged(), 'DI 200 1');
  assert.equal(bench.worker.injected('slice'), 1);
  await gone(bench);
});

test('slow close: all but the last byte is there at once', async (t) => {
  const bench = await start(t, response({ slowClose: 150 }));
  const client = await RawClient.connect(bench.worker.port);
  t.after(() => client.close());
  const began = performance.now();
  client.write('GET / HTTP/1.1\r\nHost: cart\r\n\r\n');
  await client.sees(BODY.slice(0, -1));
  assert.ok(!client.received.endsWith(BODY));
  const early = performance.now() - began;
  await client.sees(BODY);
  const late = performance.now() - began;
  assert.ok(early < 140 && late >= 145, `${early} and ${late} ms`);
  assert.equal(await bench.worker.logged(), 'DI 200 1');
  assert.equal(bench.worker.injected('slow-close'), 1);
  await gone(bench);
});

test('truncation: the body ends as if whole, and the client cannot notice', async (t) => {
  const bench = await start(t, response({ truncateAfter: 123 }));
  const { result } = await bench.timed();
  assert.deepEqual([result.body, result.truncated], [BODY.slice(0, 123), false]);
  assert.equal(result.headers['content-length'], undefined);
  assert.equal(await bench.worker.logged(), 'FI 200 1');
  assert.equal(bench.worker.injected('truncate'), 1);
  await gone(bench);
});

test('corruption: one byte in each run is inverted, the same ones for the same seed', async (t) => {
  const rule = { ...response({ corruptEvery: 100 }), seed: 7 };
  const bench = await start(t, rule);
  const first = (await bench.timed()).result.body;
  assert.equal(first.length, BODY.length);
  const wrong = [...first].flatMap((each, at) => (each === BODY[at] ? [] : [at]));
  assert.deepEqual(
    wrong.map((at) => Math.floor(at / 100)),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  for (const at of wrong) assert.equal(first.charCodeAt(at), BODY.charCodeAt(at) ^ 0xff);
  assert.equal(await bench.worker.logged(), 'FI 200 1');
  bench.worker.assign(rule);
  assert.equal((await bench.timed()).result.body, first);
  assert.equal(await bench.worker.logged(), 'FI 200 1');
  assert.equal(bench.worker.injected('corrupt'), 2);
  await gone(bench);
});

test('headers of the response are changed and taken out', async (t) => {
  const bench = await start(t, response({ setHeaders: [['x-new', '2']], removeHeaders: ['x-old'] }));
  const { result } = await bench.timed();
  assert.deepEqual([result.headers['x-new'], result.headers['x-old'], result.body], ['2', undefined, BODY]);
  assert.equal(await bench.worker.logged(), 'FI 200 1');
  assert.equal(bench.worker.injected('headers'), 1);
  await gone(bench);
});

test('trailers are dropped, of HTTP/2 too', async (t) => {
  const server = http2.createServer();
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end('body');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const worker = new FaultyWorker(t, [port], [response({ dropTrailers: true })], {}, { protocol: 'http2' });
  const client = http2.connect(`http://127.0.0.1:${worker.port}`);
  t.after(() => client.destroy());
  const trailers = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const stream = client.request({ ':path': '/' });
      let seen: unknown;
      stream.on('trailers', (each) => {
        seen = each['grpc-status'];
      });
      stream
        .resume()
        .on('error', reject)
        .on('close', () => resolve(seen));
    });
  assert.equal(await trailers(), undefined);
  assert.equal(await worker.logged(), 'FI 200 1');
  assert.equal(worker.injected('drop-trailers'), 1);
  worker.assign();
  assert.equal(await trailers(), '0');
});

test('delays of a distribution hold the request as long as is drawn', async (t) => {
  const delay = { percent: 100, fixed: 0, spread: { kind: 'uniform', min: 100, max: 150 } } as const;
  const bench = await start(t, faultRule({ delay }));
  const { ms } = await bench.timed();
  assert.ok(ms >= 95 && ms < 300, `${ms} ms`);
  assert.equal(await bench.worker.logged(), 'DI 200 1');
  assert.equal(bench.worker.injected('delay'), 1);
  await gone(bench);
});

test('drawn per request, a fault is on every attempt of it', async (t) => {
  const retry = retryPlan({ on: ['connect-failure'], attempts: 2, backoffBase: 1, backoffMax: 1 });
  const bench = await start(t, connection('connect-failure', 0, { at: 'request' }), { retry });
  await bench.timed();
  assert.equal(await bench.worker.logged(), 'UF,URX,FI 503 3');
  assert.equal(bench.worker.injected('connect-failure'), 1);
  await gone(bench);
});

test('injected failures count for ejection, unless they are exempt', async (t) => {
  const { port } = await httpBackend(t);
  for (const exempt of [false, true]) {
    const faults: FaultRulePlan[] = [
      connection('connect-failure'),
      faultRule({ abort: { percent: 100, status: 503, grpcStatus: null } }),
    ];
    for (const fault of faults) {
      const worker = new FaultyWorker(
        t,
        [port],
        [{ ...fault, exempt }],
        {},
        { outlier: outlierPlan({ consecutive5xx: 3 }) },
      );
      for (let count = 0; count < 3; count += 1) assert.equal((await call(worker.port)).status, 503);
      assert.equal(worker.tripped, !exempt, `exempt ${exempt}`);
    }
  }
});

test('a request that is repeated after the lease meets no black hole again', async (t) => {
  const hole = connection('black-hole', 0, { at: 'request' });
  const bench = await start(t, hole, { retry: retryPlan({ on: ['reset'] }) });
  const asked = bench.timed();
  await eventually(() => bench.worker.injected('black-hole') === 1);
  bench.worker.assign();
  const { result, ms } = await asked;
  assert.equal(result.status, 200);
  assert.ok(ms < 2_000, `${ms} ms`);
  assert.equal(await bench.worker.logged(), 'FI 200 2');
});
