import { after, before, describe, test } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import { Authority, withoutOpenssl } from '../../support/authority.ts';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { CASES, GrpcJsCases } from '../../support/grpc-cases.ts';
import { startGrpcTestServer } from '../../support/grpc-test-service.ts';
import { startSidecar } from '../../support/sidecar.ts';
import { clientSocket, httpOptions, serverSocket, trusting, withChainFields } from '../../support/transport-socket.ts';

describe('gRPC by grpc-js within TLS, through two sidecars with TLS between them', { skip: withoutOpenssl }, () => {
  const ends: (() => void | Promise<void>)[] = [];
  const t = { after: (end: () => void | Promise<void>): void => void ends.unshift(end) } as never;
  let cases: GrpcJsCases;

  before(async () => {
    const server = await startGrpcTestServer();
    ends.push(() => server.stop());
    const authority = new Authority(t);
    const ca = authority.certificate;
    const own = authority.issue({ names: ['DNS:greeter'] });
    // As long as the slowest case.
    const routes = [forward('greeter', { timeout: '0s' })];
    const listener = (): Json =>
      withChainFields(httpListener({ routes }), serverSocket(own, { alpn_protocols: ['h2'] }));
    const http2 = httpOptions({ explicit_http_config: { http2_protocol_options: {} } });
    const inner = await startSidecar(t, bootstrap([listener()], [cluster('greeter', [server.port], http2)]));
    const secure = { ...clientSocket(trusting(ca)), ...httpOptions({ auto_config: {} }) };
    const outer = await startSidecar(t, bootstrap([listener()], [cluster('greeter', [inner.port()], secure)]));
    const channel = credentials.createSsl(Buffer.from(ca));
    cases = new GrpcJsCases(outer.port(), 'greeter', () => server.cancelled, channel);
    ends.unshift(() => cases.client.close());
  });
  after(async () => {
    for (const end of ends) await end();
  });

  for (const each of CASES) test(each, () => cases.run(each));
});
