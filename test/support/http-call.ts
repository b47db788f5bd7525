import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { Readable } from 'node:stream';
import { eventually } from './eventually.ts';

export interface CallOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer | Readable;
  readonly agent?: http.Agent;
  readonly signal?: AbortSignal;
}

export interface CallResult {
  /** 0 when no response came. */
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly trailers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The response did not come to its end; `error` is the code, '' for none. */
  readonly truncated: boolean;
  readonly error: string;
  /** Statuses of informational responses. */
  readonly informed: readonly number[];
}

/** One request; resolves however it ends. */
export function call(port: number, options: CallOptions = {}): Promise<CallResult> {
  const { method = 'GET', path = '/', headers = {}, body, agent = new http.Agent(), signal } = options;
  const informed: number[] = [];
  return new Promise((resolve) => {
    const request = http.request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers,
      agent,
      ...(signal ? { signal } : {}),
    });
    const failed = (error: NodeJS.ErrnoException): void =>
      resolve({
        status: 0,
        headers: {},
        trailers: {},
        body: '',
        truncated: true,
        error: error.code ?? error.message,
        informed,
      });
    request.on('error', failed);
    request.on('information', ({ statusCode }) => informed.push(statusCode));
    request.on('continue', () => informed.push(100));
    request.on('response', (response) => {
      let text = '';
      let error = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', (each: NodeJS.ErrnoException) => {
        error = each.code ?? each.message;
      });
      response.on('close', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          trailers: response.trailers,
          body: text,
          truncated: !response.complete,
          error,
          informed,
        }),
      );
    });
    if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) request.end(body);
    else body.pipe(request);
  });
}

/** A bare TCP client that speaks byte by byte. */
export class RawClient {
  readonly socket: net.Socket;
  /** Everything received so far, latin1. */
  received = '';
  /** The server sent FIN, or the connection is gone. */
  ended = false;
  error = '';

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    this.socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
    });
    this.socket.on('end', () => {
      this.ended = true;
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    this.socket.on('close', () => {
      this.ended = true;
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const client = new RawClient(port);
    await once(client.socket, 'connect');
    return client;
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits until what was received contains `text`. */
  async sees(text: string, ms = 10_000): Promise<string> {
    await eventually(() => {
      if (!this.received.includes(text))
        throw new Error(`no ${JSON.stringify(text)} in ${JSON.stringify(this.received)}`);
      return true;
    }, ms);
    return this.received;
  }

  /** Waits until the server ended the connection. */
  async seesEnd(ms = 10_000): Promise<string> {
    await eventually(() => this.ended, ms);
    return this.received;
  }

  close(): void {
    this.socket.destroy();
  }
}
