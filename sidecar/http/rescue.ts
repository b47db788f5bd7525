import type { Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import { HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure, RESPONSE_FLAG } from '../core/outcome.ts';
import type { RouteEntry } from '../route/table.ts';

const make = (status: number, flags: number, detail: string, ...headers: string[]): LocalReply =>
  Object.freeze({ status, flags, detail, headers });

/** For gRPC a timeout is DEADLINE_EXCEEDED, whatever HTTP calls it. */
function madeOf({ detail, flag, kind, status }: Failure): LocalReply {
  const late = kind === 'timeout' || kind === 'per-try-timeout';
  return late ? Object.freeze({ status, flags: flag, detail, headers: [], grpcStatus: 4 }) : make(status, flag, detail);
}

const byFailure = new Map<Failure, LocalReply>(
  Object.values(FAILURE).map((failure) => [
    failure,
    failure.kind === 'overflow'
      ? make(failure.status, failure.flag, failure.detail, 'x-envoy-overloaded', 'true')
      : madeOf(failure),
  ]),
);

/** Every reply that the sidecar makes for a failure of its own or of the upstream. */
export const REPLY = {
  noRoute: make(404, RESPONSE_FLAG.NR, 'no route matches the request'),
  demand: {
    unknown: make(404, RESPONSE_FLAG.NR, 'the control plane knows no such host'),
    overflow: make(503, RESPONSE_FLAG.UO, 'too many requests wait for their host to be discovered'),
    timeout: make(503, RESPONSE_FLAG.NC, 'the host was not discovered in time'),
  },
  noCluster(status: number): LocalReply {
    return make(status, RESPONSE_FLAG.NC, 'the route names a cluster that is not configured');
  },
  of(failure: Failure): LocalReply {
    return byFailure.get(failure) ?? madeOf(failure);
  },
} as const;

/** gRPC status of an HTTP status. Source: grpc/doc/http-grpc-status-mapping.md. */
function grpcStatusOf(status: number): number {
  switch (status) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

/**
 * Sends a reply of our own, in the form that the caller understands: text, or a gRPC response of trailers only. Returns its
 * headers.
 */
export function sendReply(x: Exchange, reply: LocalReply, entry: RouteEntry | null, date: string): HeaderList {
  x.detail = reply.detail;
  const grpc = x.headers.get('content-type')?.startsWith('application/grpc') === true;
  const body = grpc || reply.status === 204 || reply.status === 304 ? '' : (reply.body ?? reply.detail);
  const headers = HeaderList.of(...(reply.headers ?? []));
  if (grpc) {
    headers.add('content-type', 'application/grpc');
    headers.add('grpc-status', String(reply.grpcStatus ?? grpcStatusOf(reply.status)));
    headers.add('grpc-message', percentEncode(reply.body ?? reply.detail));
  } else if (body !== '') headers.add('content-type', 'text/plain');
  headers.add('date', date);
  headers.add('server', 'aya');
  const status = grpc ? 200 : reply.status;
  if (entry?.needsResponseEdit) entry.applyResponse(x, status, headers);
  x.status = status;
  const bytes = Buffer.from(body);
  x.stream.respond(status, headers, bytes.length);
  if (bytes.length > 0 && x.method !== 'HEAD') {
    x.bytesSent += bytes.length;
    x.stream.write(bytes);
  }
  x.stream.end(null);
  return headers;
}

/** grpc-message encoding: everything outside of printable ASCII, and the percent sign. JSON may hold half a surrogate pair. */
function percentEncode(text: string): string {
  return text.toWellFormed().replace(/[^ -$&-~]/gu, (character) => encodeURIComponent(character));
}
