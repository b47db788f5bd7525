import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../shared/log/log.ts';
import { createRpcServer, type ServerStream } from '../../../shared/rpc/server.ts';
import { seededRandom } from '../../../shared/struct/random.ts';
import { systemClock } from '../../../shared/time/clock.ts';
import { encode } from '../../../shared/xds/codec.ts';
import type { DeltaDiscoveryRequest, RegisterRequest } from '../../../shared/xds/messages.gen.ts';
import { PersistentStream } from '../../../sidecar/discovery/persistent-stream.ts';
import { Registration } from '../../../sidecar/discovery/registration.ts';
import { eventually } from '../../support/eventually.ts';

const around = { clock: systemClock, random: seededRandom(1), log: silentLog };

/** A server that remembers its streams and answers the first message of each. */
async function server(name: string, port = 0) {
  const streams: {
    stream: ServerStream;
    discovery: DeltaDiscoveryRequest[];
    register: RegisterRequest[];
    open: boolean;
  }[] = [];
  const begin = (stream: ServerStream) => {
    const entry = { stream, discovery: [], register: [], open: true } as (typeof streams)[number];
    streams.push(entry);
    return entry;
  };
  const rpc = createRpcServer(
    {
      DeltaAggregatedResources(stream) {
        const entry = begin(stream);
        return {
          onMessage(request) {
            entry.discovery.push(request);
            stream.write(encode('envoy.service.discovery.v3.DeltaDiscoveryResponse', { nonce: name }));
          },
          onClose: () => (entry.open = false),
        };
      },
      Register(stream) {
        const entry = begin(stream);
        return {
          onMessage(request) {
            entry.register.push(request);
            if (request.workload)
              stream.write(encode('aya.v1.RegisterResponse', { lease: name, grace: { seconds: 5 } }));
          },
          onClose: () => (entry.open = false),
        };
      },
    },
    systemClock,
  );
  const bound = await rpc.listen('127.0.0.1', port);
  return { streams, port: bound, close: () => rpc.close(0) };
}

test('a broken stream is made again, to the next server when one is gone, and back', async (t) => {
  const [one, two] = [await server('one'), await server('two')];
  const heard: string[] = [];
  let opened = 0;
  const stream: PersistentStream<'DeltaAggregatedResources'> = new PersistentStream(
    'DeltaAggregatedResources',
    [one, two].map(({ port }) => ({ host: '127.0.0.1', port })),
    around,
    {
      onOpen() {
        opened += 1;
        stream.send({ type_url: `stream ${opened}` });
      },
      onMessage: (message) => heard.push(message.nonce ?? ''),
      onClose() {},
    },
  );
  t.after(async () => {
    stream.stop();
    await two.close();
  });
  assert.equal(stream.server, '');
  stream.start();
  await eventually(() => heard.at(-1) === 'one');
  assert.equal(stream.server, `127.0.0.1:${one.port}`);
  await one.close();
  await eventually(() => heard.at(-1) === 'two');
  assert.equal(stream.server, `127.0.0.1:${two.port}`);
  const again = await server('one again', one.port);
  t.after(() => again.close());
  two.streams.at(-1)?.stream.fail('UNAVAILABLE', 'go away');
  await eventually(() => heard.at(-1) === 'one again');
});

test('a workload is registered again after a break, and not any more once it is withdrawn', async (t) => {
  const plane = await server('lease');
  t.after(() => plane.close());
  const workload = { node_id: 'n', namespace: 'default', service: 'cart', ports: [{ port: 1, service_port: 80 }] };
  const told = [{ cluster: 'c', address: '127.0.0.1:2', failed_check: true }];
  const registration = new Registration(
    { node: 'n', workload, health: () => told },
    [{ host: '127.0.0.1', port: plane.port }],
    around,
  );
  t.after(() => registration.stop());
  registration.start();
  await eventually(() => registration.lease === 'lease');
  assert.equal(plane.streams[0]?.register[0]?.workload?.service, 'cart');
  assert.equal(plane.streams[0]?.register[0]?.health[0]?.address, '127.0.0.1:2');
  plane.streams[0]?.stream.fail('UNAVAILABLE', 'restart');
  await eventually(() => plane.streams[1]?.register[0]?.workload?.service === 'cart');
  await eventually(() => registration.lease === 'lease');
  registration.report([{ cluster: 'c', address: '127.0.0.1:1', ejected: true }]);
  registration.withdraw();
  await eventually(() => plane.streams[1]?.register.at(-1)?.withdraw === true);
  assert.equal(plane.streams[1]?.register[1]?.health[0]?.ejected, true);
  assert.ok(plane.streams[1]?.open, 'the stream stays while the sidecar drains');
  plane.streams[1]?.stream.fail('UNAVAILABLE', 'restart');
  await eventually(() => !plane.streams[1]?.open);
  await new Promise((resolve) => systemClock.after(600, () => resolve(undefined)));
  assert.equal(plane.streams.length, 2);
});
