import { SocketWire } from '../codec/socket.ts';
import type { SocketContext } from '../codec/socket-context.ts';

/** Makes the connections of one pool to its endpoint. */
export interface Dialler {
  /**
   * Begins one for these protocols, the best first. `connected` is called once when it stands; when it never does, its
   * sink hears `onClose`, and `layer.refusal` tells why if it was TLS.
   */
  dial(protocols: readonly string[], connected: () => void): SocketWire;
}

/** As Envoy and ALPN call them. */
export const HTTP1: readonly string[] = ['http/1.1'];
export const HTTP2: readonly string[] = ['h2'];
/** Either, as the endpoint likes it. */
export const AUTO: readonly string[] = ['h2', 'http/1.1'];
/** For bytes that are nobody's business. */
export const ANY: readonly string[] = [];

export class PlainDialler implements Dialler {
  readonly #address: string;
  readonly #port: number;
  readonly #sockets: SocketContext;

  constructor(address: string, port: number, sockets: SocketContext) {
    this.#address = address;
    this.#port = port;
    this.#sockets = sockets;
  }

  dial(_protocols: readonly string[], connected: () => void): SocketWire {
    return SocketWire.dialled(this.#sockets, this.#address, this.#port, connected);
  }
}
