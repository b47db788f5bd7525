import net from 'node:net';
import { DEFAULT_SERVER_SETTINGS } from '../../sidecar/codec/http2/server-options.ts';
import { ServerSession } from '../../sidecar/codec/http2/server-session.ts';
import type { SocketWire } from '../../sidecar/codec/socket.ts';
import type { Exchange, RequestSink } from '../../sidecar/core/exchange.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { Acceptor } from '../../sidecar/listener/acceptor.ts';
import { SocketPeer } from '../../sidecar/listener/peer.ts';
import { PATIENT, realTurns } from '../support/http2/node.ts';

/**
 * An HTTP/2 server on our codec alone, for judges from outside: answers a request when it is complete, with its body, or
 * with a text when it has none. Prints its port.
 */
const turns = realTurns();

class Answer implements RequestSink {
  readonly #x: Exchange;
  #size = 0;

  constructor(x: Exchange) {
    this.#x = x;
  }

  onData(chunk: Uint8Array): boolean {
    if (this.#size === 0) this.#x.stream.respond(200, HeaderList.of('server', 'aya'), -1);
    this.#size += chunk.length;
    return this.#x.stream.write(chunk);
  }

  onEnd(trailers: HeaderList | null): void {
    const { stream } = this.#x;
    if (this.#size === 0) {
      const text = Buffer.from('an answer of the HTTP/2 codec\n');
      stream.respond(200, HeaderList.of('server', 'aya', 'content-type', 'text/plain'), text.length);
      stream.write(text);
    }
    stream.end(trailers);
  }

  onAbort(): void {}

  onDrain(): void {
    this.#x.stream.resume();
  }
}

const context = turns.serverContext({ begin: (x: Exchange) => new Answer(x) });
const bound = new net.BoundSocket({ host: '127.0.0.1', port: Number(process.argv[2] ?? 0) });
const acceptor = new Acceptor(turns.sockets, (wire: SocketWire) => {
  new ServerSession(wire, new SocketPeer(wire.socket), PATIENT, DEFAULT_SERVER_SETTINGS, context);
});
await acceptor.listen(bound, 128);
console.log(acceptor.address.port);
