import net from 'node:net';
import { BareSocket, type Reader } from './bare-socket.ts';

/** What a wire needs of a socket; `net.Socket` says what it all means. */
export interface StreamSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly readableEnded: boolean;
  readonly writableLength: number;
  write(text: string, encoding: 'latin1'): boolean;
  write(bytes: Uint8Array): boolean;
  cork(): void;
  uncork(): void;
  pause(): void;
  resume(): void;
  end(): void;
  destroy(): void;
  resetAndDestroy(): void;
}

/** A socket of an accepted connection that reads by `reader`. `handle` is Node's; see listener/acceptor.ts. */
export function acceptedSocket(handle: object, reader: Reader): StreamSocket {
  if (BareSocket.possible) return BareSocket.accepted(handle, reader);
  const options = { handle, allowHalfOpen: true, pauseOnCreate: false, readable: true, writable: true };
  return new net.Socket({ ...options, onread: onreadOf(reader) } as net.SocketConstructorOpts);
}

/** Begins to connect; `connected` is called once when the connection stands. */
export function diallingSocket(host: string, port: number, reader: Reader, connected: () => void): StreamSocket {
  if (BareSocket.possible && net.isIP(host) !== 0) return BareSocket.dialled(host, port, reader, connected);
  const options = { host, port, noDelay: true, allowHalfOpen: true };
  return net.connect({ ...options, onread: onreadOf(reader) }, connected);
}

/** The same for `net.Socket`. */
export function onreadOf(reader: Reader): net.OnReadOpts {
  return {
    // Node looks whether it is a buffer at all, which its types leave out.
    buffer: (() => reader.buffer()) as () => Buffer,
    callback: (length, buffer) => {
      reader.callback(length, buffer as Buffer);
      return true;
    },
  };
}
