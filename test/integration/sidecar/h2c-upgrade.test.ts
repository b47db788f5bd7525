import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { MAGIC, settings } from '../../support/http2/frames.ts';
import { startSidecar } from '../../support/sidecar.ts';

const OFFERS: readonly [what: string, lines: string][] = [
  ['as RFC 7540 had it', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n'],
  [
    'in other letters and lines',
    'upgrade: H2C\r\nhttp2-settings: AAMAAABk\r\nCONNECTION: x-hop\r\nConnection: upgrade , http2-settings\r\n',
  ],
  [
    'besides another protocol',
    'Connection: upgrade, http2-settings\r\nUpgrade: h2c, foo/2\r\nHTTP2-Settings: AAMAAABk\r\n',
  ],
  ['without naming it', 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'],
  [
    'with settings twice',
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: a\r\nHTTP2-Settings: b\r\n',
  ],
];

test('an offer to switch to h2c is not taken, and nothing of it gets behind the sidecar', async (t) => {
  let received = '';
  const backend = await rawBackend(t, (socket) => {
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    socket.on('end', () => socket.end());
  });
  const sidecar = await startSidecar(t, bootstrap([httpListener()], [cluster('cart', [backend.port])]));

  for (const [what, lines] of OFFERS) {
    await t.test(what, async () => {
      received = '';
      let answer = '';
      const client = net.connect(sidecar.port(), '127.0.0.1');
      client.on('data', (chunk) => {
        answer += chunk.toString('latin1');
      });
      client.write(`GET /offer HTTP/1.1\r\nHost: cart\r\nX-Hop: 1\r\nX-Kept: yes\r\n${lines}\r\n`);
      await eventually(() => answer.endsWith('ok'));
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
      assert.doesNotMatch(answer, /upgrade|h2c/i);
      assert.match(received, /^GET \/offer HTTP\/1\.1\r\n/);
      assert.match(received, /\r\nX-Kept: yes\r\n/i);
      assert.doesNotMatch(received, /upgrade|h2c|http2-settings/i);
      assert.equal(/\r\nX-Hop: 1\r\n/i.test(received), !lines.includes('x-hop'));
      // Whoever goes on in HTTP/2 all the same is not understood, and none of that gets behind, either.
      received = '';
      client.write(Buffer.concat([Buffer.from(MAGIC, 'latin1'), settings()]));
      await eventually(() => client.readableEnded);
      assert.match(answer, /okHTTP\/1\.1 505 /);
      assert.equal(received, '');
      client.destroy();
    });
  }
});
