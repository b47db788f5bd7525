import http from 'node:http';
import type { AddressInfo } from 'node:net';

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

/** The admin interface in Envoy's manner, for operators and scrapers on loopback. */
export class AdminServer {
  readonly #server: http.Server;
  readonly #routes: readonly AdminRoute[];

  constructor(routes: readonly AdminRoute[]) {
    this.#routes = routes;
    this.#server = http.createServer((request, response) => {
      this.#answer(request)
        .catch((error: Error) => text(`${error.message}\n`, 500))
        .then(({ status, type, body }) => {
          response.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache, max-age=0' });
          response.end(request.method === 'HEAD' ? undefined : body);
        });
    });
  }

  /** Resolves with the bound address; rejects with a sentence. */
  listen(host: string, port: number): Promise<{ address: string; port: number }> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'EADDRINUSE' ? 'the address is in use; choose another with --admin' : error.message;
        reject(new Error(`cannot bind the admin address ${host}:${port}: ${why}`));
      });
      this.#server.listen(port, host, () => {
        const { address, port: bound } = this.#server.address() as AddressInfo;
        resolve({ address, port: bound });
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: http.IncomingMessage): Promise<AdminAnswer> {
    const url = new URL(request.url ?? '/', 'http://admin');
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const routes = this.#routes.filter((each) => each.path === url.pathname);
    if (url.pathname === '/' || url.pathname === '/help') return text(this.#help());
    const route = routes.find((each) => each.method === method);
    if (route) return route.answer(url.searchParams);
    if (routes[0]) return text(`Method Not Allowed: use ${routes[0].method} ${url.pathname}\n`, 405);
    return text(`invalid path. admin commands are:\n${this.#help()}`, 404);
  }

  #help(): string {
    return this.#routes
      .map(({ method, path, help }) => `  ${path}${method === 'POST' ? ' (POST)' : ''}: ${help}\n`)
      .join('');
  }
}
