import type { SocketWire } from '../codec/socket.ts';
import type { Sniffed } from './chain-index.ts';

/** A filter chain at work: it serves the connections that were chosen for it. */
export interface Chain {
  /** Connections that are open. */
  readonly connections: number;
  /** Serves a connection. `sniffed`: what its first bytes told, which go to `wire.sink` after this; null = none came yet. */
  take(wire: SocketWire, sniffed: Sniffed | null): void;
  /** Responses say from now on that the connection closes; connections are still taken (decision D13). */
  announceClose(): void;
  /** No connection will come any more: closes those without a request, and the others after the response under way. */
  close(): void;
}
