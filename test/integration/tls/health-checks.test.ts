import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerCredentials } from '@grpc/grpc-js';
import { Authority, withoutOpenssl } from '../../support/authority.ts';
import { rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { startHealthServer } from '../../support/grpc-health.ts';
import { startSidecar } from '../../support/sidecar.ts';
import { http2Backend, httpsBackend, type TlsBackend } from '../../support/tls-backend.ts';
import { clientSocket, httpOptions, inline, named, trusting } from '../../support/transport-socket.ts';

const often = (probe: Json): Json => ({
  timeout: '0.5s',
  interval: '0.2s',
  no_traffic_interval: '0.2s',
  unhealthy_threshold: 1,
  healthy_threshold: 1,
  ...probe,
});

const probes: [string, Json][] = [
  ['HTTP/1.1', { http_health_check: { path: '/healthz' } }],
  ['HTTP/2', { http_health_check: { path: '/healthz', codec_client_type: 'HTTP2' } }],
  ['TCP', { tcp_health_check: {} }],
];
for (const [what, probe] of probes) {
  test(`checks by ${what} go through the TLS of their cluster`, { skip: withoutOpenssl }, async (t) => {
    const authority = new Authority(t);
    const ca = authority.certificate;
    const own = authority.issue({ names: ['DNS:cart.example'] });
    const options = { ...own, ca, requestCert: true, rejectUnauthorized: true };
    const backend: TlsBackend = await (what === 'HTTP/2' ? http2Backend(t, options) : httpsBackend(t, options));
    const silent = await rawBackend(t, (socket) => void socket.resume().on('end', () => socket.end()));
    const health_checks = [often(probe)];
    const shown = { tls_certificates: [inline(authority.issue())] };
    const common = { ...shown, ...trusting(ca, named('DNS', 'cart.example')) };
    const protocol = what === 'HTTP/2' ? { http2_protocol_options: {} } : { http_protocol_options: {} };
    const fields = { ...httpOptions({ explicit_http_config: protocol }), health_checks };
    const clusters = [
      cluster('good', [backend.port], { ...clientSocket(common), ...fields }),
      cluster('othername', [backend.port], {
        ...clientSocket({ ...shown, ...trusting(ca, named('DNS', 'other.example')) }),
        ...fields,
      }),
      cluster('silent', [silent.port], { ...clientSocket(common), ...fields }),
    ];
    const sidecar = await startSidecar(t, bootstrap([httpListener({ routes: [] })], clusters));
    await sidecar.statBecomes('cluster.good.health_check.healthy', 1);
    for (const name of ['othername', 'silent']) {
      assert.equal(await sidecar.stat(`cluster.${name}.health_check.healthy`), 0);
      assert.ok((await sidecar.stat(`cluster.${name}.health_check.network_failure`)) > 0);
    }
    // A server may not notice a check by TCP that is over before it has seen all of the handshake.
    if (what === 'TCP') return;
    assert.equal(backend.connections[0]?.alpn, what === 'HTTP/2' ? 'h2' : 'http/1.1');
    assert.match(backend.connections[0]?.peer ?? '', /CN=test 2/);
  });
}

test('checks by gRPC go through the TLS of their cluster', { skip: withoutOpenssl }, async (t) => {
  const authority = new Authority(t);
  const ca = authority.certificate;
  const { cert, key } = authority.issue({ names: ['DNS:cart.example'] });
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
  const backend = await startHealthServer(
    { '': 'SERVING' },
    ServerCredentials.createSsl(Buffer.from(ca), [pair], true),
  );
  t.after(() => backend.stop());
  const fields = { health_checks: [often({ grpc_health_check: {} })] };
  const shown = { tls_certificates: [inline(authority.issue())] };
  const towards = (name: string, dns: string): Json => {
    const socket = clientSocket({ ...shown, ...trusting(ca, named('DNS', dns)) }, { sni: 'cart.example' });
    return cluster(name, [backend.port], { ...socket, ...fields });
  };
  const clusters = [towards('good', 'cart.example'), towards('othername', 'other.example')];
  const sidecar = await startSidecar(t, bootstrap([httpListener({ routes: [] })], clusters));
  await sidecar.statBecomes('cluster.good.health_check.healthy', 1);
  assert.equal(await sidecar.stat('cluster.othername.health_check.healthy'), 0);
});
