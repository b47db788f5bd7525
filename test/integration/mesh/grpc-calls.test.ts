/** What a mesh does with the calls of one gRPC client, through the caller's sidecar and the service's. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceError,
  type sendUnaryData,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { type GrpcBackend, startGrpcBackend } from '../../support/grpc-backend.ts';
import { type GrpcTestServer, methods, startGrpcTestServer } from '../../support/grpc-test-service.ts';
import { Mesh } from '../../support/mesh.ts';
import type { Sidecar } from '../../support/sidecar.ts';

const asIs = (bytes: Buffer): Buffer => bytes;
const grpc = ['--protocol', 'grpc'];

let mesh: Mesh;
let caller: Sidecar;
let backends: GrpcBackend[];
let interop: GrpcTestServer;
const clients: Client[] = [];

before(async () => {
  mesh = await Mesh.start();
  backends = await Promise.all(['one', 'two', 'three'].map((name) => startGrpcBackend(name)));
  interop = await startGrpcTestServer();
  await Promise.all(backends.map(({ port }, nth) => mesh.sidecar('cart', port, { name: `cart-${nth}`, flags: grpc })));
  await mesh.sidecar('echo', interop.port, { flags: grpc });
  caller = await mesh.sidecar('web', null);
  await Promise.all([mesh.endpoints('cart', 3), mesh.endpoints('echo', 1)]);
});
after(async () => {
  for (const each of clients) each.close();
  for (const each of backends) each.stop();
  interop.stop();
  await mesh.stop();
});

function client(authority: string): Client {
  const made = new Client(`127.0.0.1:${caller.port('outbound')}`, credentials.createInsecure(), {
    'grpc.default_authority': authority,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_retries': 0,
  });
  clients.push(made);
  return made;
}

interface Answer {
  readonly code: number;
  readonly text: string;
}

const unary = (by: Client, path: string, body = Buffer.alloc(0)): Promise<Answer> =>
  new Promise((resolve) => {
    by.makeUnaryRequest(path, asIs, asIs, body, new Metadata(), {}, (error: ServiceError | null, answer?: Buffer) =>
      resolve({ code: error?.code ?? 0, text: String(answer ?? '') }),
    );
  });

test('the calls of one connection are spread over three backends', async () => {
  const one = client('cart');
  const counts: Record<string, number> = {};
  for (let nth = 0; nth < 60; nth += 1) {
    const { code, text } = await unary(one, '/test.Greeter/Hello');
    assert.equal(code, 0);
    counts[text] = (counts[text] ?? 0) + 1;
  }
  assert.equal(await caller.stat('http.outbound.downstream_cx_http2_total'), 1);
  for (const name of ['one', 'two', 'three']) assert.ok((counts[name] ?? 0) >= 8, JSON.stringify(counts));
});

test('both directions of a stream are live at once: each message is answered before the next is sent', async (t) => {
  const call = client('echo').makeBidiStreamRequest(methods.duplex.path, asIs, asIs);
  const times: number[] = [];
  let sent = performance.now();
  call.write(Buffer.from('0'));
  for await (const chunk of call) {
    times.push(performance.now() - sent);
    assert.equal(String(chunk), String(times.length - 1));
    if (times.length === 50) call.end();
    else {
      sent = performance.now();
      call.write(Buffer.from(String(times.length)));
    }
  }
  assert.equal(times.length, 50);
  times.sort((a, b) => a - b);
  t.diagnostic(
    `round trip through two sidecars: ${times[0]?.toFixed(2)} ms at best, median ${times[25]?.toFixed(2)} ms`,
  );
  // A piece that waited for the next, or for a timer, would take ten times as long.
  assert.ok((times[0] ?? 0) < 10);
});

test('a server that answers before the request ends, and goes on, is heard at once', async () => {
  const call = client('echo').makeBidiStreamRequest(methods.duplex.path, asIs, asIs);
  const began = performance.now();
  call.write(Buffer.from('x'));
  await new Promise((resolve) => call.once('data', resolve));
  assert.ok(performance.now() - began < 2_000);
  call.cancel();
  await new Promise((resolve) => call.once('error', resolve));
});

test('a policy names the statuses that are repeated, also when grpc-js sends its head first', async (t) => {
  const server = new Server();
  let calls = 0;
  const flaky = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void => {
    calls += 1;
    call.sendMetadata(new Metadata());
    if (calls % 3 === 0) answer(null, Buffer.from('at last'));
    else answer({ code: call.request[0] ?? 14, details: 'not now' });
  };
  server.addService({ Flaky: methods.unary }, { Flaky: flaky as unknown as UntypedHandleCall });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  t.after(() => server.forceShutdown());
  await mesh.sidecar('flaky', port, { flags: grpc });
  await mesh.endpoints('flaky', 1);
  const retry = {
    attempts: 2,
    on: ['unavailable'],
    budget: { percent: 100, minPerSecond: 100 },
    backoff: { base: '1ms' },
  };
  await mesh.program({
    apiVersion: 'aya.dev/v1alpha1',
    kind: 'TrafficPolicy',
    metadata: { name: 'flaky', namespace: 'default' },
    spec: { targetRefs: [{ group: '', kind: 'Service', name: 'flaky' }], retry },
  });
  const by = client('flaky');
  assert.deepEqual(await unary(by, methods.unary.path, Buffer.from([14])), { code: 0, text: 'at last' });
  assert.equal(calls, 3);
  assert.equal((await unary(by, methods.unary.path, Buffer.from([9]))).code, 9);
  assert.equal(calls, 4);
});
