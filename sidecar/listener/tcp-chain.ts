import type { SocketWire } from '../codec/socket.ts';
import type { TcpContext } from '../l4/context.ts';
import { type FirstByte, TcpProxy } from '../l4/tcp-proxy.ts';
import type { Chain } from './chain.ts';
import type { Sniffed } from './chain-index.ts';
import { SocketPeer } from './peer.ts';

/** The connections of one TCP filter chain in one worker. What changes in its configuration is for new connections. */
export class TcpChain implements Chain {
  readonly #proxy: TcpProxy;
  readonly #destinationOf: (peer: SocketPeer) => string;

  /** `destinationOf` names where a connection was going, for `onFirstByte`. */
  constructor(context: TcpContext, destinationOf: (peer: SocketPeer) => string, onFirstByte: FirstByte) {
    this.#proxy = new TcpProxy(context, onFirstByte);
    this.#destinationOf = destinationOf;
  }

  get connections(): number {
    return this.#proxy.connections;
  }

  reconfigure(context: TcpContext): void {
    this.#proxy.context = context;
  }

  take(wire: SocketWire, sniffed: Sniffed | null): void {
    const { stats } = this.#proxy.context;
    wire.received = stats.downstreamCxRxBytesTotal;
    wire.sent = stats.downstreamCxTxBytesTotal;
    const peer = new SocketPeer(wire.socket, wire.layer?.tls ?? null);
    this.#proxy.serve({ wire, peer, serverName: sniffed?.serverName ?? '', destination: this.#destinationOf(peer) });
  }

  /** Opaque bytes have no place for an announcement. */
  announceClose(): void {}

  /** Streams end when their ends want, or when the time to drain is over. */
  close(): void {}
}
