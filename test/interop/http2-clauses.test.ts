import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { CLAUSES, type Clause, MALFORMED_REQUESTS } from '../support/http2/clauses.ts';
import { END_STREAM, headers } from '../support/http2/frames.ts';
import { judge } from '../support/http2/judge.ts';

/** The same clauses for our codec and for HAProxy: where the two differ it is known why, or the test is wrong. */
const clauses: readonly Clause[] = [
  ...CLAUSES,
  ...MALFORMED_REQUESTS.map(([section, what, fields]) => ({
    section,
    what,
    frames: [headers(1, END_STREAM, ...fields)],
    outcome: { stream: 1, codes: [1] },
  })),
];

/** Where HAProxy 2.6 is known to differ: it answers here before the rest of a request comes, and is lenient with values. */
const KNOWN_OF_HAPROXY: readonly string[] = [
  '8.1 trailers with a pseudo-header',
  '8.1 trailers that do not end the stream',
  '8.2.1 an empty name',
  '8.2.1 a value that begins with a blank',
  '8.2.1 a value that ends with a tab',
  '8.3.1 :path * without OPTIONS',
  '8.3.1 a :method that is no token',
  '8.3.1 user information in :authority',
  '8.3.1 an :authority that is none',
  '8.3.1 a host other than :authority',
  '8.3.1 host twice',
  'RFC 8441 4 :protocol that was not announced',
  '8.1.1 a content-length and no body',
  '8.1.1 content-length twice',
];

/**
 * Where nghttp2, in Node's HTTP/2, is known to differ: it ends the connection where the stream would do, and Node lets names and
 * values pass that it does not look at.
 */
const KNOWN_OF_NGHTTP2: readonly string[] = [
  '5.1 DATA after END_STREAM',
  '5.1.1 a stream lower than the last',
  '6.3 PRIORITY without a stream',
  '6.5.2 an unknown setting',
  '6.9 WINDOW_UPDATE by nothing on a stream',
  '6.9.1 a stream window above 2^31-1',
  '8.1.1 more body than content-length says',
  '8.2.1 a name with a blank',
  '8.2.1 a name with a colon',
  '8.2.1 a name with a control character',
  '8.2.1 a name with a character above ASCII',
  '8.2.1 an empty name',
  '8.2.1 a value with NUL',
  '8.2.1 a value with CR',
  '8.2.1 a value with LF',
  '8.2.1 a value that begins with a blank',
  '8.2.1 a value that ends with a tab',
  '8.3.1 a :path with a fragment',
  '8.3.1 a host other than :authority',
];

/** What differs, but for what is known. */
const news = (all: readonly string[], known: readonly string[]): string[] =>
  all.filter((each) => !known.some((one) => each.startsWith(`${one}:`)));

async function misfits(port: number): Promise<string[]> {
  const all: string[] = [];
  for (const clause of clauses) {
    const difference = await judge(port, clause);
    if (difference !== null) all.push(difference);
  }
  return all;
}

describe('RFC 9113 over a socket', () => {
  let server: ChildProcess;
  let port = 0;

  before(async () => {
    server = spawn(process.execPath, [path.join(import.meta.dirname, '../programs/http2-answer.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    port = Number(line);
  });
  after(() => server.kill());

  test('our codec keeps to every clause', async () => {
    assert.deepEqual(await misfits(port), []);
  });
});

describe('the same of HAProxy, as a check of the clauses', () => {
  let folder = '';
  let proxy: ChildProcess | null = null;
  let port = 0;

  before(async () => {
    if (spawnSync('haproxy', ['-v']).error) return;
    folder = mkdtempSync(path.join(os.tmpdir(), 'aya-h2-'));
    const free = net.createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    port = (free.address() as net.AddressInfo).port;
    free.close();
    await once(free, 'close');
    const file = path.join(folder, 'haproxy.cfg');
    writeFileSync(
      file,
      `defaults
  mode http
  timeout client 10s
  timeout http-request 10s
frontend f
  bind 127.0.0.1:${port} proto h2
  http-request return status 200 content-type text/plain string "hello"
`,
    );
    proxy = spawn('haproxy', ['-f', file, '-db'], { stdio: 'ignore' });
    await eventually(
      () =>
        new Promise<boolean>((resolve) => {
          const socket = net.connect(port, '127.0.0.1', () => {
            socket.destroy();
            resolve(true);
          });
          socket.on('error', () => resolve(false));
        }),
    );
  });
  after(() => {
    proxy?.kill();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  test('HAProxy keeps to them but for what is known', async (t) => {
    if (proxy === null) return t.skip('haproxy is not installed');
    const all = await misfits(port);
    assert.deepEqual(news(all, KNOWN_OF_HAPROXY), []);
    t.diagnostic(`${clauses.length - all.length} of ${clauses.length} clauses`);
  });
});

test('nghttp2 keeps to them but for what is known', async (t) => {
  const server = http2.createServer((request, response) => {
    request.resume();
    request.on('error', () => {});
    request.on('end', () => response.end('hello'));
  });
  server.on('session', (session) => session.on('error', () => {}));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const all = await misfits((server.address() as net.AddressInfo).port);
  assert.deepEqual(news(all, KNOWN_OF_NGHTTP2), []);
  t.diagnostic(`${clauses.length - all.length} of ${clauses.length} clauses`);
});
