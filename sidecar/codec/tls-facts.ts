import type { TLSSocket } from 'node:tls';
import type { TlsFacts } from '../core/tls.ts';

/** What a finished handshake agreed on. `serverName`: what the client asked for. */
export function tlsFacts(socket: TLSSocket, serverName: string): TlsFacts {
  const certificate = socket.getPeerX509Certificate();
  // Certificates of SPIFFE have an empty subject, and Node none then, whatever its types say.
  const subject: string | undefined = certificate?.subject;
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.name ?? '',
    serverName,
    protocol: socket.alpnProtocol || '',
    // OpenSSL has a line per part, the outermost first.
    peerSubject: certificate === undefined ? null : (subject ?? '').split('\n').reverse().join(','),
  };
}
