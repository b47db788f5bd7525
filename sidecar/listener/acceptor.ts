import net from 'node:net';
import { adoptedSocket } from '../codec/adopted-socket.ts';
import { SocketWire } from '../codec/socket.ts';
import type { SocketContext } from '../codec/socket-context.ts';

/** The part of a listening handle that we use. Internal to Node: see "Internal to Node" in ARCHITECTURE.md. */
interface ListeningHandle {
  onconnection: (status: number, client?: AcceptedHandle) => void;
}
interface AcceptedHandle {
  setNoDelay(on: boolean): void;
}

/** A listening socket of one worker. `accept` gets each connection as a wire, its sink not yet set. */
export class Acceptor {
  readonly #server: net.Server;
  readonly #context: SocketContext;
  readonly #accept: (wire: SocketWire) => void;

  constructor(context: SocketContext, accept: (wire: SocketWire) => void) {
    this.#context = context;
    this.#accept = accept;
    // The plain way, used when the handle has no `onconnection`: works, but each read makes a buffer.
    this.#server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
      this.#take(adoptedSocket(context, socket, { tls: null, refusal: null, beneath: socket })),
    );
  }

  /** Adopts a socket that main bound, and listens. Rejects with the system's error. */
  listen(bound: net.BoundSocket, backlog: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ handle: bound, backlog }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', () => {});
        this.#hook();
        resolve();
      });
    });
  }

  get address(): net.AddressInfo {
    return this.#server.address() as net.AddressInfo;
  }

  /** Stops accepting; connections live on. */
  close(): void {
    this.#server.close();
  }

  /** Takes connections straight from the handle: no Socket with its own read buffer is made in between. */
  #hook(): void {
    const handle = (this.#server as unknown as { _handle: ListeningHandle | null })._handle;
    if (!handle || typeof handle.onconnection !== 'function') return;
    handle.onconnection = (status, client) => {
      if (status !== 0 || !client) return;
      client.setNoDelay(true);
      this.#take(SocketWire.accepted(this.#context, client));
    };
  }

  #take(wire: SocketWire): void {
    const { turn } = this.#context;
    turn.enter();
    try {
      this.#accept(wire);
    } finally {
      turn.leave();
    }
  }
}
