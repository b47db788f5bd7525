import type { ExchangeHandler, ServerStream } from '../../core/exchange.ts';
import type { DateText } from '../http1/date-text.ts';
import type { ConnectionContext, ConnectionOptions } from './connection.ts';
import type { BlockLimits } from './header-block.ts';
import { TABLE_BYTES } from './hpack-decoder.ts';
import type { ServerSession } from './server-session.ts';

/** What every connection of a connection manager goes by: the fields of HttpManagerPlan. Milliseconds, 0 = never. */
export interface ServerOptions extends BlockLimits {
  /** From the first frame of a header block to its last. */
  readonly headersTimeout: number;
  /** From the head of a request to its last byte; else 408. */
  readonly requestTimeout: number;
  /** A stream in which nothing moves. */
  readonly streamIdleTimeout: number;
  /** A connection without any stream. */
  readonly idleTimeout: number;
  /** After it the connection drains. */
  readonly maxConnectionDuration: number;
  /** 0 = no limit. */
  readonly maxRequestsPerConnection: number;
}

/** What is announced to clients of HTTP/2. Fixed when a connection begins. */
export interface ServerSettings extends Omit<ConnectionOptions, keyof BlockLimits> {
  readonly maxConcurrentStreams: number;
  /** RFC 8441. */
  readonly extendedConnect: boolean;
  /** How long data may wait for a client that opens no window, ms; 0 = for ever. */
  readonly stallTimeout: number;
}

export const DEFAULT_SERVER_SETTINGS: ServerSettings = {
  streamWindow: 256 * 1024,
  connectionWindow: 4 * 1024 * 1024,
  tableBytes: TABLE_BYTES,
  maxConcurrentStreams: 1024,
  extendedConnect: false,
  stallTimeout: 60_000,
};

/** Who keeps the connections, and hears of what never became an exchange. */
export interface ServerSessionOwner {
  /** The codec answered (or reset, status 0) a request by itself. `stream` only knows its peer. */
  onBadRequest(stream: ServerStream, status: number, reason: string): void;
  /** The connection ends because the client broke the protocol. */
  onProtocolError(session: ServerSession, reason: string): void;
  /** The connection is gone; called once. */
  onClosed(session: ServerSession): void;
}

/** What all connections of a listener in one thread share. */
export interface ServerContext extends ConnectionContext {
  readonly handler: ExchangeHandler;
  readonly owner: ServerSessionOwner;
  readonly date: DateText;
}
