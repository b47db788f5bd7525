import { BoundSocket } from 'node:net';
import type { Clock } from '../../shared/time/clock.ts';
import { Wheel } from '../../shared/time/wheel.ts';
import { DateText } from '../codec/http1/date-text.ts';
import type { ServerContext, ServerOptions } from '../codec/http1/server-options.ts';
import { ServerSession } from '../codec/http1/server-session.ts';
import { socketContext } from '../codec/socket-context.ts';
import type { Exchange, ExchangeHandler, RequestSink } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import { Turn } from '../core/turn.ts';
import { Acceptor } from '../listener/acceptor.ts';
import { SocketPeer } from '../listener/peer.ts';

/** What a handler answers. */
export interface AdminAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export const text = (body: string, status = 200): AdminAnswer => ({ status, type: 'text/plain; charset=utf-8', body });
export const json = (value: unknown, status = 200): AdminAnswer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(value, null, 1)}\n`,
});

export interface AdminRoute {
  /** GET routes change nothing; POST routes do. */
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly help: string;
  readonly answer: (query: URLSearchParams) => AdminAnswer | Promise<AdminAnswer>;
}

/** Generous towards people, and bounded towards everybody. */
const options: ServerOptions = {
  maxHeadBytes: 16 * 1024,
  maxHeaders: 100,
  acceptHttp10: true,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  streamIdleTimeout: 60_000,
  idleTimeout: 120_000,
  maxConnectionDuration: 0,
  maxRequestsPerConnection: 0,
};
const BACKLOG = 128;

/** Bodies of requests say nothing to us. */
const deaf: RequestSink = { onData: () => true, onEnd() {}, onAbort() {}, onDrain() {} };

/**
 * The admin interface in Envoy's manner, for operators and scrapers on loopback. It speaks by the codec of the data path:
 * Node's HTTP server would be a sixth of the memory of a sidecar.
 */
export class AdminServer implements ExchangeHandler {
  readonly #routes: readonly AdminRoute[];
  readonly #sessions = new Set<ServerSession>();
  readonly #turn: Turn;
  readonly #acceptor: Acceptor;

  constructor(routes: readonly AdminRoute[], clock: Clock) {
    this.#routes = routes;
    this.#turn = new Turn(clock);
    const context: ServerContext = {
      handler: this,
      owner: { onBadRequest: () => {}, onClosed: (session) => this.#sessions.delete(session) },
      turn: this.#turn,
      wheel: new Wheel(clock, (run) => this.#inTurn(run)),
      date: new DateText(clock),
      scheme: 'http',
    };
    const sockets = socketContext(this.#turn, (ms, action) => clock.after(ms, action));
    this.#acceptor = new Acceptor(sockets, (wire) => {
      this.#sessions.add(new ServerSession(wire, new SocketPeer(wire.socket), options, context));
    });
  }

  /** Resolves with the bound address; rejects with a sentence. */
  async listen(host: string, port: number): Promise<{ address: string; port: number }> {
    try {
      await this.#acceptor.listen(new BoundSocket({ host, port }), BACKLOG);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'EADDRINUSE' ? 'the address is in use; choose another with --admin' : message;
      throw new Error(`cannot bind the admin address ${host}:${port}: ${why}`);
    }
    return this.#acceptor.address;
  }

  close(): void {
    this.#acceptor.close();
    for (const session of [...this.#sessions]) session.destroy();
  }

  begin(x: Exchange): RequestSink {
    this.#answer(x)
      .catch((error: Error) => text(`${error.message}\n`, 500))
      .then((answer) => this.#inTurn(() => respond(x, answer)));
    return deaf;
  }

  async #answer({ method: asked, path }: Exchange): Promise<AdminAnswer> {
    const { pathname, searchParams } = new URL(path, 'http://admin');
    const method = asked === 'HEAD' ? 'GET' : asked;
    const routes = this.#routes.filter((each) => each.path === pathname);
    if (pathname === '/' || pathname === '/help') return text(this.#help());
    const route = routes.find((each) => each.method === method);
    if (route) return route.answer(searchParams);
    if (routes[0]) return text(`Method Not Allowed: use ${routes[0].method} ${pathname}\n`, 405);
    return text(`invalid path. admin commands are:\n${this.#help()}`, 404);
  }

  #help(): string {
    return this.#routes
      .map(({ method, path, help }) => `  ${path}${method === 'POST' ? ' (POST)' : ''}: ${help}\n`)
      .join('');
  }

  #inTurn(run: () => void): void {
    this.#turn.enter();
    try {
      run();
    } finally {
      this.#turn.leave();
    }
  }
}

function respond({ method, stream }: Exchange, { body, status, type }: AdminAnswer): void {
  const bytes = Buffer.from(body);
  stream.respond(status, HeaderList.of('content-type', type, 'cache-control', 'no-cache, max-age=0'), bytes.length);
  if (method !== 'HEAD') stream.write(bytes);
  stream.end(null);
}
