/**
 * One of the backends of `npm run chaos`: `fork(chaos-backend.ts, [PORT])`. It answers each request with 100 bytes after 5 ms, until it
 * is told otherwise; /healthz is answered 200 whatever it does to the others, as the health page of a service that is half ill. SIGTERM
 * ends it gracefully: it listens no more, closes what is idle, answers what it has begun.
 *
 * It counts requests that it has read whole, and their ids.
 */
import http from 'node:http';
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

const server = http.createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
  request.resume();
  request.on('error', () => {});
  request.on('end', () => {
    if (request.url === '/healthz') return reply(response, 200);
    ids.push(String(request.headers['x-chaos-id'] ?? ''));
    if (conduct === 'failing') reply(response, 500);
    else if (conduct === 'limited') reply(response, 429);
    else if (conduct === 'reset') request.socket.resetAndDestroy();
    else setTimeout(() => reply(response, 200), SERVICE_TIME * (conduct === 'slow' ? SLOWER : 1));
  });
});

function reply(response: http.ServerResponse, status: number): void {
  const headers = { 'content-type': 'text/plain', 'content-length': body.length };
  response.writeHead(status, draining ? { ...headers, connection: 'close' } : headers).end(body);
}

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
});
// Nobody is left to tell it anything.
process.on('disconnect', () => process.exit(0));
server.listen(Number(process.argv[2]), '127.0.0.1', 4096, () => process.send?.('listening'));
