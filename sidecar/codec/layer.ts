import type { Failure } from '../core/outcome.ts';
import type { TlsFacts } from '../core/tls.ts';
import type { StreamSocket } from './stream-socket.ts';

/** What stands between a wire and its connection: TLS, or a socket that does not read into our buffer. */
export interface Layer {
  /** Null until a handshake is over. */
  tls: TlsFacts | null;
  /** Why TLS could not be agreed on. */
  refusal: Failure | null;
  /** The connection below; null = it cannot be reached. */
  readonly beneath: StreamSocket | null;
}
