import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type Answer, type Backend, httpBackend, rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

/** Answers by path; what it has seen of uploads stands in `seen`. */
const seen = { aborted: 0, received: 0, body: '', trailers: {} as NodeJS.Dict<string> };
const answers: Record<string, Answer> = {
  '/echo': (request, response) => {
    response.writeHead(200, { 'x-length': request.headers['content-length'] ?? '', 'x-te': request.headers.te ?? '' });
    request.pipe(response);
  },
  '/continue': (request, response) => {
    response.writeContinue();
    request.pipe(response);
  },
  '/sized': (_request, response) => response.writeHead(200, { 'content-length': 5 }).end('sized'),
  '/trailers': (request, response) => {
    request.resume();
    request.on('end', () => {
      seen.trailers = request.trailers;
      response.writeHead(200, { trailer: 'x-sum' });
      response.write('body');
      response.addTrailers({ 'x-sum': '42' });
      response.end();
    });
  },
  '/not-modified': (_request, response) => response.writeHead(304, { etag: '"1"', 'content-length': 1234 }).end(),
  '/no-content': (_request, response) => response.writeHead(204).end(),
  '/hints': (_request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.end('done');
  },
  '/refuse': (_request, response) => response.writeHead(413, { 'content-length': 3 }).end('big'),
  '/upload': (request, response) => {
    request.on('data', (chunk: Buffer) => {
      seen.received += chunk.length;
    });
    request.on('aborted', () => {
      seen.aborted += 1;
    });
    request.on('end', () => response.end(String(seen.received)));
  },
};

/** Raw answers, after the head of the request, by path. */
const scripts: Record<string, (socket: net.Socket) => void> = {
  '/until-close': (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil close'),
  '/cut-length': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'),
  '/cut-chunk': (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'),
  '/cut-head': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le'),
  '/reset-body': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this', () =>
      setTimeout(() => socket.resetAndDestroy(), 20),
    );
  },
  '/malformed': (socket) => socket.end('HTTP/1.1 2OO Okay\r\n\r\n'),
  '/close': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'),
  '/pour': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const pour = (): void => {
      while (!socket.destroyed && socket.writableLength < 1 << 20) socket.write(chunk);
      if (!socket.destroyed) socket.once('drain', pour);
    };
    pour();
  },
};

let sidecar: Sidecar;
let backend: Backend;
let raw: Backend;

async function start(t: TestContext): Promise<void> {
  backend = await httpBackend(t, (request, response, own) => answers[request.url ?? '']?.(request, response, own));
  raw = await rawBackend(t, (socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      const path = text.split(' ')[1] ?? '';
      text = '';
      scripts[path]?.(socket);
    });
  });
  const routes: Json[] = [forward('raw', {}, { match: { prefix: '/raw/' } }), forward('http')];
  (routes[0] as { route: Json }).route = { cluster: 'raw', prefix_rewrite: '/' };
  sidecar = await startSidecar(
    t,
    bootstrap(
      [httpListener({ routes, manager: { http_protocol_options: { accept_http_10: true } } })],
      [cluster('http', [backend.port]), cluster('raw', [raw.port])],
    ),
  );
}

