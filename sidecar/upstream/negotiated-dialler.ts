import type { SocketWire } from '../codec/socket.ts';
import type { SocketContext } from '../codec/socket-context.ts';
import { handshakeFailure } from '../core/outcome.ts';
import { ANY, AUTO, type Dialler, HTTP1, HTTP2 } from './dialler.ts';

/** What was agreed on; where nothing was, it is HTTP/1.1. */
export function agreedOn({ layer }: SocketWire): readonly string[] {
  return layer?.tls?.protocol === 'h2' ? HTTP2 : HTTP1;
}

/**
 * For the two pools of an AutoPool: it has a connection for the first who dials, and notices when the endpoint comes to
 * speak otherwise.
 */
export class NegotiatedDialler implements Dialler {
  /** Stands, and is to be taken by the next who dials. */
  ready: SocketWire | null = null;
  readonly #dialler: Dialler;
  readonly #sockets: SocketContext;
  readonly #onOther: () => void;

  constructor(dialler: Dialler, sockets: SocketContext, onOther: () => void) {
    this.#dialler = dialler;
    this.#sockets = sockets;
    this.#onOther = onOther;
  }

  dial(protocols: readonly string[], connected: () => void): SocketWire {
    if (protocols === ANY) return this.#dialler.dial(ANY, connected);
    const { ready } = this;
    if (ready !== null) {
      this.ready = null;
      // Whoever dials knows it only after this returns.
      this.#sockets.turn.mark({ flush: connected });
      return ready;
    }
    const wire = this.#dialler.dial(AUTO, () => {
      if (agreedOn(wire) === protocols) return connected();
      this.#onOther();
      if (wire.layer !== null)
        wire.layer.refusal = handshakeFailure('the endpoint speaks another protocol than before');
      wire.destroy();
    });
    return wire;
  }
}
