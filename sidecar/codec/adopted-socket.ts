import type net from 'node:net';
import type { Layer } from './layer.ts';
import { SocketWire } from './socket.ts';
import type { SocketContext } from './socket-context.ts';

/** Takes a socket that cannot read into our buffer: its 'data' events bring buffers of their own. */
export function adoptedSocket(context: SocketContext, socket: net.Socket, layer: Layer): SocketWire {
  const make = ({ callback }: net.OnReadOpts): net.Socket =>
    socket.on('data', (chunk: Buffer) => callback(chunk.length, chunk));
  return new SocketWire(context, make, layer);
}
