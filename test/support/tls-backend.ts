import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import type net from 'node:net';
import type { TestContext } from 'node:test';
import type tls from 'node:tls';

/** A server within TLS on a free port of 127.0.0.1. */
export interface TlsBackend {
  readonly port: number;
  /** What is known of each connection: ALPN, server name, resumed, subject of the client's certificate. */
  readonly connections: {
    readonly alpn: string;
    readonly name: string;
    readonly reused: boolean;
    readonly peer: string;
  }[];
  /** Other certificates from the next handshake on. */
  use(options: tls.SecureContextOptions): void;
  /** Closes all connections that are open. */
  disconnect(): void;
  close(): void;
}

async function listening(t: TestContext, server: tls.Server, wanted = 0): Promise<TlsBackend> {
  const open = new Set<tls.TLSSocket>();
  const connections: TlsBackend['connections'] = [];
  server.on('secureConnection', (socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    connections.push({
      alpn: String(socket.alpnProtocol || ''),
      name: socket.servername ? String(socket.servername) : '',
      reused: socket.isSessionReused(),
      peer: socket.getPeerX509Certificate()?.subject ?? '',
    });
  });
  server.on('tlsClientError', () => {});
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const disconnect = (): void => {
    for (const each of open) each.destroy();
  };
  const close = (): void => {
    server.close();
    disconnect();
  };
  t.after(close);
  const { port } = server.address() as net.AddressInfo;
  return { port, connections, use: (options) => server.setSecureContext(options), disconnect, close };
}

/** Answers by HTTP/1.1: protocol, scheme by which it was asked where that is told, and path. */
export function httpsBackend(t: TestContext, options: https.ServerOptions, port = 0): Promise<TlsBackend> {
  const server = https.createServer({ keepAliveTimeout: 60_000, ...options }, ({ httpVersion, url }, response) =>
    response.end(`HTTP/${httpVersion} ${url}`),
  );
  return listening(t, server, port);
}

/** By HTTP/2, and by HTTP/1.1 too where `allowHTTP1`. */
export function http2Backend(t: TestContext, options: http2.SecureServerOptions): Promise<TlsBackend> {
  const server = http2.createSecureServer(options, (request, response) => {
    request.resume();
    response.end(`HTTP/${request.httpVersion} ${request.scheme ?? ''} ${request.url}`);
  });
  return listening(t, server as unknown as tls.Server);
}
