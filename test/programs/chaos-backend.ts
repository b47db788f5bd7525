/**
 * One of the backends of `npm run chaos`: `fork(chaos-backend.ts, [PORT, PROTOCOL])`, http1 or http2 (without TLS). It answers each request with 100 bytes after 5 ms, until it
 * is told otherwise; /healthz is answered 200 whatever it does to the others, as the health page of a service that is half ill. SIGTERM
 * ends it gracefully: it listens no more, closes what is idle, answers what it has begun.
 *
 * It counts requests that it has read whole, and their ids.
 */
import http from 'node:http';
import http2 from 'node:http2';
import process from 'node:process';

/** What it does with a request that it has read. `limited`: 429 at once; `reset`: breaks the connection off. */
export type Conduct = 'well' | 'slow' | 'failing' | 'limited' | 'reset';

export type BackendOrder =
  /** Counts begin anew. */
  | { readonly kind: 'conduct'; readonly conduct: Conduct; readonly anew?: boolean }
  /** Answered by a BackendCounts. */
  | { readonly kind: 'tell' };

export interface BackendCounts {
  readonly requests: number;
  /** x-chaos-id of each request, in the order in which they came. */
  readonly ids: readonly string[];
}

/** Ms. */
const SERVICE_TIME = 5;
const SLOWER = 10;
const body = 'chaos '.repeat(20).slice(0, 100);

let conduct: Conduct = 'well';
let ids: string[] = [];
let draining = false;

const [port, protocol] = process.argv.slice(2);
/** Those of HTTP/2, for a graceful end: closing the server does not tell them. */
const sessions = new Set<http2.ServerHttp2Session>();

function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
  request.resume();
  request.on('error', () => {});
  request.on('end', () => {
    if (request.url === '/healthz') return reply(response, 200);
    ids.push(String(request.headers['x-chaos-id'] ?? ''));
    if (conduct === 'failing') reply(response, 500);
    else if (conduct === 'limited') reply(response, 429);
    else if (conduct === 'reset') reset(request);
    else setTimeout(() => reply(response, 200), SERVICE_TIME * (conduct === 'slow' ? SLOWER : 1));
  });
}

function reply(response: http.ServerResponse, status: number): void {
  const headers = { 'content-type': 'text/plain', 'content-length': body.length };
  const last = draining && protocol !== 'http2';
  response.writeHead(status, last ? { ...headers, connection: 'close' } : headers).end(body);
}

/** Breaks the connection off; of HTTP/2 the stream, since others share the connection. */
function reset(request: http.IncomingMessage): void {
  if (request instanceof http2.Http2ServerRequest) request.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
  else request.socket.resetAndDestroy();
}

function createServer(): http.Server | http2.Http2Server {
  if (protocol !== 'http2') return http.createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, answer);
  // Its requests and responses are like those of HTTP/1.1, as far as they are used here.
  const listener = answer as unknown as (
    request: http2.Http2ServerRequest,
    response: http2.Http2ServerResponse,
  ) => void;
  return http2.createServer(listener).on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
}

const server = createServer();
process.on('message', (order: BackendOrder) => {
  if (order.kind === 'tell') process.send?.({ requests: ids.length, ids } satisfies BackendCounts);
  else {
    ({ conduct } = order);
    if (order.anew) ids = [];
  }
});
process.on('SIGTERM', () => {
  draining = true;
  server.close(() => process.exit(0));
  for (const session of sessions) session.close();
});
// Nobody is left to tell it anything.
process.on('disconnect', () => process.exit(0));
server.listen(Number(port), '127.0.0.1', 4096, () => process.send?.('listening'));
