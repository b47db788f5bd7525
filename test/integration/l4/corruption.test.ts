import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { httpBackend, rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { startSidecar } from '../../support/sidecar.ts';
import { Pieces, type Reading, readAll } from '../../support/stream.ts';
import { listenerOf, tcpChain } from '../../support/tcp-listener.ts';

/** Decision D8, rule W: bytes are handed to the system where they lie, and that memory is read into again. */

const MIB = 64;
const readers = [0, 1, 2, 3, 4, 5, 6, 7, 8];
/** The last one is fast, and so has the buffers most of the time. */
const rest = (id: number): number => (id === 8 ? 0 : 2 + id);

/** Writes pieces as fast as they are taken. */
function send(
  id: number,
  response: { write(chunk: Buffer): boolean; end(): void; on(event: 'drain', run: () => void): unknown },
): void {
  const pieces = new Pieces(id);
  let index = 0;
  const more = (): void => {
    while (index < MIB) {
      index += 1;
      if (!response.write(pieces.piece(index - 1))) return;
    }
    if (index === MIB) response.end();
    index += 1;
  };
  response.on('drain', more);
  more();
}

function get(port: number, path: string): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    http.get({ port, host: '127.0.0.1', path, agent: false }, resolve).on('error', reject);
  });
}

for (const [name, length] of [
  ['of a known length', `${MIB << 20}`],
  ['in chunks', ''],
] as const) {
  test(`eight slow readers and a fast one get their own responses ${name}, byte for byte`, async (t) => {
    const backend = await httpBackend(t, (request, response) => {
      if (length !== '') response.setHeader('content-length', length);
      send(Number(request.url?.slice(1)), response);
    });
    const forever = forward('cart', { timeout: '0s' });
    const sidecar = await startSidecar(
      t,
      bootstrap([httpListener({ routes: [forever] })], [cluster('cart', [backend.port])]),
    );
    const readings = await Promise.all(
      readers.map(async (id): Promise<Reading> => readAll(await get(sidecar.port(), `/${id}`), rest(id))),
    );
    for (const [id, reading] of readings.entries()) {
      assert.deepEqual(reading, { bytes: MIB << 20, hash: new Pieces(id).hash(MIB) });
    }
  });
}

test('eight slow readers and a fast one get their own bytes of a TCP stream, and what they send comes whole, too', async (t) => {
  const backend = await rawBackend(t, (socket) => {
    socket.once('data', (chunk: Buffer) => {
      socket.unshift(chunk.subarray(1));
      const id = chunk[0] ?? 0;
      send(id, socket);
      void readAll(socket, rest(8 - id)).then((reading) => uploads.set(id, reading));
    });
  });
  const uploads = new Map<number, Reading>();
  const sidecar = await startSidecar(t, bootstrap([listenerOf([tcpChain('db')])], [cluster('db', [backend.port])]));
  const readings = await Promise.all(
    readers.map((id) => {
      const socket = net.connect({ port: sidecar.port(), host: '127.0.0.1', allowHalfOpen: true });
      socket.write(Buffer.from([id]));
      send(id, socket);
      return readAll(socket, rest(id));
    }),
  );
  await eventually(() => uploads.size === readers.length, 30_000);
  for (const [id, reading] of readings.entries()) {
    const whole = { bytes: MIB << 20, hash: new Pieces(id).hash(MIB) };
    assert.deepEqual(reading, whole);
    assert.deepEqual(uploads.get(id), whole);
  }
});
