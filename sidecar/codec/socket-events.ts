import net from 'node:net';
import type { WireSink } from '../core/wire.ts';
import { BareSocket } from './bare-socket.ts';
import type { StreamSocket } from './stream-socket.ts';

/** Until somebody listens. */
export const deaf: WireSink = { onBytes() {}, onDrain() {}, onEof() {}, onClose() {} };

/** Who hears what becomes of a socket. */
export interface SocketEvents {
  drained(): void;
  eof(): void;
  failed(error: { readonly code?: string | undefined }): void;
  closed(): void;
}

const events = Symbol('events');
type Watched = net.Socket & { [events]: SocketEvents };

function onDrain(this: net.Socket): void {
  (this as Watched)[events].drained();
}

function onEnd(this: net.Socket): void {
  (this as Watched)[events].eof();
}

function onError(this: net.Socket, error: NodeJS.ErrnoException): void {
  (this as Watched)[events].failed(error);
}

function onClose(this: net.Socket): void {
  (this as Watched)[events].closed();
}

/** Listens by the same four functions for all sockets: an idle connection would pay for functions of its own, too. */
export function watch(socket: StreamSocket, by: SocketEvents): void {
  if (socket instanceof BareSocket) {
    socket.events = by;
    return;
  }
  if (!(socket instanceof net.Socket)) throw new TypeError('neither kind of socket');
  (socket as Watched)[events] = by;
  socket.on('drain', onDrain);
  socket.on('end', onEnd);
  socket.on('error', onError);
  socket.on('close', onClose);
}

const nobody: SocketEvents = { drained() {}, eof() {}, failed() {}, closed() {} };

/** The socket as an ordinary one that is somebody else's. An error of it must still find a listener. */
export function released(socket: StreamSocket): net.Socket {
  if (socket instanceof BareSocket) return socket.toSocket();
  if (!(socket instanceof net.Socket)) throw new TypeError('neither kind of socket');
  (socket as Watched)[events] = nobody;
  return socket;
}
