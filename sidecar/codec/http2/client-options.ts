import type { ClientSession } from './client-session.ts';
import type { ConnectionOptions } from './connection.ts';
import { TABLE_BYTES } from './hpack-decoder.ts';

/** What the connections of a cluster go by. Milliseconds, 0 = never. */
export interface ClientOptions extends ConnectionOptions {
  /** `:scheme` of requests: 'http', or 'https' over TLS. */
  readonly scheme: string;
  /** Most streams at a time, whatever more the server allows. */
  readonly maxConcurrentStreams: number;
  /** Envoy's connection_keepalive: a PING when nothing came for `interval`, and how long its answer may take. */
  readonly keepaliveInterval: number;
  readonly keepaliveTimeout: number;
  /** Its connection_idle_interval: a stream that begins after so much silence sends a PING ahead. */
  readonly keepaliveIdle: number;
  /** How long data may wait for a server that opens no window. */
  readonly stallTimeout: number;
}

/**
 * A quarter of a MiB, nearly: servers on nghttp2 that have just filled a window to the byte when their body ends may send
 * RST_STREAM in place of END_STREAM, and bodies have round sizes.
 */
const ODD_WINDOW = 262_139;

export const DEFAULT_CLIENT_OPTIONS: ClientOptions = {
  scheme: 'http',
  maxHeadBytes: 60 * 1024,
  maxHeaders: 100,
  streamWindow: ODD_WINDOW,
  connectionWindow: 64 * ODD_WINDOW,
  tableBytes: TABLE_BYTES,
  maxConcurrentStreams: 1024,
  keepaliveInterval: 0,
  keepaliveTimeout: 20_000,
  keepaliveIdle: 0,
  stallTimeout: 60_000,
};

/** The pool that a connection belongs to. */
export interface ClientSessionOwner {
  /** It can take a stream more than before: one is over (this comes before its sink's `onEnd`), or the server allows more. */
  onFree(session: ClientSession): void;
  /** It takes no new streams any more; those under way go on. Called at most once, and not when it is gone at once. */
  onDraining(session: ClientSession): void;
  /** The connection is gone; called once, whatever the reason, after its streams have failed. */
  onGone(session: ClientSession): void;
}
