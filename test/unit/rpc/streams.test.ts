import assert from 'node:assert/strict';
import net from 'node:net';
import { type TestContext, test } from 'node:test';
import { Client, credentials, type StatusObject, status } from '@grpc/grpc-js';
import { type Channel, type ConnectOptions, connect } from '../../../shared/rpc/client.ts';
import type { Keepalive } from '../../../shared/rpc/options.ts';
import { createRpcServer, type Handlers, type ServerStream } from '../../../shared/rpc/server.ts';
import type { Status } from '../../../shared/rpc/status.ts';
import { systemClock } from '../../../shared/time/clock.ts';
import { encode, pack, unpack } from '../../../shared/xds/codec.ts';
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  RegisterRequest,
} from '../../../shared/xds/messages.gen.ts';
import { CLUSTER } from '../../../shared/xds/type-url.ts';
import { eventually } from '../../support/eventually.ts';

const cluster = 'envoy.config.cluster.v3.Cluster';
const deltaResponse = 'envoy.service.discovery.v3.DeltaDiscoveryResponse';

async function serve(t: TestContext, handlers: Handlers, keepalive?: Keepalive): Promise<string> {
  const server = createRpcServer(handlers, systemClock, keepalive);
  const port = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  return `127.0.0.1:${port}`;
}

function dial(t: TestContext, address: string, options?: ConnectOptions): Channel {
  const channel = connect(address, options);
  t.after(() => channel.close());
  return channel;
}

/** Opens a delta stream and keeps what arrives. */
function openDelta(channel: Channel) {
  const got: DeltaDiscoveryResponse[] = [];
  const ends: Status[] = [];
  const stream = channel.open('DeltaAggregatedResources', {
    onMessage: (message) => got.push(message),
    onEnd: (status) => ends.push(status),
  });
  return { stream, got, ends };
}

test('a delta request arrives decoded, and the bytes of the response arrive as a message', async (t) => {
  const requests: DeltaDiscoveryRequest[] = [];
  const streams: ServerStream[] = [];
  const address = await serve(t, {
    DeltaAggregatedResources: (stream) => {
      streams.push(stream);
      return {
        onMessage(request) {
          requests.push(request);
          const resource = pack(cluster, { name: 'cart.shop:80', type: 'EDS' });
          const resources = [{ name: 'cart.shop:80', version: '1', resource, ttl: { seconds: 3 } }];
          stream.write(encode(deltaResponse, { type_url: CLUSTER, nonce: '1', resources }));
        },
        onClose() {},
      };
    },
  });
  const { stream, got } = openDelta(dial(t, address));
  stream.write({ node: { id: 'web-1' }, type_url: CLUSTER, initial_resource_versions: { a: '7' } });

  const response = await eventually(() => got[0]);
  const [resource] = response.resources;
  assert.equal(response.nonce, '1');
  assert.deepEqual(resource?.ttl, { seconds: 3, nanos: 0 });
  assert.ok(resource?.resource);
  assert.equal(unpack(cluster, resource.resource).name, 'cart.shop:80');
  assert.deepEqual(requests[0]?.initial_resource_versions, { a: '7' });
  assert.deepEqual(requests[0]?.resource_names_subscribe, []);
  assert.equal(requests[0]?.node?.id, 'web-1');
  assert.equal(streams[0]?.peer.address, '127.0.0.1');
  assert.ok((streams[0]?.peer.port ?? 0) > 0);
});

test('a workload registers over the same server', async (t) => {
  const requests: RegisterRequest[] = [];
  const address = await serve(t, {
    Register: (stream) => ({
      onMessage(request) {
        requests.push(request);
        stream.write(encode('aya.v1.RegisterResponse', { lease: 'l1', observed_address: stream.peer.address }));
      },
      onClose() {},
    }),
  });
  const leases: string[] = [];
  const channel = dial(t, address);
  const stream = channel.open('Register', {
    onMessage: ({ lease = '', observed_address = '' }) => leases.push(`${lease}@${observed_address}`),
    onEnd() {},
  });
  stream.write({ workload: { service: 'cart', ports: [{ name: 'http', port: 15006, service_port: 80 }] } });
  assert.equal(await eventually(() => leases[0]), 'l1@127.0.0.1');
  assert.deepEqual(requests[0]?.workload?.ports, [{ name: 'http', port: 15006, service_port: 80 }]);
});

