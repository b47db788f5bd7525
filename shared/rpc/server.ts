import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '../time/clock.ts';
import { type Method, type RequestOf, serverMethod } from './methods.ts';
import { commonOptions, defaultKeepalive, type Keepalive } from './options.ts';
import { type StatusName, statusNames } from './status.ts';

/** More than this many bytes that the peer has not taken yet, and `write` says false. */
const highWaterBytes = 64 * 1024;

/** The server's side of one open stream. After `onClose` every call does nothing. */
export interface ServerStream {
  /** Where the client's end of the connection is. */
  readonly peer: { readonly address: string; readonly port: number };
  /**
   * Sends one encoded response; the bytes must not change any more. False asks to send nothing further until `onDrain`:
   * the peer is slow. What is written all the same is kept and sent in order.
   */
  write(bytes: Uint8Array): boolean;
  /** Ends the stream with OK, after what was written. */
  end(): void;
  /** Ends the stream with an error, after what was written. */
  fail(code: StatusName, details: string): void;
}

/** What a handler wants to hear of one stream. */
export interface ServerStreamEvents<Request> {
  onMessage(message: Request): void;
  /** The peer has taken everything, after a `write` that said false. */
  onDrain?(): void;
  /** The client sends no more; the stream stays open the other way. Without it, the stream is ended. */
  onHalfClose?(): void;
  /** Exactly once, and last: the stream is over, whoever ended it. */
  onClose(): void;
}

/** Called for each new stream of a method; methods without a handler answer UNIMPLEMENTED. */
export type Handlers = { [M in Method]?: (stream: ServerStream) => ServerStreamEvents<RequestOf<M>> };

export interface RpcServer {
  /** Binds and serves; resolves with the port (0 asks for a free one). Rejects with a sentence for people. */
  listen(host: string, port: number): Promise<number>;
  /** Stops accepting, ends open streams as UNAVAILABLE, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** A gRPC server, plaintext. */
export function createRpcServer(handlers: Handlers, clock: Clock, keepalive: Keepalive = defaultKeepalive): RpcServer {
  const server = new Server(commonOptions(keepalive));
  const open = new Set<ServerStream>();
  for (const method of Object.keys(handlers) as Method[]) addMethod(server, open, method, handlers);

  return {
    listen(host, port) {
      const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      return new Promise((resolve, reject) => {
        server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
          if (!error) return resolve(bound);
          const reason = /EADDRINUSE/.test(error.message) ? 'the address is in use' : error.message;
          reject(new Error(`cannot listen on ${address}: ${reason}`));
        });
      });
    },
    close(graceMs) {
      return new Promise((resolve) => {
        const cancel = clock.after(graceMs, () => server.forceShutdown());
        for (const stream of open) stream.fail('UNAVAILABLE', 'the server is shutting down');
        server.tryShutdown(() => {
          cancel();
          resolve();
        });
      });
    },
  };
}

function addMethod<M extends Method>(server: Server, open: Set<ServerStream>, method: M, handlers: Handlers): void {
  const handler = handlers[method];
  if (!handler) return;
  server.addService(
    { [method]: serverMethod(method) },
    {
      [method]: (call: ServerDuplexStream<RequestOf<M>, Uint8Array>) => {
        const stream = new Stream(call);
        open.add(stream);
        const events: ServerStreamEvents<RequestOf<M>> = handler(stream);
        stream.begin(events, () => open.delete(stream));
      },
    },
  );
}

class Stream<Request> implements ServerStream {
  readonly peer: { readonly address: string; readonly port: number };
  readonly #call: ServerDuplexStream<Request, Uint8Array>;
  #pendingBytes = 0;
  #wantsDrain = false;
  #ended = false;
  #onDrain: (() => void) | undefined;

  constructor(call: ServerDuplexStream<Request, Uint8Array>) {
    this.#call = call;
    this.peer = parsePeer(call.getPeer());
  }

  begin(events: ServerStreamEvents<Request>, after: () => void): void {
    this.#onDrain = () => events.onDrain?.();
    this.#call.on('data', (message: Request) => {
      if (!this.#call.destroyed) events.onMessage(message);
    });
    this.#call.on('end', () => (events.onHalfClose ? events.onHalfClose() : this.end()));
    this.#call.once('close', () => {
      this.#ended = true;
      after();
      events.onClose();
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended) return false;
    this.#pendingBytes += bytes.length;
    this.#call.write(bytes, (error?: Error | null) => {
      this.#pendingBytes -= bytes.length;
      if (error || this.#ended || !this.#wantsDrain || this.#pendingBytes > 0) return;
      this.#wantsDrain = false;
      this.#onDrain?.();
    });
    if (this.#pendingBytes <= highWaterBytes) return true;
    this.#wantsDrain = true;
    return false;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#call.end();
  }

  fail(code: StatusName, details: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#call.emit('error', { code: statusNames.indexOf(code), details });
  }
}

/** grpc-js joins address and port with a colon, IPv6 or not; IPv4 in IPv6 clothes becomes IPv4. */
function parsePeer(peer: string): { address: string; port: number } {
  const at = peer.lastIndexOf(':');
  return { address: peer.slice(0, at).replace(/^::ffff:/, ''), port: Number(peer.slice(at + 1)) };
}
