import type net from 'node:net';
import type { Reader } from './bare-socket.ts';
import type { Layer } from './layer.ts';
import { SocketWire } from './socket.ts';
import type { SocketContext } from './socket-context.ts';

/** Takes a socket that cannot read into our buffer: its 'data' events bring buffers of their own. */
export function adoptedSocket(context: SocketContext, socket: net.Socket, layer: Layer): SocketWire {
  const make = (wire: Reader): net.Socket => socket.on('data', (chunk: Buffer) => wire.callback(chunk.length, chunk));
  return new SocketWire(context, make, layer);
}
