import { Exchange, type Peer, type ServerStream } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';

/**
 * A connection as an exchange, for what else knows of requests only: the access log and faults. Version 0 stands for TCP, the
 * authority for the server name; it has no path that a rule could match.
 */
export function tcpExchange(peer: Peer, serverName: string, started: number): Exchange {
  return new Exchange({ ...silent, peer }, 0, '-', 'tcp', serverName, '-', HeaderList.of(), 0, started);
}

export const NO_PEER: Peer = { remoteAddress: '', remotePort: 0, localAddress: '', localPort: 0 };

/** Nobody answers on it. */
const silent: Omit<ServerStream, 'peer'> = {
  inform() {},
  respond() {},
  write: () => true,
  end() {},
  reset() {},
  pause() {},
  resume() {},
  idleTimeout() {},
};