test('both sides hear once that the client cancelled', async (t) => {
  let closed = 0;
  let opened = 0;
  const address = await serve(t, {
    DeltaAggregatedResources: () => {
      opened += 1;
      return { onMessage() {}, onClose: () => (closed += 1) };
    },
  });
  const { stream, ends } = openDelta(dial(t, address));
  stream.write({});
  await eventually(() => opened === 1);
  stream.cancel();
  stream.cancel();
  stream.write({});
  await eventually(() => closed === 1 && ends.length === 1);
  assert.equal(ends[0]?.code, 'CANCELLED');
});

test('an error of the server reaches the client with its words, after what was written before', async (t) => {
  let closed = 0;
  const address = await serve(t, {
    DeltaAggregatedResources: (stream) => ({
      onMessage() {
        stream.write(encode(deltaResponse, { nonce: 'last words' }));
        stream.fail('PERMISSION_DENIED', 'not for you');
        stream.write(encode(deltaResponse, { nonce: 'too late' }));
      },
      onClose: () => (closed += 1),
    }),
  });
  const { stream, got, ends } = openDelta(dial(t, address));
  stream.write({});
  assert.deepEqual(await eventually(() => ends[0]), { code: 'PERMISSION_DENIED', details: 'not for you' });
  assert.deepEqual(
    got.map(({ nonce }) => nonce),
    ['last words'],
  );
  await eventually(() => closed === 1);
});

test('a client that sends no more is answered, and the stream ends with OK', async (t) => {
  let closed = 0;
  const address = await serve(t, {
    DeltaAggregatedResources: (stream) => ({
      onMessage: () => void stream.write(encode(deltaResponse, { nonce: 'n' })),
      onClose: () => (closed += 1),
    }),
  });
  const { stream, got, ends } = openDelta(dial(t, address));
  stream.write({});
  stream.end();
  assert.deepEqual(await eventually(() => ends[0]), { code: 'OK', details: 'OK' });
  assert.equal(got.length, 1);
  await eventually(() => closed === 1);
});

test('nobody there, and a method that nobody serves, are ends of the stream', async (t) => {
  const free = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => free.once('listening', resolve));
  const { port } = free.address() as net.AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const nobody = openDelta(dial(t, `127.0.0.1:${port}`));
  assert.equal((await eventually(() => nobody.ends[0])).code, 'UNAVAILABLE');

  const address = await serve(t, { Register: () => ({ onMessage() {}, onClose() {} }) });
  const unserved = openDelta(dial(t, address));
  assert.equal((await eventually(() => unserved.ends[0])).code, 'UNIMPLEMENTED');
});

test('the same channel reaches a server that came later', async (t) => {
  const server = createRpcServer({}, systemClock);
  const port = await server.listen('127.0.0.1', 0);
  await server.close(0);
  const channel = dial(t, `127.0.0.1:${port}`);
  const tooEarly = openDelta(channel);
  assert.equal((await eventually(() => tooEarly.ends[0])).code, 'UNAVAILABLE');

  const later = createRpcServer(
    {
      DeltaAggregatedResources: (stream) => ({
        onMessage: () => void stream.write(encode(deltaResponse, { nonce: 'here' })),
        onClose() {},
      }),
    },
    systemClock,
  );
  await later.listen('127.0.0.1', port);
  t.after(() => later.close(0));
  let attempt = openDelta(channel);
  attempt.stream.write({});
  await eventually(() => {
    if (attempt.ends.length > 0) {
      attempt = openDelta(channel);
      attempt.stream.write({});
    }
    return attempt.got[0]?.nonce === 'here';
  });
});

