import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, test } from 'node:test';
import tls from 'node:tls';
import { BareSocket } from '../../sidecar/codec/bare-socket.ts';
import { selfSigned } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';

const server = net.createServer({ allowHalfOpen: true });
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as net.AddressInfo;
after(() => server.close());

/** A bare socket, what became of it, and the ordinary socket at the other end. */
async function connected(onConnected: (socket: BareSocket) => void = () => {}) {
  const said: string[] = [];
  const read: Buffer[] = [];
  const buffer = Buffer.alloc(64 * 1024);
  let fresh = true;
  const reader = {
    buffer: () => {
      const next = fresh ? buffer : null;
      fresh = false;
      return next;
    },
    callback: (length: number, from: Buffer) => void read.push(Buffer.from(from.subarray(0, length))),
  };
  const accepted = once(server, 'connection') as Promise<[net.Socket]>;
  const socket = BareSocket.dialled('127.0.0.1', port, reader, () => {
    onConnected(socket);
    said.push('connected');
  });
  socket.events = {
    drained: () => said.push('drained'),
    eof: () => said.push('eof'),
    failed: ({ code }) => said.push(code ?? ''),
    closed: () => said.push('closed'),
  };
  const [peer] = await accepted;
  peer.on('error', () => {});
  await eventually(() => said.includes('connected'));
  after(() => peer.destroy());
  return { socket, said, peer, text: () => Buffer.concat(read).toString('latin1') };
}

/** All that comes to `peer` up to its end. */
async function all(peer: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  peer.on('data', (chunk: Buffer) => chunks.push(chunk));
  peer.resume();
  await once(peer, 'end');
  return Buffer.concat(chunks);
}

test('this Node has what bare sockets need', () => {
  // If this fails, Node has changed: connections are ordinary sockets then, and cost more.
  assert.equal(BareSocket.possible, true);
});

test('text and bytes go both ways', async () => {
  const { socket, peer, text } = await connected();
  socket.write('caf\u00e9', 'latin1');
  const [chunk] = (await once(peer, 'data')) as [Buffer];
  assert.equal(chunk.toString('latin1'), 'caf\u00e9');
  peer.write('back');
  await eventually(() => text() === 'back');
  assert.equal(socket.remotePort, port);
  assert.equal(socket.localPort, peer.remotePort);
  socket.destroy();
});

test('after the FIN of one side the other goes on, and after both it closes', async () => {
  const { socket, said, peer, text } = await connected();
  socket.write('last');
  socket.end();
  socket.write('too late');
  assert.equal((await all(peer)).toString(), 'last');
  peer.end('answer');
  await eventually(() => said.includes('closed'));
  assert.equal(text(), 'answer');
  assert.deepEqual(said, ['connected', 'eof', 'closed']);
});

test('a peer that ends first still gets what is written, until this side ends', async () => {
  const { socket, said, peer } = await connected();
  peer.end();
  await eventually(() => said.includes('eof'));
  assert.equal(socket.readableEnded, true);
  socket.write('more');
  socket.end();
  assert.equal((await all(peer)).toString(), 'more');
  await eventually(() => said.includes('closed'));
  assert.deepEqual(said, ['connected', 'eof', 'closed']);
});

test('what the system does not take at once goes on in order, and is said to be gone', async () => {
  const { socket, said, peer } = await connected();
  const sent: Buffer[] = [];
  const send = (bytes: Buffer, text: boolean): boolean => {
    sent.push(bytes);
    return text ? socket.write(bytes.toString('latin1'), 'latin1') : socket.write(bytes);
  };
  peer.pause();
  let flows = true;
  for (let at = 0; flows; at += 1) flows = send(Buffer.alloc(50_000 + at, at), at % 2 === 0);
  assert.ok(socket.writableLength >= 64 * 1024);
  socket.cork();
  for (let at = 0; at < 5; at += 1) send(Buffer.alloc(10_000, 100 + at), at % 2 === 0);
  socket.uncork();
  const received = all(peer);
  await eventually(() => said.includes('drained'), 5_000);
  assert.equal(socket.writableLength, 0);
  socket.end();
  assert.ok((await received).equals(Buffer.concat(sent)));
});

test('gathered chunks leave in order, and more of them than is good is said', async () => {
  const { socket, peer } = await connected();
  socket.cork();
  assert.equal(socket.write('head ', 'latin1'), true);
  assert.equal(socket.write(Buffer.alloc(70_000, 'x')), false);
  socket.write(' tail', 'latin1');
  socket.end();
  assert.equal((await all(peer)).toString(), `head ${'x'.repeat(70_000)} tail`);
  socket.destroy();
});

test('nothing is read while it is paused', async () => {
  const { socket, peer, text } = await connected();
  socket.pause();
  peer.write('a');
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.equal(text(), '');
  socket.resume();
  await eventually(() => text() === 'a');
  socket.destroy();
});

