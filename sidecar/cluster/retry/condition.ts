import { GRPC } from '../../core/grpc.ts';

/** Conditions of a retry policy as bits, by Envoy's words (retry_on and retry_grpc_on). */
export const RETRY_ON = {
  '5xx': 1 << 0,
  'gateway-error': 1 << 1,
  reset: 1 << 2,
  'reset-before-request': 1 << 3,
  'connect-failure': 1 << 4,
  'refused-stream': 1 << 5,
  'retriable-4xx': 1 << 6,
  'retriable-status-codes': 1 << 7,
  'envoy-ratelimited': 1 << 8,
  cancelled: 1 << 9,
  'deadline-exceeded': 1 << 10,
  internal: 1 << 11,
  'resource-exhausted': 1 << 12,
  unavailable: 1 << 13,
  'retriable-headers': 1 << 14,
} as const;

export type RetryWord = keyof typeof RETRY_ON;

export function isRetryWord(word: string): word is RetryWord {
  return Object.hasOwn(RETRY_ON, word);
}

/** The condition that a gRPC status can meet; 0 = none. */
export function conditionOfGrpcStatus(status: number): number {
  switch (status) {
    case GRPC.cancelled:
      return RETRY_ON.cancelled;
    case GRPC.deadlineExceeded:
      return RETRY_ON['deadline-exceeded'];
    case GRPC.resourceExhausted:
      return RETRY_ON['resource-exhausted'];
    case GRPC.internal:
      return RETRY_ON.internal;
    case GRPC.unavailable:
      return RETRY_ON.unavailable;
    default:
      return 0;
  }
}