test('an address in use is told in a sentence', async (t) => {
  const first = createRpcServer({}, systemClock);
  const port = await first.listen('127.0.0.1', 0);
  t.after(() => first.close(0));
  const second = createRpcServer({}, systemClock);
  await assert.rejects(second.listen('127.0.0.1', port), {
    message: `cannot listen on 127.0.0.1:${port}: the address is in use`,
  });
  await second.close(0);
});

/** A relay to `address` that can hold all bytes back, and let them go again. */
async function relayTo(t: TestContext, address: string) {
  const pairs: [net.Socket, net.Socket][] = [];
  const server = net.createServer((down) => {
    const up = net.connect(Number(address.split(':')[1]), '127.0.0.1');
    pairs.push([down, up]);
    for (const socket of [down, up]) socket.on('error', () => {});
    down.pipe(up).pipe(down);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of pairs.flat()) socket.destroy();
    server.close();
  });
  return {
    address: `127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    hold() {
      for (const socket of pairs.flat()) socket.unpipe().pause();
    },
    release() {
      for (const [down, up] of pairs) down.pipe(up).pipe(down);
    },
  };
}

test('a client that does not read makes write say false, and reading again drains', async (t) => {
  const chunk = encode(deltaResponse, { nonce: 'x'.repeat(256 * 1024) });
  let drained = 0;
  let target: ServerStream | undefined;
  const address = await serve(t, {
    DeltaAggregatedResources: (stream) => {
      target = stream;
      return { onMessage() {}, onDrain: () => (drained += 1), onClose() {} };
    },
  });
  const relay = await relayTo(t, address);
  const { stream, got } = openDelta(dial(t, relay.address));
  stream.write({});
  const server = await eventually(() => target);
  relay.hold();
  const answers = Array.from({ length: 20 }, () => server.write(chunk));
  assert.equal(answers.at(-1), false);
  assert.deepEqual([drained, got.length], [0, 0]);
  relay.release();
  await eventually(() => got.length === 20 && drained === 1);
});

test('both ends notice a peer that fell silent, by keepalive', async (t) => {
  let closed = 0;
  let opened = 0;
  const keepalive = { time: 200, timeout: 200 };
  const handlers: Handlers = {
    DeltaAggregatedResources: () => {
      opened += 1;
      return { onMessage() {}, onClose: () => (closed += 1) };
    },
  };
  const relay = await relayTo(t, await serve(t, handlers, keepalive));
  const { stream, ends } = openDelta(dial(t, relay.address, { keepalive }));
  stream.write({});
  await eventually(() => opened === 1);
  relay.hold();
  await eventually(() => closed === 1 && ends[0]?.code === 'UNAVAILABLE');
});

test('a server that shuts down tells its clients, and is gone when its time of grace is over', async () => {
  const server = createRpcServer(
    {
      DeltaAggregatedResources: (stream) => ({
        onMessage: () => void stream.write(encode(deltaResponse, { nonce: 'n' })),
        onClose() {},
      }),
    },
    systemClock,
  );
  const port = await server.listen('127.0.0.1', 0);
  const channel = connect(`127.0.0.1:${port}`);
  const { stream, got, ends } = openDelta(channel);
  stream.write({});
  await eventually(() => got.length === 1);
  const begun = performance.now();
  await server.close(2_000);
  assert.ok(performance.now() - begun < 3_000);
  assert.equal((await eventually(() => ends[0])).code, 'UNAVAILABLE');
  channel.close();
});

test('bytes that are no message end the stream, not the server', async (t) => {
  const address = await serve(t, { Register: () => ({ onMessage() {}, onClose() {} }) });
  const client = new Client(address, credentials.createInsecure());
  t.after(() => client.close());
  const call = client.makeBidiStreamRequest(
    '/aya.v1.WorkloadRegistry/Register',
    (bytes: Buffer) => bytes,
    (bytes) => bytes,
  );
  const codes: number[] = [];
  call.on('error', () => {});
  call.on('status', ({ code }: StatusObject) => codes.push(code));
  call.write(Buffer.from([0x0a, 0xff]));
  await eventually(() => codes.length === 1);
  assert.equal(codes[0], status.INTERNAL);
});