test('a reset is told to the other side, and heard from it', async () => {
  const first = await connected();
  const lost = once(first.peer, 'error') as Promise<[NodeJS.ErrnoException]>;
  first.peer.resume();
  first.socket.resetAndDestroy();
  assert.equal((await lost)[0].code, 'ECONNRESET');
  await eventually(() => first.said.includes('closed'));

  const { socket, said, peer } = await connected();
  peer.resetAndDestroy();
  await eventually(() => said.includes('closed'));
  assert.deepEqual(said, ['connected', 'ECONNRESET', 'closed']);
  // Nothing happens any more.
  assert.equal(socket.write('x', 'latin1'), true);
  socket.end();
  socket.destroy();
});

test('a connection that is refused says why, and closes', async () => {
  const closed = net.createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port: nobody } = closed.address() as net.AddressInfo;
  closed.close();
  await once(closed, 'close');
  const said: string[] = [];
  const reader = { buffer: () => Buffer.alloc(10), callback: () => {} };
  const socket = BareSocket.dialled('127.0.0.1', nobody, reader, () => said.push('connected'));
  socket.events = {
    drained() {},
    eof() {},
    failed: ({ code }) => said.push(code ?? ''),
    closed: () => said.push('closed'),
  };
  await eventually(() => said.includes('closed'));
  assert.deepEqual(said, ['ECONNREFUSED', 'closed']);
});

test('TLS can stand on it, also when the first bytes were read already', async (t) => {
  const certificate = selfSigned('a.example');
  if (!certificate) return t.skip('no openssl here');
  const { socket, said, peer, text } = await connected();
  const client = tls.connect({ socket: peer, rejectUnauthorized: false });
  client.on('error', () => {});
  await eventually(() => text().length > 0);
  const bytes = Buffer.from(text(), 'latin1');
  const below = socket.toSocket();
  below.unshift(bytes);
  const secure = new tls.TLSSocket(below, { isServer: true, secureContext: tls.createSecureContext(certificate) });
  secure.on('data', (chunk: Buffer) => secure.write(`you said ${chunk}`));
  client.write('hello');
  const [answer] = (await once(client, 'data')) as [Buffer];
  assert.equal(answer.toString(), 'you said hello');
  assert.equal(socket.remotePort, port);
  client.destroy();
  secure.destroy();
  assert.deepEqual(said, ['connected']);
});

test('one that is given up with bytes queued, or before it stands, closes once', async () => {
  const { socket, said, peer } = await connected();
  peer.pause();
  while (socket.write(Buffer.alloc(100_000)));
  socket.destroy();
  socket.destroy();
  await eventually(() => said.includes('closed'));
  assert.deepEqual(said, ['connected', 'closed']);

  const early: string[] = [];
  const reader = { buffer: () => Buffer.alloc(10), callback: () => {} };
  const other = BareSocket.dialled('127.0.0.1', port, reader, () => early.push('connected'));
  other.events = { drained() {}, eof() {}, failed: () => early.push('failed'), closed: () => early.push('closed') };
  other.resetAndDestroy();
  await eventually(() => early.includes('closed'));
  assert.deepEqual(early, ['closed']);
});

/** More than the system takes of somebody whose peer does not read. */
const MUCH = Buffer.alloc(32 * 1024 * 1024, 'x');

test('one that is reset while its FIN waits behind what is queued closes, too', async () => {
  const { socket, said, peer } = await connected();
  peer.pause();
  assert.equal(socket.write(MUCH), false);
  socket.end();
  socket.resetAndDestroy();
  await eventually(() => said.includes('closed'), 2_000);
  assert.deepEqual(said, ['connected', 'closed']);
  assert.ok((await all(peer)).length < MUCH.length);
});

test('one that ends as it begins ends once, behind what is queued', async () => {
  const { socket, said, peer } = await connected((one) => {
    one.write(MUCH);
    one.end();
  });
  peer.end();
  await eventually(() => said.includes('eof'));
  assert.equal((await all(peer)).length, MUCH.length);
  await eventually(() => said.includes('closed'));
  assert.equal(socket.writableLength, 0);
});

test('one that is paused and goes on as it begins reads', async () => {
  const { said, peer, text, socket } = await connected((one) => {
    one.pause();
    one.resume();
  });
  peer.write('hello');
  await eventually(() => text() === 'hello');
  assert.deepEqual(said, ['connected']);
  socket.destroy();
});

test('what is gathered counts with what is queued', async () => {
  const { socket, said, peer } = await connected();
  peer.pause();
  let queued = 0;
  // Until the system takes no more; less is queued than is too much.
  while (socket.writableLength === 0) {
    socket.write(MUCH.subarray(0, 40_000));
    queued += 40_000;
  }
  const before = socket.writableLength;
  assert.ok(before < 64 * 1024);
  socket.cork();
  assert.equal(socket.write(MUCH.subarray(0, 40_000)), before + 40_000 < 64 * 1024);
  socket.uncork();
  const received = all(peer);
  await eventually(() => said.includes('drained'));
  socket.end();
  peer.end();
  assert.equal((await received).length, queued + 40_000);
});
