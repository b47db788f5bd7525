import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { TestContext } from 'node:test';

/** A server on a free port of 127.0.0.1 for the length of one test. */
export class Backend {
  readonly port: number;
  /** Connections accepted so far. */
  accepted = 0;
  /** Requests that came so far: heads for an HTTP backend, connections with a byte for a raw one. */
  requests = 0;
  /** Under way now, and the most that ever were at the same time. */
  active = 0;
  mostActive = 0;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  constructor(server: net.Server) {
    this.#server = server;
    this.port = (server.address() as net.AddressInfo).port;
    server.on('connection', (socket: net.Socket) => this.#accepted(socket));
  }

  /** Connections open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  begin(): void {
    this.requests += 1;
    this.active += 1;
    this.mostActive = Math.max(this.mostActive, this.active);
  }

  end(): void {
    this.active -= 1;
  }

  /** Closes all connections that are open. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.disconnect();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accepted(socket: net.Socket): void {
    this.accepted += 1;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

async function listening(t: Pick<TestContext, 'after'>, server: net.Server, port: number): Promise<Backend> {
  server.listen(port, '127.0.0.1', 4096);
  await once(server, 'listening');
  const backend = new Backend(server);
  t.after(() => backend.close());
  return backend;
}

export type Answer = (request: http.IncomingMessage, response: http.ServerResponse, backend: Backend) => void;

/** An HTTP/1.1 server that answers by `answer`; 200 with the path as body when absent. */
export async function httpBackend(
  t: Pick<TestContext, 'after'>,
  answer: Answer = echoPath,
  port = 0,
): Promise<Backend> {
  const server = http.createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 });
  const backend = await listening(t, server, port);
  const take: Answer = (request, response) => {
    backend.begin();
    response.on('close', () => backend.end());
    request.on('error', () => {});
    answer(request, response, backend);
  };
  server.on('request', take);
  server.on('checkContinue', take);
  return backend;
}

const echoPath: Answer = (request, response) => response.end(request.url);

/** A TCP server: `talk` gets each connection. */
export async function rawBackend(
  t: TestContext,
  talk: (socket: net.Socket, backend: Backend) => void,
  port = 0,
): Promise<Backend> {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true });
  const backend = await listening(t, server, port);
  server.on('connection', (socket) => {
    socket.once('data', () => {
      backend.requests += 1;
    });
    talk(socket, backend);
  });
  return backend;
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function deafPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
