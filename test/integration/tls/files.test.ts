import assert from 'node:assert/strict';
import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Authority, withoutOpenssl } from '../../support/authority.ts';
import { bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { http2Client, http2Get, secureSocket } from '../../support/secure-client.ts';
import { startSidecar } from '../../support/sidecar.ts';
import { httpsBackend } from '../../support/tls-backend.ts';
import { clientSocket, serverSocket, trusting, withChainFields } from '../../support/transport-socket.ts';

test('files that change are read again, and what is wrong with them changes nothing', {
  skip: withoutOpenssl,
}, async (t) => {
  const authority = new Authority(t);
  const ca = authority.certificate;
  const [first, second, backendOwn] = [authority.issue(), authority.issue(), authority.issue()];
  const backend = await httpsBackend(t, { ...backendOwn, ca, requestCert: true });
  const cert = path.join(authority.folder, 'own.pem');
  const key = path.join(authority.folder, 'own.key');
  const use = ({ certFile, keyFile }: typeof first): void => {
    copyFileSync(certFile, `${cert}.new`);
    copyFileSync(keyFile, `${key}.new`);
    renameSync(`${cert}.new`, cert);
    renameSync(`${key}.new`, key);
  };
  use(first);
  const files: Json = {
    tls_certificates: [{ certificate_chain: { filename: cert }, private_key: { filename: key } }],
  };
  const listener = withChainFields(httpListener(), serverSocket(first, { ...files, alpn_protocols: ['h2'] }));
  const upstream = clientSocket({ ...files, ...trusting(ca) });
  const sidecar = await startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port], upstream)]));
  const shown = async (): Promise<string | undefined> => {
    const socket = await secureSocket(sidecar.port(), { ca });
    const { subject } = socket.getPeerX509Certificate() ?? {};
    socket.destroy();
    return subject;
  };
  const open = http2Client(sidecar.port(), { ca });
  t.after(() => open.destroy());
  assert.equal((await http2Get(open, '/')).status, 200);
  assert.match((await shown()) ?? '', /CN=test 1/);

  use(second);
  await eventually(async () => /CN=test 2/.test((await shown()) ?? ''), 15_000);
  // What is open stays open, and new connections to the endpoint show the new certificate.
  assert.equal((await http2Get(open, '/')).status, 200);
  assert.deepEqual(
    backend.connections.map(({ peer }) => peer.split('\n').at(-1)),
    ['CN=test 1', 'CN=test 2'],
  );

  writeFileSync(key, 'nothing');
  await eventually(() => sidecar.log.includes('what was before stays in use'), 15_000);
  assert.match(sidecar.log, /listener web: .*private_key: holds no private key/);
  assert.match((await shown()) ?? '', /CN=test 2/);
  use(first);
  await eventually(async () => /CN=test 1/.test((await shown()) ?? ''), 15_000);
});
