import assert from 'node:assert/strict';
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { residentMemory } from '../../support/process.ts';
import { startSidecar } from '../../support/sidecar.ts';

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;
/** Every stream is this, endlessly, from a place of its own on: a byte of another stream, or out of its place, shows. */
const NOISE = randomBytes(3 * MIB + 17);
const PIECES = [1, 1000, 16_384, 65_536, 100_000, 4096];

/** The bytes of stream `index`, in pieces of many sizes. */
function* bytesOf(index: number): Generator<Buffer> {
  let at = (index * 104_729) % NOISE.length;
  for (let sent = 0, piece = 0; sent < SIZE; piece += 1) {
    const length = Math.min(PIECES[(piece + index) % PIECES.length] as number, SIZE - sent, NOISE.length - at);
    yield NOISE.subarray(at, at + length);
    sent += length;
    at = (at + length) % NOISE.length;
  }
}

const digests = Array.from({ length: 9 }, (_, index) => {
  const hash = createHash('sha1');
  for (const piece of bytesOf(index)) hash.update(piece);
  return hash.digest('hex');
});

/** Reads all of it; a slow reader rests after each piece that it got. */
async function digestOf(source: Readable, slow: boolean, hash: Hash = createHash('sha1')): Promise<string> {
  for await (const chunk of source) {
    hash.update(chunk as Buffer);
    if (slow) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return hash.digest('hex');
}

test('eight slow readers and a fast one share a worker, and each gets its own 64 MiB', {
  timeout: 120_000,
}, async (t) => {
  const uploads: Promise<string>[] = [];
  const backend = await httpBackend(t, (request, response) => {
    const [, kind, number] = (request.url ?? '').split('/');
    const index = Number(number);
    if (kind === 'up') {
      uploads[index] = digestOf(request, index > 0);
      void uploads[index].then((digest) => response.end(digest));
      return;
    }
    // Every other one is of known length.
    if (index % 2 === 0) response.setHeader('content-length', SIZE);
    Readable.from(bytesOf(index), { objectMode: false }).pipe(response);
  });
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener({ routes: [forward('cart', { timeout: '0s' })] })], [cluster('cart', [backend.port])]),
    '--concurrency',
    '1',
  );
  const pid = sidecar.child.pid as number;
  const before = residentMemory(pid);
  let highest = before;
  const watch = setInterval(() => {
    highest = Math.max(highest, residentMemory(pid));
  }, 50);
  t.after(() => clearInterval(watch));
  const ask = async (
    path: string,
    headers: http.OutgoingHttpHeaders = {},
    body?: Readable,
  ): Promise<http.IncomingMessage> => {
    const method = body ? 'POST' : 'GET';
    const request = http.request({ port: sidecar.port(), host: '127.0.0.1', path, method, headers, agent: false });
    if (body) body.pipe(request);
    else request.end();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return response;
  };

  await t.test('downwards', async () => {
    const got = await Promise.all(digests.map(async (_, index) => digestOf(await ask(`/down/${index}`), index > 0)));
    assert.deepEqual(got, digests);
  });
  await t.test('upwards', async () => {
    const got = await Promise.all(
      digests.map(async (_, index) => {
        const headers = index % 2 === 0 ? { 'content-length': SIZE } : {};
        const response = await ask(`/up/${index}`, headers, Readable.from(bytesOf(index), { objectMode: false }));
        return Buffer.concat(await response.toArray()).toString();
      }),
    );
    assert.deepEqual(got, digests);
  });
  const grown = highest - before;
  assert.ok(grown < 100 * MIB, `${Math.round(grown / MIB)} MiB more for 18 streams of 64 MiB`);
});
