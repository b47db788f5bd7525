import type { StreamSocket } from '../codec/stream-socket.ts';
import type { Peer } from '../core/exchange.ts';
import type { TlsFacts } from '../core/tls.ts';

/** The addresses of a connection, asked of the system when first needed and then kept: also after it is gone. */
export class SocketPeer implements Peer {
  readonly tls: TlsFacts | null;
  readonly #socket: StreamSocket;
  #remote: string | undefined;
  #local: string | undefined;

  constructor(socket: StreamSocket, tls: TlsFacts | null = null) {
    this.#socket = socket;
    this.tls = tls;
  }

  get remoteAddress(): string {
    this.#remote ??= plain(this.#socket.remoteAddress);
    return this.#remote ?? '';
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  get localAddress(): string {
    this.#local ??= plain(this.#socket.localAddress);
    return this.#local ?? '';
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }
}

/** An IPv4 client of a dual-stack socket is an IPv4 client. */
function plain(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') ? address.slice(7) : address;
}