test('bodies', async (t) => {
  await start(t);
  const port = sidecar.port();

  await t.test('a body of known length arrives with that length', async () => {
    const body = 'x'.repeat(200_000);
    const answer = await call(port, { method: 'POST', path: '/echo', body });
    assert.equal(answer.body, body);
    assert.equal(answer.headers['x-length'], '200000');
    assert.equal((await call(port, { path: '/sized' })).headers['content-length'], '5');
  });

  await t.test('a body of unknown length is sent on in chunks, both ways', async () => {
    const parts = ['one', 'two', 'x'.repeat(70_000)];
    const answer = await call(port, { method: 'POST', path: '/echo', body: Readable.from(parts) });
    assert.equal(answer.body, parts.join(''));
    assert.equal(answer.headers['transfer-encoding'], 'chunked');
    assert.equal(answer.headers['x-length'], '');
  });

  await t.test('trailers pass both ways', async () => {
    const client = await RawClient.connect(port);
    client.write(
      'POST /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTrailer: X-In\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '3\r\nabc\r\n0\r\nX-In: 7\r\n\r\n',
    );
    await client.sees('x-sum: 42\r\n\r\n');
    assert.equal(seen.trailers['x-in'], '7');
    client.close();
  });

  await t.test('trailers without a body pass, too', async () => {
    const client = await RawClient.connect(port);
    client.write('POST /trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-In: 8\r\n\r\n');
    await client.sees('x-sum: 42\r\n\r\n');
    assert.equal(seen.trailers['x-in'], '8');
    client.close();
  });

  await t.test('answers without a body end with their head, and the connection stays', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const head = await call(port, { method: 'HEAD', path: '/sized', agent });
    assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '5', '']);
    const unchanged = await call(port, { path: '/not-modified', agent });
    assert.deepEqual([unchanged.status, unchanged.headers['content-length'], unchanged.body], [304, '1234', '']);
    const empty = await call(port, { path: '/no-content', agent });
    assert.deepEqual([empty.status, empty.headers['content-length'], empty.truncated], [204, undefined, false]);
    assert.equal((await call(port, { path: '/sized', agent })).body, 'sized');
    agent.destroy();
  });

  await t.test('an answer that ends with its connection becomes chunked, or ends so for HTTP/1.0', async () => {
    const answer = await call(port, { path: '/raw/until-close' });
    assert.deepEqual(
      [answer.body, answer.headers['transfer-encoding'], answer.truncated],
      ['until close', 'chunked', false],
    );
    const old = await RawClient.connect(port);
    old.write('GET /raw/until-close HTTP/1.0\r\n\r\n');
    assert.match(await old.seesEnd(), /^HTTP\/1\.[01] 200 OK\r\n.*\r\n\r\nuntil close$/s);
  });

  await t.test('a client that waits for 100 gets it from the endpoint', async () => {
    const client = await RawClient.connect(port);
    client.write('POST /continue HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    await client.sees('HTTP/1.1 100 Continue\r\n\r\n');
    client.write('body');
    await client.sees('body');
    client.close();
  });

  await t.test('a client that waits for 100 may get a final answer instead, and its connection ends', async () => {
    const client = await RawClient.connect(port);
    client.write('POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    assert.match(await client.seesEnd(), /^HTTP\/1\.1 413 /);
  });

  await t.test('informational responses pass before the final one', async () => {
    const answer = await call(port, { path: '/hints' });
    assert.deepEqual([answer.informed, answer.status, answer.body], [[103], 200, 'done']);
  });

  await t.test('an answer before the end of the upload reaches the client', async () => {
    const client = await RawClient.connect(port);
    client.write('POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\nsome');
    const text = await client.seesEnd();
    assert.match(text, /^HTTP\/1\.1 413 .*\r\n\r\nbig$/s);
    assert.match(text, /connection: close/i);
  });

  await t.test('a client that goes in the middle of its upload is noticed by the endpoint', async () => {
    const before = await sidecar.stat('http.web.downstream_rq_rx_reset');
    const client = await RawClient.connect(port);
    client.write('POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome');
    await eventually(() => seen.received === 4);
    client.close();
    await eventually(() => seen.aborted === 1);
    await sidecar.statBecomes('http.web.downstream_rq_rx_reset', before + 1);
    await sidecar.statBecomes('cluster.http.upstream_rq_active', 0);
  });

  for (const path of ['/raw/cut-length', '/raw/cut-chunk', '/raw/reset-body']) {
    await t.test(`an answer that breaks off in its body is broken off for the client: ${path}`, async () => {
      const answer = await call(port, { path });
      assert.equal(answer.status, 200);
      assert.equal(answer.truncated, true);
    });
  }

  await t.test('an endpoint that closes in the middle of its head is answered for', async () => {
    const answer = await call(port, { path: '/raw/cut-head' });
    assert.equal(answer.status, 503);
    assert.match(answer.body, /before it answered/);
  });

  await t.test('a malformed answer becomes a 502', async () => {
    assert.equal((await call(port, { path: '/raw/malformed' })).status, 502);
  });

  await t.test('a connection that the endpoint closes after its answer is not used again', async () => {
    const accepted = raw.accepted;
    for (let count = 0; count < 3; count += 1) assert.equal((await call(port, { path: '/raw/close' })).body, 'ok');
    assert.equal(raw.accepted, accepted + 3);
  });

  await t.test('pipelined requests are answered in order', async () => {
    const client = await RawClient.connect(port);
    client.write(
      'GET /sized HTTP/1.1\r\nHost: a\r\n\r\nGET /hints HTTP/1.1\r\nHost: a\r\n\r\nHEAD /sized HTTP/1.1\r\nHost: a\r\n\r\n',
    );
    await client.sees('done');
    await client.sees('content-length: 5\r\n', 5000);
    assert.ok(client.received.indexOf('sized') < client.received.indexOf('103'));
    client.close();
  });

  await t.test('a client that reads slowly holds the endpoint back, and memory stays small', async () => {
    const before = memory(sidecar);
    const client = net.connect({ port, host: '127.0.0.1' });
    client.write('GET /raw/pour HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(client, 'readable');
    // Nobody reads: what the endpoint may pour in is bounded by buffers on the way.
    await settles(() => sidecar.stat('cluster.raw.upstream_cx_rx_bytes_total'));
    assert.ok(memory(sidecar) - before < 32 << 20, `grew by ${(memory(sidecar) - before) >> 20} MiB`);
    client.destroy();
    await sidecar.statBecomes('cluster.raw.upstream_rq_active', 0);
  });

  await t.test('an endpoint that reads slowly holds the client back, and memory stays small', async () => {
    let goOn = (): void => {};
    answers['/slow'] = (request, response) => {
      goOn = () => answers['/upload']?.(request, response, backend);
    };
    seen.received = 0;
    const before = memory(sidecar);
    const client = http.request({ port, host: '127.0.0.1', method: 'POST', path: '/slow' });
    const chunk = Buffer.alloc(1 << 16);
    let sent = 0;
    let stopped = false;
    const pour = (): void => {
      while (!stopped) {
        sent += chunk.length;
        if (!client.write(chunk)) return;
      }
    };
    client.on('drain', pour);
    pour();
    await settles(() => sent);
    assert.ok(sent < 32 << 20, `took ${sent >> 20} MiB`);
    assert.ok(memory(sidecar) - before < 32 << 20, `grew by ${(memory(sidecar) - before) >> 20} MiB`);
    stopped = true;
    client.end();
    goOn();
    const [response] = (await once(client, 'response')) as [http.IncomingMessage];
    assert.equal((await response.toArray()).join(''), String(sent));
    await sidecar.statBecomes('cluster.http.upstream_rq_active', 0);
  });
});

/** Waits until a number has stopped growing for a while. */
async function settles(value: () => number | Promise<number>): Promise<void> {
  let last = -1;
  await eventually(async () => {
    const now = await value();
    const still = now === last;
    last = now;
    if (!still) await new Promise((resolve) => setTimeout(resolve, 200));
    return still;
  });
}

/** Resident memory of the process, bytes. */
function memory(process: Sidecar): number {
  const status = readFileSync(`/proc/${process.child.pid}/status`, 'utf8');
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
}
