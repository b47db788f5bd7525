import type { Failure } from '../../core/outcome.ts';

/** What one attempt says about its endpoint. */
export const OBSERVED = {
  /** A response below 500. */
  success: 0,
  /** A 5xx that is no gateway error. */
  serverError: 1,
  /** 502, 503 or 504. */
  gatewayError: 2,
  /** No response: connect failure, reset, malformed response, timeout. */
  localOrigin: 3,
  /** The endpoint had no part in it: overflow, nobody to ask. */
  nothing: 4,
} as const;

export function observationOfStatus(status: number): number {
  if (status < 500) return OBSERVED.success;
  return status >= 502 && status <= 504 ? OBSERVED.gatewayError : OBSERVED.serverError;
}

/** gRPC statuses that tell of a server in trouble, as the HTTP statuses that Envoy takes them for. */
const httpOfGrpc: Readonly<Record<number, number>> = { 2: 500, 4: 504, 12: 501, 13: 500, 14: 503, 15: 500 };

export function observationOfGrpc(status: number): number {
  return observationOfStatus(httpOfGrpc[status] ?? 200);
}

export function observationOfFailure(failure: Failure): number {
  switch (failure.kind) {
    case 'no-host':
    case 'overflow':
    case 'unsupported':
      return OBSERVED.nothing;
    case 'injected':
      // A fault injected into an attempt is meant to exercise ejection too.
      return observationOfStatus(failure.status);
    default:
      return OBSERVED.localOrigin;
  }
}
