import { GRPC, grpcOfHttp } from './grpc.ts';

/**
 * Envoy's response flags as bits, in the order in which a log prints them. Source: Envoy's access log documentation.
 * Only flags that this sidecar can set are listed.
 */
export const RESPONSE_FLAG = {
  UH: 1 << 0,
  UF: 1 << 1,
  UO: 1 << 2,
  NR: 1 << 3,
  URX: 1 << 4,
  NC: 1 << 5,
  DC: 1 << 7,
  UT: 1 << 8,
  UR: 1 << 10,
  UC: 1 << 11,
  DI: 1 << 12,
  FI: 1 << 13,
  SI: 1 << 14,
  DPE: 1 << 15,
  UPE: 1 << 16,
} as const;

const names = Object.entries(RESPONSE_FLAG);

/** "UF,URX", or "-" for none. */
export function flagNames(flags: number): string {
  if (flags === 0) return '-';
  return names
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join(',');
}

/** Why an attempt failed, as far as retries, ejection and the local reply need to know. */
export type FailureKind =
  | 'no-host'
  | 'overflow'
  | 'connect-failure'
  | 'connect-timeout'
  | 'reset'
  | 'protocol'
  | 'unsupported'
  | 'per-try-timeout'
  | 'timeout'
  | 'injected';

/** A failed attempt. Values are made once and shared; `detail` is the human sentence of the log. */
export interface Failure {
  readonly kind: FailureKind;
  readonly flag: number;
  readonly status: number;
  readonly detail: string;
  /** What it is to a gRPC client. */
  readonly grpcStatus: number;
}

/** For gRPC a timeout is DEADLINE_EXCEEDED, whatever HTTP calls it. */
const failure = (kind: FailureKind, flag: number, status: number, detail: string): Failure =>
  Object.freeze({
    kind,
    flag,
    status,
    detail,
    grpcStatus: kind === 'timeout' || kind === 'per-try-timeout' ? GRPC.deadlineExceeded : grpcOfHttp(status),
  });

export const FAILURE = {
  noHost: failure('no-host', RESPONSE_FLAG.UH, 503, 'no healthy upstream'),
  overflow: failure('overflow', RESPONSE_FLAG.UO, 503, 'upstream overflow: a circuit breaker limit is reached'),
  breaker: failure(
    'overflow',
    RESPONSE_FLAG.UO,
    503,
    'upstream overflow: too many requests failed, none is let through',
  ),
  connect: failure(
    'connect-failure',
    RESPONSE_FLAG.UF,
    503,
    'upstream connect error: connection refused or unreachable',
  ),
  connectTimeout: failure('connect-timeout', RESPONSE_FLAG.UF, 503, 'upstream connect error: connection timed out'),
  reset: failure('reset', RESPONSE_FLAG.UC, 503, 'upstream closed the connection before it answered'),
  /** HTTP/2: it says that it did nothing with the request (REFUSED_STREAM, or above GOAWAY's last stream). */
  refused: failure('reset', RESPONSE_FLAG.UR, 503, 'upstream refused the stream'),
  streamReset: failure('reset', RESPONSE_FLAG.UR, 503, 'upstream reset the stream before it answered'),
  truncated: failure('reset', RESPONSE_FLAG.UC, 502, 'upstream closed the connection in the middle of its response'),
  /** The endpoint speaks HTTP/2 and takes no extended CONNECT (RFC 8441); nothing was sent. */
  noSwitch: failure('unsupported', 0, 501, 'the endpoint cannot switch protocols over HTTP/2'),
  protocol: failure('protocol', RESPONSE_FLAG.UPE, 502, 'upstream sent a malformed response'),
  perTryTimeout: failure('per-try-timeout', RESPONSE_FLAG.UT, 504, 'upstream per-try timeout'),
  timeout: failure('timeout', RESPONSE_FLAG.UT, 504, 'upstream request timeout'),
} as const;

/** TLS to an endpoint could not be agreed on. */
export function handshakeFailure(reason: string): Failure {
  return failure('connect-failure', RESPONSE_FLAG.UF, 503, `upstream connect error: TLS: ${reason}`);
}
