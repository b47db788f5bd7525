import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { accessLogFile, bootstrap, cluster, forward, httpListener, temporaryFile } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

const KIB = 1024;
const of = 'type.googleapis.com/envoy.extensions.filters.http';
const router = { name: 'envoy.filters.http.router', typed_config: { '@type': `${of}.router.v3.Router` } };
const limited = (max_request_bytes: number) => ({
  name: 'envoy.filters.http.buffer',
  typed_config: { '@type': `${of}.buffer.v3.Buffer`, max_request_bytes },
});
const override = (settings: object) => ({
  typed_per_filter_config: {
    'envoy.filters.http.buffer': { '@type': `${of}.buffer.v3.BufferPerRoute`, ...settings },
  },
});
/** Of unknown length. */
const pieces = (bytes: number): Readable =>
  Readable.from(Array.from({ length: bytes / KIB }, () => Buffer.alloc(KIB, 'x')));

test('a request body has its limit', async (t) => {
  const sizes: number[] = [];
  const backend = await httpBackend(t, async (request, response) => {
    let size = 0;
    for await (const chunk of request) size += (chunk as Buffer).length;
    sizes.push(size);
    response.end(String(size));
  });
  const log = temporaryFile('access.log', '');
  t.after(() => log.remove());
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        httpListener({
          routes: [
            forward(
              'cart',
              {},
              { match: { prefix: '/large' }, ...override({ buffer: { max_request_bytes: 4000 * KIB } }) },
            ),
            forward('cart', {}, { match: { prefix: '/any' }, ...override({ disabled: true }) }),
            // Less is kept for retries than may be waited for.
            forward('cart', {}, { match: { prefix: '/' }, per_request_buffer_limit_bytes: 4 * KIB }),
          ],
          manager: {
            http_filters: [limited(100 * KIB), router],
            access_log: [accessLogFile(log.file, '%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n')],
          },
        }),
      ],
      [cluster('cart', [backend.port])],
    ),
  );
  const port = sidecar.port();
  const upload = (path: string, body: Buffer | Readable) => call(port, { method: 'POST', path, body });

  await t.test(
    'a body that is too large is refused, its length told or not, and no endpoint sees any of it',
    async () => {
      for (const body of [Buffer.alloc(100 * KIB + 1), pieces(101 * KIB)]) {
        const answer = await upload('/', body);
        assert.deepEqual([answer.status, answer.body], [413, 'request payload too large']);
      }
      assert.equal(backend.requests, 0);
      assert.equal(await sidecar.stat('http.web.downstream_rq_too_large'), 2);
      assert.equal(await sidecar.stat('http.web.downstream_rq_4xx'), 2);
      await eventually(() => readFileSync(log.file, 'utf8') === '413 - request_payload_too_large\n'.repeat(2));
    },
  );
  await t.test('one that is just small enough arrives, its length told or not', async () => {
    assert.equal((await upload('/', Buffer.alloc(100 * KIB))).body, String(100 * KIB));
    assert.equal((await upload('/', pieces(100 * KIB))).body, String(100 * KIB));
    assert.equal((await call(port)).body, '0');
  });
  await t.test('a route may have another limit, or none', async () => {
    assert.equal((await upload('/large', pieces(3000 * KIB))).body, String(3000 * KIB));
    assert.equal((await upload('/large', Buffer.alloc(4001 * KIB))).status, 413);
    assert.equal((await upload('/any', pieces(5000 * KIB))).body, String(5000 * KIB));
  });
  await t.test('a request goes on when it is whole, and waits for that with nobody', async () => {
    const before = backend.requests;
    const client = await RawClient.connect(port);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n');
    await client.sees('HTTP/1.1 100 Continue\r\n\r\n');
    client.write('01234');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(backend.requests, before);
    client.write('56789GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.sees('\r\n\r\n10HTTP/1.1 200 OK');
    assert.equal(client.received.split('100 Continue').length, 2);
    client.close();
  });
  await t.test(
    'a client that is refused early keeps or loses its connection, and gets no answer of another',
    async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      for (let times = 0; times < 10; times += 1) {
        const [refused, served] = await Promise.all([
          call(port, { method: 'POST', body: Buffer.alloc(101 * KIB), agent }),
          call(port, { method: 'POST', body: 'small', agent }),
        ]);
        assert.deepEqual([refused.status, served.body], [413, '5']);
      }
      agent.destroy();
    },
  );
  await t.test('a client that goes while it is waited for leaves nothing behind', async () => {
    const client = await RawClient.connect(port);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234');
    await sidecar.statBecomes('http.web.downstream_rq_active', 1);
    client.close();
    await sidecar.statBecomes('http.web.downstream_rq_active', 0);
    await sidecar.statBecomes('cluster.cart.upstream_rq_active', 0);
  });
});
