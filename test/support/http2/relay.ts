import net from 'node:net';
import { DEFAULT_CLIENT_OPTIONS } from '../../../sidecar/codec/http2/client-options.ts';
import { ClientSession } from '../../../sidecar/codec/http2/client-session.ts';
import { DEFAULT_SERVER_SETTINGS, type ServerSettings } from '../../../sidecar/codec/http2/server-options.ts';
import { ServerSession } from '../../../sidecar/codec/http2/server-session.ts';
import { SocketWire } from '../../../sidecar/codec/socket.ts';
import type { AttemptSink, ClientStream, Exchange, RequestSink } from '../../../sidecar/core/exchange.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import { FAILURE, type Failure } from '../../../sidecar/core/outcome.ts';
import { Acceptor } from '../../../sidecar/listener/acceptor.ts';
import { SocketPeer } from '../../../sidecar/listener/peer.ts';
import { PATIENT, realTurns } from './node.ts';

/** The downstream half of one exchange that is passed on as it is: the least that a proxy does. */
class Relay implements RequestSink {
  readonly x: Exchange;
  stream: ClientStream | null = null;

  constructor(x: Exchange) {
    this.x = x;
  }

  launch(session: ClientSession | null): void {
    const { x } = this;
    const answer = new RelayAnswer(this);
    if (session === null || session.available === 0) return answer.onFailure(FAILURE.overflow);
    this.stream = session.lease();
    this.stream.start(x.method, x.authority, x.path, x.headers, x.bodyLength, answer);
  }

  onData(chunk: Uint8Array): boolean {
    return this.stream === null || this.stream.write(chunk);
  }

  onEnd(trailers: HeaderList | null): void {
    this.stream?.end(trailers);
  }

  onAbort(): void {
    this.stream?.cancel();
    this.stream = null;
  }

  onDrain(): void {
    this.stream?.resume();
  }
}

class RelayAnswer implements AttemptSink {
  readonly #relay: Relay;

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  onInform(status: number, headers: HeaderList): void {
    this.#relay.x.stream.inform(status, headers);
  }

  onStart(status: number, headers: HeaderList, length: number): void {
    this.#relay.x.status = status;
    this.#relay.x.stream.respond(status, headers, length);
  }

  onData(chunk: Uint8Array): boolean {
    return this.#relay.x.stream.write(chunk);
  }

  onEnd(trailers: HeaderList | null): void {
    this.#relay.stream = null;
    this.#relay.x.stream.end(trailers);
  }

  onFailure(failure: Failure): void {
    const { x } = this.#relay;
    this.#relay.stream = null;
    if (x.status > 0) return x.stream.reset();
    const text = Buffer.from(failure.detail);
    x.stream.respond(failure.status, HeaderList.of('content-type', 'text/plain'), text.length);
    x.stream.write(text);
    x.stream.end(null);
  }

  onDrain(): void {
    this.#relay.x.stream.resume();
  }
}

export interface RunningRelay {
  readonly port: number;
  close(): void;
}

/** Passes all requests from `port` (0 = any) on to one connection to `upstream`, both HTTP/2 in clear text. */
export async function startRelay(
  upstream: number,
  port = 0,
  settings: ServerSettings = DEFAULT_SERVER_SETTINGS,
): Promise<RunningRelay> {
  const turns = realTurns();
  let session: ClientSession | null = null;
  const wire = await new Promise<SocketWire>((resolve) => {
    const dialled = SocketWire.dialled(turns.sockets, '127.0.0.1', upstream, () => resolve(dialled));
  });
  session = new ClientSession(wire, DEFAULT_CLIENT_OPTIONS, turns, {
    onFree() {},
    onDraining() {},
    onGone() {
      session = null;
    },
  });
  const context = turns.serverContext({
    begin(x) {
      const relay = new Relay(x);
      relay.launch(session);
      return relay;
    },
  });
  const sessions = new Set<ServerSession>();
  const acceptor = new Acceptor(turns.sockets, (downstream) => {
    sessions.add(new ServerSession(downstream, new SocketPeer(downstream.socket), PATIENT, settings, context));
  });
  await acceptor.listen(new net.BoundSocket({ host: '127.0.0.1', port }), 128);
  return {
    port: acceptor.address.port,
    close() {
      acceptor.close();
      for (const each of sessions) each.destroy();
      session?.destroy();
    },
  };
}
