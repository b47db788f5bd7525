/**
 * The ends of the TCP bench, a program of its own so that it has the other core:
 *   node tcp-peer.ts serve            a sink and an echo server; prints their ports. Both answer a GET, so that one can see whether a
 *                                     proxy in front of them forwards
 *   node tcp-peer.ts stream PORT MIB  sends so much in one stream; the sink says how much came
 *   node tcp-peer.ts short PORT COUNT so many connections, each for 100 bytes there and back
 */
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';

const MIB = 1 << 20;
/** Connections that are under way at the same time. */
const PARALLEL = 32;

async function listening(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1', 4096);
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
const asksHttp = (chunk: Buffer): boolean => chunk.subarray(0, 4).equals(Buffer.from('GET '));

async function serve(): Promise<void> {
  const sink = net.createServer({ allowHalfOpen: true }, (socket) => {
    let bytes = 0;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      if (bytes === 0 && asksHttp(chunk)) socket.end(ANSWER);
      bytes += chunk.length;
    });
    socket.on('end', () => socket.end(String(bytes)));
  });
  const echo = net.createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => (asksHttp(chunk) ? socket.end(ANSWER) : socket.write(chunk)));
  });
  console.log(JSON.stringify({ sink: await listening(sink), echo: await listening(echo) }));
}

async function stream(port: number, mebibytes: number): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  const piece = Buffer.alloc(MIB, 'aya');
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  for (let sent = 0; sent < mebibytes; sent += 1) if (!socket.write(piece)) await once(socket, 'drain');
  socket.end();
  await once(socket, 'close');
  if (Number(answer) !== mebibytes * MIB) throw new Error(`${answer} bytes came of ${mebibytes * MIB}`);
}

async function one(port: number, message: Buffer): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(message);
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes === message.length) socket.end();
  });
  await once(socket, 'close');
  if (bytes !== message.length) throw new Error(`${bytes} bytes came back of ${message.length}`);
}

async function short(port: number, count: number): Promise<void> {
  const message = Buffer.alloc(100, 'aya');
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await one(port, message);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, caller));
}

const [what, port, amount] = process.argv.slice(2);
if (what === 'serve') await serve();
else if (what === 'stream') await stream(Number(port), Number(amount));
else if (what === 'short') await short(Number(port), Number(amount));
else throw new Error('serve, stream or short');
