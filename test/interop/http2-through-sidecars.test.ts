/** What people speak HTTP/2 with, through an outbound and an inbound sidecar to a program of Node's own HTTP/2. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { Mesh } from '../support/mesh.ts';
import type { Sidecar } from '../support/sidecar.ts';

let mesh: Mesh;
let caller: Sidecar;
let url = '';
const program = http2.createServer();
const sessions = new Set<http2.ServerHttp2Session>();
/** Streams that clients gave up before their answer. */
let aborted = 0;

program.on('session', (session) => sessions.add(session));
program.on('stream', (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
  stream.on('error', () => {});
  stream.on('aborted', () => {
    aborted += 1;
  });
  if (headers[':path'] === '/silent') return;
  const head = { ':status': 200, 'x-method': headers[':method'], 'x-authority': headers[':authority'] };
  stream.respond(head, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'done' }));
  if (headers[':method'] === 'POST') stream.pipe(stream);
  else stream.end('a hundred bytes '.repeat(7).slice(0, 100));
});

before(async () => {
  await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve));
  mesh = await Mesh.start();
  await mesh.sidecar('hello', (program.address() as AddressInfo).port, { flags: ['--protocol', 'http2'] });
  caller = await mesh.sidecar('web', null);
  await mesh.endpoints('hello', 1);
  url = `http://127.0.0.1:${caller.port('outbound')}/`;
});
after(async () => {
  await mesh.stop();
  for (const each of sessions) each.destroy();
  program.close();
});

const missing = (command: string): string | false =>
  spawnSync(command, ['--version']).error ? `${command} is not installed` : false;

function run(command: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: 30_000, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${command}: ${error.message} ${stderr}`)) : resolve(stdout),
    );
  });
}

test('curl by prior knowledge', { skip: missing('curl') }, async () => {
  const known = ['-sS', '-i', '--http2-prior-knowledge', '-H', 'Host: hello'];
  const got = await run('curl', ...known, url);
  assert.match(got, /^HTTP\/2 200 [\s\S]*x-authority: hello\r\n[\s\S]*a hundred bytes/);
  assert.match(got, /x-sum: done/);
  const posted = await run('curl', ...known, '--data-binary', 'x'.repeat(100_000), url);
  assert.ok(posted.includes('x'.repeat(100_000)));
});

test('curl that offers to upgrade to h2c is served by HTTP/1.1', { skip: missing('curl') }, async () => {
  assert.match(await run('curl', '-sS', '-i', '--http2', '-H', 'Host: hello', url), /^HTTP\/1\.1 200 /);
});

test('nghttp', { skip: missing('nghttp') }, async () => {
  const said = await run('nghttp', '-v', '-H', ':authority: hello', url, `${url}other`);
  assert.equal(said.match(/:status: 200/g)?.length, 2);
  assert.equal(said.match(/x-sum: done/g)?.length, 2);
  assert.doesNotMatch(said, /RST_STREAM|error_code=(?!NO_ERROR)/);
});

test('h2load', { skip: missing('h2load') }, async () => {
  const said = await run('h2load', '-n2000', '-c4', '-m16', '-H', ':authority: hello', url);
  assert.match(said, /2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout/);
});

test('node:http2: a hundred streams at once, bodies both ways, trailers, and a stream that is given up', async () => {
  const client = http2.connect(url);
  const ask = (body: Buffer): Promise<[Buffer, unknown]> =>
    new Promise((resolve, reject) => {
      const stream = client.request({ ':method': 'POST', ':path': '/', ':authority': 'hello' });
      const parts: Buffer[] = [];
      let trailers: http2.IncomingHttpHeaders = {};
      stream.on('data', (chunk: Buffer) => parts.push(chunk));
      stream.on('trailers', (fields) => {
        trailers = fields;
      });
      stream.on('error', reject);
      stream.on('end', () => resolve([Buffer.concat(parts), trailers['x-sum']]));
      stream.end(body);
    });
  const bodies = Array.from({ length: 100 }, (_, at) => Buffer.alloc(at * 2_000 + 1, at));
  for (const [at, [body, sum]] of (await Promise.all(bodies.map(ask))).entries()) {
    assert.ok(body.equals(bodies[at] ?? Buffer.alloc(0)), `stream ${at}`);
    assert.equal(sum, 'done');
  }
  const silent = client.request({ ':path': '/silent', ':authority': 'hello' });
  silent.on('error', () => {});
  await eventually(async () => (await caller.stat('http.outbound.downstream_rq_active')) === 1);
  silent.close(http2.constants.NGHTTP2_CANCEL);
  await eventually(() => aborted === 1);
  client.close();
});
