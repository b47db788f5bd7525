import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { bootstrap, cluster, clusterOptions, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

interface GrpcBackend {
  readonly port: number;
  calls: number;
}

/** Answers every call: a head, a message, and `status` behind it, or all in the head. */
async function grpcBackend(t: TestContext, status: number, trailersOnly = false): Promise<GrpcBackend> {
  const server = http2.createServer();
  const backend = { port: 0, calls: 0 };
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    backend.calls += 1;
    stream.on('error', () => {});
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    if (trailersOnly) return stream.respond({ ...head, 'grpc-status': String(status) }, { endStream: true });
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }));
    stream.end(Buffer.from([0, 0, 0, 0, 0]));
  });
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const each of sessions) each.destroy();
    server.close();
  });
  backend.port = (server.address() as AddressInfo).port;
  return backend;
}

/** One call; resolves with its grpc-status. */
async function call(client: http2.ClientHttp2Session): Promise<string> {
  const stream = client.request({ ':method': 'POST', ':path': '/shop.Cart/Get', 'content-type': 'application/grpc' });
  let status = '';
  stream.on('response', (headers) => {
    status = String(headers['grpc-status'] ?? status);
  });
  stream.on('trailers', (headers) => {
    status = String(headers['grpc-status'] ?? status);
  });
  stream.resume();
  stream.end(Buffer.from([0, 0, 0, 0, 0]));
  await once(stream, 'close');
  return status;
}

const http2Towards: Json = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

async function sidecarFor(
  t: TestContext,
  backends: readonly GrpcBackend[],
  over: Json,
): Promise<{ sidecar: Sidecar; client: http2.ClientHttp2Session }> {
  const both = cluster(
    'both',
    backends.map((each) => each.port),
    {
      ...http2Towards,
      outlier_detection: { consecutive_5xx: 3, base_ejection_time: '60s', max_ejection_percent: 50 },
      ...over,
    },
  );
  const sidecar = await startSidecar(t, bootstrap([httpListener({ routes: [forward('both')] })], [both]));
  const client = http2.connect(`http://127.0.0.1:${sidecar.port()}`);
  t.after(() => client.destroy());
  return { sidecar, client };
}

const ejections = (sidecar: Sidecar): Promise<number> =>
  sidecar.stat('cluster.both.outlier_detection.ejections_active');

test('a gRPC status in the head counts for ejection, as in Envoy', async (t) => {
  const backends = [await grpcBackend(t, 14, true), await grpcBackend(t, 0)];
  const { sidecar, client } = await sidecarFor(t, backends, {});
  await eventually(async () => {
    await call(client);
    return (await ejections(sidecar)) === 1;
  });
  assert.equal(backends[0]?.calls, 3);
  assert.equal(await call(client), '0');
});

test('one behind the messages counts by our rules, and not by those of Envoy', async (t) => {
  for (const ours of [true, false]) {
    const backends = [await grpcBackend(t, 14), await grpcBackend(t, 0)];
    const { sidecar, client } = await sidecarFor(t, backends, ours ? clusterOptions({}) : {});
    const statuses = new Set<string>();
    for (let nth = 0; nth < 16; nth += 1) {
      statuses.add(await call(client));
      // The main thread ejects, and may have more to do.
      if (ours && backends[0]?.calls === 3) await eventually(async () => (await ejections(sidecar)) === 1);
    }
    assert.deepEqual([...statuses].sort(), ['0', '14']);
    assert.equal(await ejections(sidecar), ours ? 1 : 0);
    assert.equal((backends[0]?.calls ?? 0) === 3, ours);
    await sidecar.kill();
  }
});

test('a status that blames the caller ejects nobody', async (t) => {
  const backends = [await grpcBackend(t, 5), await grpcBackend(t, 3)];
  const { sidecar, client } = await sidecarFor(t, backends, clusterOptions({}));
  for (let nth = 0; nth < 20; nth += 1) await call(client);
  assert.equal(await ejections(sidecar), 0);
});
