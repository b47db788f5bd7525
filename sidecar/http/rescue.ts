import type { Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import { grpcMessageOf, grpcOfHttp } from '../core/grpc.ts';
import { HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure, RESPONSE_FLAG } from '../core/outcome.ts';
import type { RouteEntry } from '../route/table.ts';
import type { HttpStats } from '../telemetry/http-stats.ts';

const OVERLOADED = ['x-envoy-overloaded', 'true'];
const NO_HEADERS: readonly string[] = [];

const make = (status: number, flags: number, detail: string, ...headers: string[]): LocalReply =>
  Object.freeze({ status, flags, detail, headers });

const madeOf = ({ detail, flag, grpcStatus, kind, status }: Failure): LocalReply =>
  Object.freeze({
    status,
    flags: flag,
    detail,
    headers: kind === 'overflow' ? OVERLOADED : NO_HEADERS,
    grpcStatus,
  });

const byFailure = new Map<Failure, LocalReply>(Object.values(FAILURE).map((failure) => [failure, madeOf(failure)]));

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

/**
 * Sends a reply of our own, in the form that the caller understands: text, or a gRPC response of trailers only. Returns its
 * headers.
 */
export function sendReply(x: Exchange, reply: LocalReply, entry: RouteEntry | null, date: string): HeaderList {
  x.detail = reply.detail;
  const { grpc } = x;
  const body = grpc || reply.status === 204 || reply.status === 304 ? '' : (reply.body ?? reply.detail);
  const headers = HeaderList.of(...(reply.headers ?? []));
  if (grpc) {
    headers.add('content-type', 'application/grpc');
    x.grpcStatus = reply.grpcStatus ?? grpcOfHttp(reply.status);
    headers.add('grpc-status', String(x.grpcStatus));
    headers.add('grpc-message', grpcMessageOf(reply.body ?? reply.detail));
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

/**
 * Breaks off a response whose head went downstream so that the client notices: by a reset, or for gRPC by the trailers that
 * say what a reset could not.
 */
export function breakOff(x: Exchange, failure: Failure, stats: HttpStats): void {
  x.flags |= failure.flag;
  x.detail = failure.detail;
  stats.rqResetAfterDownstreamResponseStarted.inc();
  if (x.grpc && (x.version === 20 || x.grpcWeb)) {
    x.grpcStatus = failure.grpcStatus;
    const message = grpcMessageOf(failure.detail);
    return x.stream.end(HeaderList.of('grpc-status', String(failure.grpcStatus), 'grpc-message', message));
  }
  stats.downstreamRqTxReset.inc();
  stats.downstreamCxDestroyActiveRq.inc();
  stats.downstreamCxDestroyLocalActiveRq.inc();
  x.stream.reset();
}
