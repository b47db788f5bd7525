import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A gRPC server whatever is called: it answers with its name, or with the status that is first in `failures`. */
export interface NamedGrpcServer {
  readonly port: number;
  /** gRPC statuses of the next calls, taken from the front. */
  readonly failures: number[];
  stop(): void;
}

const message = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
};

/**
 * On 127.0.0.1. A request header `x-echo` comes back as a header; a method called Sleep never answers. Failures are trailers
 * only.
 */
export async function startNamedGrpcServer(name: string): Promise<NamedGrpcServer> {
  const failures: number[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => {});
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    stream.resume();
    stream.on('end', () => {
      if (String(headers[':path']).endsWith('/Sleep')) return;
      const failure = failures.shift();
      const head = { ':status': 200, 'content-type': 'application/grpc' };
      if (failure !== undefined) {
        stream.respond({ ...head, 'grpc-status': String(failure) }, { endStream: true });
        return;
      }
      const echo = headers['x-echo'];
      stream.respond({ ...head, ...(echo && { 'x-echo': String(echo) }) }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(message(name));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    failures,
    stop() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

/** A server that sends the head of a response and `body`, and then resets the stream (REFUSED_STREAM is UNAVAILABLE to gRPC). */
export async function startBrokenGrpcServer(body: Buffer): Promise<{ readonly port: number; stop(): void }> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(body, () => stream.close(constants.NGHTTP2_REFUSED_STREAM));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}
