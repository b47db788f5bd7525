import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { httpBackend, rawBackend } from '../../support/backend.ts';
import {
  accessLogFile,
  bootstrap,
  cluster,
  forward,
  httpListener,
  type Json,
  temporaryFile,
} from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

/** Heads of answers by path, each followed by FIN unless it says its length. */
const RAW: Record<string, string> = {
  '/old': 'HTTP/1.0 200 OK\r\nX-From: old\r\n\r\nuntil close',
  '/old-length': 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nsized',
  '/old-stays': 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nstays',
  '/old-chunked': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
};

/** Sends `head` and an empty line; resolves with all that came until the server closed. */
async function converse(port: number, text: string): Promise<string> {
  const client = await RawClient.connect(port);
  client.write(text);
  const answer = await client.seesEnd();
  client.close();
  return answer;
}

test('methods, hops and versions', async (t) => {
  const backend = await httpBackend(t, (request, response) => {
    if (request.url === '/stream') {
      response.write('one ');
      setTimeout(() => response.end('two'), 20);
    } else response.end(JSON.stringify(request.headers));
  });
  const raw = await rawBackend(t, (socket) => {
    socket.on('data', (chunk) => {
      const path = chunk.toString().split(' ')[1] ?? '';
      socket.write(RAW[path] ?? '');
      if (path !== '/old-stays') socket.end();
    });
  });
  const log = temporaryFile('access.log', '');
  t.after(() => log.remove());
  const manager: Json = {
    http_protocol_options: { accept_http_10: true },
    access_log: [accessLogFile(log.file, '%REQ(:METHOD)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n')],
    via: '1.1 mesh',
  };
  const routes = [forward('raw', {}, { match: { prefix: '/old' } }), forward('cart')];
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [httpListener({ routes, manager }), httpListener({ name: 'strict', routes })],
      [cluster('cart', [backend.port]), cluster('raw', [raw.port])],
    ),
  );
  const port = sidecar.port();

  await t.test('TRACE is refused and never sent on', async () => {
    const before = backend.requests;
    const { status, headers, body } = await call(port, { method: 'TRACE' });
    assert.equal(status, 405);
    assert.match(headers.allow ?? '', /GET, HEAD, POST/);
    assert.match(body, /TRACE is refused/);
    assert.equal(backend.requests, before);
    await eventually(() => readFileSync(log.file, 'utf8').includes('TRACE 405 - TRACE_is_refused\n'));
  });

  await t.test('OPTIONS goes as far as Max-Forwards says', async () => {
    const before = backend.requests;
    const last = await call(port, { method: 'OPTIONS', headers: { 'max-forwards': '0' } });
    assert.deepEqual([last.status, last.body, last.headers['content-length']], [200, '', '0']);
    assert.match(last.headers.allow ?? '', /OPTIONS/);
    assert.equal(backend.requests, before);
    const on = await call(port, { method: 'OPTIONS', headers: { 'max-forwards': '2' } });
    assert.equal((JSON.parse(on.body) as Record<string, string>)['max-forwards'], '1');
    assert.equal((await call(port, { method: 'OPTIONS', headers: { 'max-forwards': 'two' } })).status, 400);
  });

  await t.test('Via names us both ways, behind those who named themselves before', async () => {
    const first = await call(port, {});
    assert.equal((JSON.parse(first.body) as Record<string, string>).via, '1.1 mesh');
    assert.equal(first.headers.via, '1.1 mesh');
    const second = await call(port, { headers: { via: '1.0 fred' } });
    assert.equal((JSON.parse(second.body) as Record<string, string>).via, '1.0 fred, 1.1 mesh');
    const quiet = await call(sidecar.port('strict'));
    assert.equal(quiet.headers.via, undefined);
    assert.equal((JSON.parse(quiet.body) as Record<string, string>).via, undefined);
  });

  await t.test('HTTP/1.0 is told to upgrade where it is not accepted', async () => {
    const answer = await converse(sidecar.port('strict'), 'GET / HTTP/1.0\r\nHost: cart\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 426 Upgrade Required\r\n/);
    assert.match(answer, /\r\nupgrade: HTTP\/1\.1\r\nconnection: upgrade, close\r\n/);
  });

  await t.test('an HTTP/1.0 client gets no chunks: its answer ends with the connection', async () => {
    const answer = await converse(port, 'GET /stream HTTP/1.0\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.doesNotMatch(answer, /transfer-encoding/i);
    assert.match(answer, /\r\nconnection: close\r\n\r\none two$/);
  });

  await t.test('an HTTP/1.0 client that asks for it keeps its connection', async () => {
    const client = await RawClient.connect(port);
    const request = 'GET /old-length HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    client.write(request);
    await client.sees('sized');
    assert.match(client.received, /\r\ncontent-length: 5\r\nconnection: keep-alive\r\n/);
    client.write(request);
    await eventually(() => client.received.split('sized').length === 3);
    client.write('GET /old-length HTTP/1.0\r\n\r\n');
    assert.match(await client.seesEnd(), /connection: close\r\n\r\nsized$/);
    client.close();
  });

  await t.test('an HTTP/1.0 client sees no 1xx, and a body only with its length', async () => {
    const informed = await converse(port, 'POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok');
    assert.match(informed, /^HTTP\/1\.1 200 OK\r\n/);
    const chunked = await converse(port, 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    assert.match(chunked, /^HTTP\/1\.1 400 /);
  });

  await t.test(
    'an endpoint that speaks HTTP/1.0 is understood, and its connection kept only when it says so',
    async () => {
      const before = raw.accepted;
      const old = await call(port, { path: '/old' });
      assert.deepEqual(
        [old.body, old.headers['x-from'], old.headers['transfer-encoding']],
        ['until close', 'old', 'chunked'],
      );
      assert.equal((await call(port, { path: '/old-length' })).body, 'sized');
      assert.equal(raw.accepted, before + 2);
      assert.equal((await call(port, { path: '/old-stays' })).body, 'stays');
      assert.equal((await call(port, { path: '/old-stays' })).body, 'stays');
      assert.equal(raw.accepted, before + 3);
      // RFC 9112 6.1: its framing cannot be trusted.
      assert.equal((await call(port, { path: '/old-chunked' })).status, 502);
    },
  );
});

test('no answer is split: neither by what an endpoint sends, nor by what a client asks, nor by a name', async (t) => {
  const raw = await rawBackend(t, (socket) => {
    socket.on('data', (chunk) => {
      const value = decodeURIComponent((chunk.toString().split(' ')[1] ?? '').slice(1));
      socket.end(`HTTP/1.1 200 OK\r\nX-Evil: a${value}b\r\nContent-Length: 2\r\n\r\nok`, 'latin1');
    });
  });
  const name = 'cart\u010d\u010aX-Split: 1\u010d\u010a';
  const added = (value: string): Json => ({ header: { key: 'x-made', value } });
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        httpListener({
          routes: [
            {
              name,
              match: { prefix: '/go' },
              redirect: { prefix_rewrite: '/went' },
              response_headers_to_add: [added('%ROUTE_NAME%'), added('%REQ(x-in)%')],
            },
            {
              name,
              match: { prefix: '/' },
              route: { cluster: name },
              request_headers_to_add: [added('%UPSTREAM_CLUSTER%')],
              response_headers_to_add: [added('%UPSTREAM_CLUSTER% %ROUTE_NAME% %RESP(x-evil)%')],
            },
          ],
        }),
      ],
      [cluster(name, [raw.port])],
    ),
  );
  const port = sidecar.port();
  const clean = (answer: string): void => {
    assert.doesNotMatch(answer, /^x-split/im);
    assert.equal(answer.split('HTTP/1.1 ').length, 2, answer);
  };
  // What an endpoint could send to end a line of its own head.
  for (const value of ['\n\nX-Split: 1', '\rX-Split: 1\r\r', '\0', '\x0b', '\x7f', '\r\n X-Split: 1']) {
    const answer = await call(port, { path: `/${encodeURIComponent(value)}` });
    assert.deepEqual([answer.status, answer.headers['x-split']], [502, undefined], JSON.stringify(value));
  }
  // Where it ends its head it has begun a body, which the client must not take for another answer.
  const body = await call(port, { path: `/${encodeURIComponent('\r\n\r\nHTTP/1.1 200 OK\r\nX: ')}` });
  assert.deepEqual([body.status, body.body], [200, 'HTTP/1.1 200 OK\r\nX: b\r\nContent-Length: 2\r\n\r\nok']);
  // A path that would be a header line once decoded, into a Location.
  const moved = await converse(
    port,
    'GET /go%0d%0aX-Split:%201 HTTP/1.1\r\nHost: a\r\nX-In: %0d%0aX-Split: 1\r\nConnection: close\r\n\r\n',
  );
  assert.match(moved, /\r\nlocation: http:\/\/a\/went%0d%0aX-Split:%201\r\n/);
  clean(moved);
  clean(await converse(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
});
