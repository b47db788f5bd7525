import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import tls from 'node:tls';
import { Authority, withoutOpenssl } from '../../support/authority.ts';
import { httpBackend } from '../../support/backend.ts';
import { accessLogFile, bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { secureGet } from '../../support/secure-client.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';
import { named, serverSocket, trusting, withChainFields } from '../../support/transport-socket.ts';

const skip = withoutOpenssl;
const ssl = (name: string): string => `listener.127.0.0.1_0.ssl.${name}`;

/** A sidecar that asks for certificates of `authority`. */
async function asking(t: TestContext, authority: Authority, common: Json, over: Json = {}): Promise<Sidecar> {
  const backend = await httpBackend(t);
  const file = path.join(authority.folder, 'access.log');
  const made = httpListener({ manager: { access_log: [accessLogFile(file, '%DOWNSTREAM_PEER_SUBJECT%\n')] } });
  const listener = withChainFields(made, serverSocket(authority.issue(), common, over));
  return startSidecar(t, bootstrap([listener], [cluster('cart', [backend.port])]));
}

/** The session that a handshake leaves, as far as the server hands one out before it closes. */
function sessionOf(port: number, options: tls.ConnectionOptions): Promise<Buffer | undefined> {
  const socket = tls.connect({ host: '127.0.0.1', port, servername: 'localhost', ...options });
  return new Promise((resolve) => {
    socket.on('session', (session: Buffer) => {
      resolve(session);
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(undefined));
  });
}

test('a client has to show a certificate that leads to a trusted authority', { skip }, async (t) => {
  const [authority, other] = [new Authority(t), new Authority(t, 'other')];
  const ca = authority.certificate;
  const sidecar = await asking(t, authority, trusting(ca), { require_client_certificate: true });
  const { cert, key } = authority.issue({ names: ['URI:spiffe://a/b'] });
  assert.equal((await secureGet(sidecar.port(), '/', { ca, cert, key })).status, 200);
  assert.equal((await secureGet(sidecar.port(), '/', { ca })).status, 0);
  const { cert: wrong, key: wrongKey } = other.issue();
  assert.equal((await secureGet(sidecar.port(), '/', { ca, cert: wrong, key: wrongKey })).status, 0);
  const { cert: old, key: oldKey } = authority.issue({ expired: true });
  assert.equal((await secureGet(sidecar.port(), '/', { ca, cert: old, key: oldKey })).status, 0);
  await sidecar.statBecomes(ssl('fail_verify_no_cert'), 1);
  await sidecar.statBecomes(ssl('fail_verify_error'), 2);
  assert.equal(await sidecar.stat(ssl('handshake')), 1);
  assert.equal(await sidecar.stat(ssl('no_certificate')), 0);
  assert.equal(await sidecar.stat(ssl('connection_error')), 0);
  const line = await eventually(() => readFileSync(path.join(authority.folder, 'access.log'), 'utf8') || undefined);
  assert.match(line, /^CN=test 2,O=aya\n$/);
});

test('a client may show a certificate without a subject', { skip }, async (t) => {
  const authority = new Authority(t);
  const ca = authority.certificate;
  const sidecar = await asking(t, authority, trusting(ca), { require_client_certificate: true });
  const { cert, key } = authority.issue({ names: ['URI:spiffe://a/b'], nameless: true });
  assert.equal((await secureGet(sidecar.port(), '/', { ca, cert, key })).status, 200);
  assert.equal(await sidecar.stat(ssl('no_certificate')), 0);
  const line = await eventually(() => readFileSync(path.join(authority.folder, 'access.log'), 'utf8') || undefined);
  assert.equal(line, '-\n');
});

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a session does not let in who was not let in before (${maxVersion})`, { skip }, async (t) => {
    const [authority, other] = [new Authority(t), new Authority(t, 'other')];
    const ca = authority.certificate;
    const sidecar = await asking(t, authority, trusting(ca), { require_client_certificate: true });
    const { cert, key } = other.issue();
    for (const shown of [{}, { cert, key }]) {
      // A session may be handed out before we have looked at the certificate.
      const session = await sessionOf(sidecar.port(), { ca, maxVersion, ...shown });
      const again = { ca, maxVersion, ...(session && { session }) };
      assert.equal((await secureGet(sidecar.port(), '/', again)).status, 0);
      assert.equal((await secureGet(sidecar.port(), '/', { ...again, ...shown })).status, 0);
    }
    assert.equal(await sidecar.stat(ssl('handshake')), 0);
  });
}

test('a session of a client that was let in goes on, its certificate known', { skip }, async (t) => {
  const authority = new Authority(t);
  const ca = authority.certificate;
  const name = named('URI', 'spiffe://mesh/ns/a/sa/b');
  const sidecar = await asking(t, authority, trusting(ca, name), { require_client_certificate: true });
  const { cert, key } = authority.issue({ names: ['URI:spiffe://mesh/ns/a/sa/b', 'DNS:b.example'] });
  const session = await sessionOf(sidecar.port(), { ca, cert, key });
  assert.ok(session);
  assert.equal((await secureGet(sidecar.port(), '/', { ca, cert, key, session })).status, 200);
  assert.equal(await sidecar.stat(ssl('session_reused')), 1);
  assert.equal(await sidecar.stat(ssl('no_certificate')), 0);
});

const names: [string, Json, string, string][] = [
  ['URI', named('URI', 'spiffe://mesh/a'), 'URI:spiffe://mesh/a', 'URI:spiffe://mesh/ab'],
  ['DNS', named('DNS', 'a.b.example'), 'DNS:*.b.example', 'DNS:c.b.example'],
  ['EMAIL', named('EMAIL', 'a@example.org'), 'email:a@example.org', 'email:b@example.org'],
  ['IP_ADDRESS', named('IP_ADDRESS', '10.0.0.1'), 'IP:10.0.0.1', 'IP:10.0.0.2'],
];
for (const [kind, matcher, right, wrong] of names) {
  test(`a certificate has to be for the expected name (${kind})`, { skip }, async (t) => {
    const authority = new Authority(t);
    const ca = authority.certificate;
    const sidecar = await asking(t, authority, trusting(ca, matcher), { require_client_certificate: true });
    const ask = async (name: string): Promise<number> => {
      const { cert, key } = authority.issue({ names: [name] });
      return (await secureGet(sidecar.port(), '/', { ca, cert, key })).status;
    };
    assert.equal(await ask(right), 200);
    assert.equal(await ask(wrong), 0);
    await sidecar.statBecomes(ssl('fail_verify_san'), 1);
  });
}

test('without require_client_certificate one that is shown is checked all the same', { skip }, async (t) => {
  const [authority, other] = [new Authority(t), new Authority(t, 'other')];
  const ca = authority.certificate;
  const sidecar = await asking(t, authority, trusting(ca));
  assert.equal((await secureGet(sidecar.port(), '/', { ca })).status, 200);
  const { cert, key } = other.issue();
  assert.equal((await secureGet(sidecar.port(), '/', { ca, cert, key })).status, 0);
});
