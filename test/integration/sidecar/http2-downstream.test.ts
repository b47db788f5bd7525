/** HTTP/2 in, HTTP/1.1 out: what the endpoint gets, byte by byte, and what the client makes of its answers. */
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { type TestContext, test } from 'node:test';
import { rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, httpListener } from '../../support/bootstrap.ts';
import { call } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

interface Answer {
  readonly status: number;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: http2.IncomingHttpHeaders;
  readonly informs: readonly number[];
  readonly reset: number;
}

function ask(
  client: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: string,
  trailers?: object,
): Promise<Answer> {
  return new Promise((resolve) => {
    const stream = client.request(headers, { endStream: body === undefined, waitForTrailers: trailers !== undefined });
    const informs: number[] = [];
    let [status, text]: [number, string] = [0, ''];
    let [head, last]: http2.IncomingHttpHeaders[] = [{}, {}];
    stream.on('headers', (fields) => informs.push(Number(fields[':status'])));
    stream.on('response', (fields) => {
      status = Number(fields[':status']);
      head = fields;
    });
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    stream.on('trailers', (fields) => {
      last = fields;
    });
    stream.on('wantTrailers', () => stream.sendTrailers({ ...trailers }));
    stream.on('error', () => {});
    stream.on('close', () => {
      resolve({ status, headers: head ?? {}, body: text, trailers: last ?? {}, informs, reset: stream.rstCode ?? 0 });
    });
    if (body !== undefined) stream.end(body);
  });
}

/** Answers each request by `answer`, and keeps what came; `received` is emptied by whoever looks. */
async function scene(t: TestContext, answer: (request: string) => string) {
  const heard = { text: '' };
  const backend = await rawBackend(t, (socket) => {
    let request = '';
    socket.on('data', (chunk) => {
      heard.text += chunk.toString('latin1');
      request += chunk.toString('latin1');
      const head = request.indexOf('\r\n\r\n');
      if (head < 0) return;
      const chunked = /transfer-encoding: chunked/i.test(request);
      const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0);
      if (chunked ? !/\r\n0\r\n(.+\r\n)*\r\n$/.test(request) : request.length < head + 4 + length) return;
      const text = answer(request);
      request = '';
      socket.write(text, 'latin1');
      if (!/content-length|chunked|HTTP\/1.1 (204|304)/i.test(text)) socket.end();
    });
    socket.on('end', () => socket.end());
  });
  const sidecar = await startSidecar(t, bootstrap([httpListener()], [cluster('cart', [backend.port])]));
  const client = http2.connect(`http://127.0.0.1:${sidecar.port()}`);
  // The sidecar may go first.
  client.on('error', () => {});
  t.after(() => client.destroy());
  return { heard, client, sidecar };
}

test('a request becomes one of HTTP/1.1: host, cookies in one, what ends at this hop left out', async (t) => {
  const { heard, client, sidecar } = await scene(t, () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const headers = {
    ':path': '/a?b=c',
    ':authority': 'shop.test:8080',
    cookie: ['a=1', 'b=2'],
    te: 'trailers',
    'x-kept': 'Yes',
  };
  assert.equal((await ask(client, headers)).body, 'ok');
  assert.match(heard.text, /^GET \/a\?b=c HTTP\/1\.1\r\n/);
  assert.match(heard.text, /\r\nhost: shop\.test:8080\r\n/i);
  assert.match(heard.text, /\r\ncookie: a=1; b=2\r\n/i);
  assert.match(heard.text, /\r\nx-kept: Yes\r\n/i);
  assert.doesNotMatch(heard.text, /\r\n:|transfer-encoding|content-length|http2-settings/i);
  // The same port, by HTTP/1.1.
  assert.equal((await call(sidecar.port())).body, 'ok');
});

test('bodies of known length keep it, others become chunked, and trailers follow', async (t) => {
  const { heard, client } = await scene(t, () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const post = { ':method': 'POST', ':path': '/', ':authority': 'cart' };
  assert.equal((await ask(client, { ...post, 'content-length': 5 }, 'hello')).body, 'ok');
  assert.match(heard.text, /\r\ncontent-length: 5\r\n(.+\r\n)*\r\nhello$/i);
  assert.doesNotMatch(heard.text, /chunked/i);
  heard.text = '';
  assert.equal((await ask(client, post, 'hello', { 'x-sum': '5' })).body, 'ok');
  assert.match(heard.text, /\r\ntransfer-encoding: chunked\r\n(.+\r\n)*\r\n5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n$/i);
  assert.doesNotMatch(heard.text, /content-length/i);
  heard.text = '';
  assert.equal((await ask(client, post, '')).body, 'ok');
  assert.match(heard.text, /\r\n(content-length: 0|transfer-encoding: chunked)\r\n/i);
});

const ANSWERS: readonly [
  what: string,
  text: string,
  method: string,
  wanted: Partial<Answer>,
  absent: readonly string[],
][] = [
  [
    'connection fields',
    'HTTP/1.1 200 Fine\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nX-Kept: 2\r\nContent-Length: 2\r\n\r\nok',
    'GET',
    { status: 200, body: 'ok' },
    ['connection', 'keep-alive', 'x-hop', 'transfer-encoding'],
  ],
  [
    'chunks and trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n',
    'GET',
    { status: 200, body: 'hello' },
    ['transfer-encoding'],
  ],
  [
    'a body up to the end of the connection',
    'HTTP/1.1 200 OK\r\n\r\nall of it',
    'GET',
    { status: 200, body: 'all of it' },
    ['content-length'],
  ],
  [
    'an informational response first',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'GET',
    { status: 200, body: 'ok', informs: [103] },
    [],
  ],
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n', 'HEAD', { status: 200, body: '' }, []],
  ['204', 'HTTP/1.1 204 No Content\r\nX-Kept: 2\r\n\r\n', 'GET', { status: 204, body: '' }, ['content-length']],
  ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n', 'GET', { status: 304, body: '' }, []],
];

for (const [what, text, method, wanted, absent] of ANSWERS) {
  test(`an answer arrives: ${what}`, async (t) => {
    const { client } = await scene(t, () => text);
    const answer = await ask(client, { ':method': method, ':path': '/', ':authority': 'cart' });
    assert.deepEqual({ ...answer, ...wanted }, answer);
    assert.equal(answer.reset, 0);
    for (const name of absent) assert.equal(answer.headers[name], undefined, name);
    if (what === 'chunks and trailers') assert.equal(answer.trailers['x-sum'], '5');
    if (method === 'HEAD') assert.equal(answer.headers['content-length'], '100');
  });
}

test('an answer that breaks off resets its stream, and the connection carries on', async (t) => {
  const { client } = await scene(t, (request) =>
    request.startsWith('GET /broken')
      ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nno chunk\r\n'
      : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  );
  const answer = await ask(client, { ':path': '/broken', ':authority': 'cart' });
  // In one read with its head nothing of it left, and it is answered instead.
  assert.ok(answer.reset !== 0 || answer.status >= 500, `${answer.status} ${answer.reset}`);
  assert.equal((await ask(client, { ':path': '/', ':authority': 'cart' })).body, 'ok');
});
