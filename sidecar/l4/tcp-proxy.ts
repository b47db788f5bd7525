import type { Exchange, Peer } from '../core/exchange.ts';
import type { Wire } from '../core/wire.ts';
import type { TcpContext } from './context.ts';
import { tcpExchange } from './tcp-exchange.ts';
import { TcpSession, type TcpSessionOwner } from './tcp-session.ts';

/** A connection as the proxy takes it over. */
export interface Accepted {
  readonly wire: Wire;
  readonly peer: Peer;
  /** What the client asked for by TLS, '' = nothing. */
  readonly serverName: string;
  /** Where it was going; see FirstByte. */
  readonly destination: string;
}

/** Hears who spoke first on a connection to `destination`: servers that do so should not have to wait. */
export type FirstByte = (destination: string, fromServer: boolean) => void;

/** The connections of one TCP filter chain in one worker. The context is replaced when its configuration changes. */
export class TcpProxy implements TcpSessionOwner {
  context: TcpContext;
  readonly #sessions = new Map<TcpSession, Accepted>();
  readonly #onFirstByte: FirstByte;

  constructor(context: TcpContext, onFirstByte: FirstByte) {
    this.context = context;
    this.#onFirstByte = onFirstByte;
  }

  get connections(): number {
    return this.#sessions.size;
  }

  /** Serves a connection. Bytes of it that were read already go to the sink of its wire then. */
  serve(accepted: Accepted): void {
    const { context } = this;
    const { wire, peer, serverName } = accepted;
    context.stats.downstreamCxTotal.inc();
    context.stats.downstreamCxActive.inc();
    // Asked as long as the connection is there to ask.
    if (context.accessLog !== null) void [peer.remoteAddress, peer.localAddress, peer.remotePort, peer.localPort];
    const session = new TcpSession(wire, serverName, context, this);
    this.#sessions.set(session, accepted);
    session.begin();
  }

  onFirstByte(session: TcpSession, fromServer: boolean): void {
    const accepted = this.#sessions.get(session);
    if (accepted) this.#onFirstByte(accepted.destination, fromServer);
  }

  onOver(session: TcpSession): void {
    const accepted = this.#sessions.get(session);
    if (!accepted) return;
    this.#sessions.delete(session);
    const { stats, accessLog } = session.context;
    stats.downstreamCxActive.add(-1);
    if (accessLog !== null) accessLog.record(exchangeOf(session, accepted.peer));
  }
}

/** A connection as the access log knows it. */
function exchangeOf(session: TcpSession, peer: Peer): Exchange {
  const x = tcpExchange(peer, session.serverName, session.started);
  x.flags = session.flags;
  x.detail = session.detail;
  x.cluster = session.cluster;
  x.upstream = session.upstream;
  x.attempts = session.attempts;
  x.bytesReceived = session.bytesReceived;
  x.bytesSent = session.bytesSent;
  x.ended = session.context.turn.now;
  return x;
}
