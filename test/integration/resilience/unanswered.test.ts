import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import type net from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ClusterPlan } from '../../../sidecar/core/plan/cluster.ts';
import { deafPort, httpBackend, rawBackend } from '../../support/backend.ts';
import { retryPlan } from '../../support/cluster.ts';
import { clusterPieces, listenerPiece, routePiece, WorkerUnderTest } from '../../support/data-path.ts';
import { call } from '../../support/http-call.ts';
import { forwardPlan, prefix, routePlan } from '../../support/route-plan.ts';

/** As the control plane writes it: of calls to the own program, and of calls without a policy. */
const inbound = ['reset'];
const outbound = ['connect-failure', 'refused-stream', 'reset'];

/** A sidecar that passes everything on to `ports`, and retries by classes what `on` says. */
function hop(
  t: TestContext,
  ports: readonly number[],
  on: readonly string[],
  classes = true,
  protocol: ClusterPlan['protocol'] = 'http1',
): WorkerUnderTest {
  const retry = retryPlan({
    attempts: ports.length === 1 ? 1 : 2,
    on,
    classes,
    avoidTried: true,
    hostSelectionAttempts: 3,
  });
  return new WorkerUnderTest(t, [
    ...clusterPieces('cart', 0, ports, { protocol }),
    routePiece([routePlan('cart', prefix('/'), { action: forwardPlan({ retry }) })]),
    listenerPiece({}, on === inbound ? 'inbound' : 'outbound'),
  ]);
}

const breaksOff = (socket: net.Socket): void => {
  socket.once('data', () => socket.resetAndDestroy());
};
const post = { method: 'POST', body: 'pay 100' };

test('a program that is gone while its sidecar stays costs no request: any method goes to another instance', async (t) => {
  const well = await httpBackend(t, (request, response) => request.pipe(response));
  const hops = [hop(t, [await deafPort()], inbound), hop(t, [well.port], inbound)];
  const caller = hop(
    t,
    hops.map(({ port }) => port),
    outbound,
  );
  for (let request = 0; request < 20; request += 1) {
    assert.equal((await call(caller.port)).status, 200);
    const posted = await call(caller.port, post);
    assert.equal(posted.status, 200);
    assert.equal(posted.body, 'pay 100');
  }
  assert.equal(well.requests, 40);
});

test('behind a program that breaks off, what may be repeated goes to another instance, and nothing else does', async (t) => {
  const [well, broken] = [await httpBackend(t), await rawBackend(t, breaksOff)];
  const hops = [hop(t, [broken.port], inbound), hop(t, [well.port], inbound)];
  const caller = hop(
    t,
    hops.map(({ port }) => port),
    outbound,
  );
  for (let request = 0; request < 20; request += 1) assert.equal((await call(caller.port)).status, 200);
  const before = broken.requests + well.requests;
  const statuses: number[] = [];
  for (let request = 0; request < 20; request += 1) statuses.push((await call(caller.port, post)).status);
  assert.equal(broken.requests + well.requests - before, 20);
  assert.ok(statuses.includes(503) && statuses.includes(200), statuses.join(' '));
});

test('that nobody answered is for sidecars: their clients do not see it, and neither does plain xDS act by it', async (t) => {
  const alone = hop(t, [await deafPort()], inbound);
  const direct = await call(alone.port);
  assert.equal(direct.headers['x-aya-unanswered'], 'unsent');
  // The retry went to the same program: that is no reason for others not to ask another one.
  assert.equal(direct.headers['x-aya-no-retry'], undefined);
  const broken = hop(t, [(await rawBackend(t, breaksOff)).port], inbound);
  assert.equal((await call(broken.port, post)).headers['x-aya-unanswered'], 'sent');
  const [second, third] = [hop(t, [await deafPort()], inbound), hop(t, [await deafPort()], inbound)];
  const ports = [alone.port, second.port, third.port];
  const spent = await call(hop(t, ports, outbound).port);
  assert.equal(spent.status, 503);
  assert.equal(spent.headers['x-aya-unanswered'], undefined);
  assert.equal(spent.headers['x-aya-no-retry'], '1');
  const plain = await call(hop(t, ports, outbound, false).port);
  assert.equal(plain.headers['x-aya-unanswered'], 'unsent');
  assert.equal(plain.headers['x-envoy-attempt-count'], undefined);
});

test('a program is not told that nobody answered it: when it copies what it got, it is not asked twice', async (t) => {
  const away = hop(t, [await deafPort()], outbound);
  const shop = await httpBackend(t, async (request, response) => {
    request.resume();
    const { headers, status } = await call(away.port, post);
    response.writeHead(status, headers).end();
  });
  const caller = hop(t, [hop(t, [shop.port], inbound).port, hop(t, [shop.port], inbound).port], outbound);
  assert.equal((await call(caller.port, post)).status, 503);
  assert.equal(shop.requests, 1);
});

test('a gRPC service that is gone while its sidecar stays costs no call', async (t) => {
  const service = http2.createServer();
  service.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.resume().end();
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = service.address() as net.AddressInfo;
  const hops = [await deafPort(), port].map((each) => hop(t, [each], inbound, true, 'http2'));
  const ports = hops.map((each) => each.port);
  const client = http2.connect(`http://127.0.0.1:${hop(t, ports, outbound, true, 'http2').port}`);
  t.after(() => {
    client.destroy();
    service.close();
  });
  for (let each = 0; each < 20; each += 1) {
    const stream = client.request({ ':method': 'POST', ':path': '/Cart/Add', 'content-type': 'application/grpc' });
    stream.end(Buffer.alloc(5));
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    stream.resume();
    const trailers = head['grpc-status'] === undefined ? ((await once(stream, 'trailers')) as [typeof head])[0] : head;
    assert.equal(trailers['grpc-status'], '0');
  }
});
