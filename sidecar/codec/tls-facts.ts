import type { TLSSocket } from 'node:tls';
import type { TlsFacts } from '../core/tls.ts';

/** What a finished handshake agreed on. `serverName`: what the client asked for. */
export function tlsFacts(socket: TLSSocket, serverName: string): TlsFacts {
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.name ?? '',
    serverName,
    protocol: socket.alpnProtocol || '',
    // OpenSSL has a line per part, the outermost first.
    peerSubject: socket.getPeerX509Certificate()?.subject.split('\n').reverse().join(',') ?? null,
  };
}
