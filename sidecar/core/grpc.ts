/**
 * gRPC statuses, and what stands for one where none is said. Sources: gRPC over HTTP/2 (PROTOCOL-HTTP2.md) and
 * http-grpc-status-mapping.md of the gRPC project.
 */
export const GRPC = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** By number; Envoy's access log has words in camel case and in capitals. */
const NAMES: readonly (readonly [camel: string, snake: string])[] = [
  ['OK', 'OK'],
  ['Canceled', 'CANCELLED'],
  ['Unknown', 'UNKNOWN'],
  ['InvalidArgument', 'INVALID_ARGUMENT'],
  ['DeadlineExceeded', 'DEADLINE_EXCEEDED'],
  ['NotFound', 'NOT_FOUND'],
  ['AlreadyExists', 'ALREADY_EXISTS'],
  ['PermissionDenied', 'PERMISSION_DENIED'],
  ['ResourceExhausted', 'RESOURCE_EXHAUSTED'],
  ['FailedPrecondition', 'FAILED_PRECONDITION'],
  ['Aborted', 'ABORTED'],
  ['OutOfRange', 'OUT_OF_RANGE'],
  ['Unimplemented', 'UNIMPLEMENTED'],
  ['Internal', 'INTERNAL'],
  ['Unavailable', 'UNAVAILABLE'],
  ['DataLoss', 'DATA_LOSS'],
  ['Unauthenticated', 'UNAUTHENTICATED'],
];
export const GRPC_STATUSES = NAMES.length;

/** "NotFound", "NOT_FOUND"; the number where it has no name. */
export function grpcStatusName(status: number, form: 'camel' | 'snake'): string {
  return NAMES[status]?.[form === 'camel' ? 0 : 1] ?? String(status);
}

/** Whether a content-type is gRPC's own: not gRPC-Web's. Undefined = there is none. */
export function isGrpcType(contentType: string | undefined): boolean {
  if (contentType === undefined || !contentType.startsWith('application/grpc')) return false;
  // Nothing, '+' (a codec) or ';' (parameters) follows.
  const next = contentType.charCodeAt(16);
  return Number.isNaN(next) || next === 0x2b || next === 0x3b;
}

/** The number in a grpc-status header; what is none is UNKNOWN. */
export function grpcStatusIn(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : GRPC.unknown;
}

/** What a client takes an HTTP status for that comes without a gRPC status. */
export function grpcOfHttp(status: number): number {
  switch (status) {
    case 400:
      return GRPC.internal;
    case 401:
      return GRPC.unauthenticated;
    case 403:
      return GRPC.permissionDenied;
    case 404:
      return GRPC.unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return GRPC.unavailable;
    default:
      return GRPC.unknown;
  }
}

/** What a client takes an HTTP/2 error code for, when a stream is reset by it (PROTOCOL-HTTP2.md, "Errors"). */
export function grpcOfReset(code: number): number {
  switch (code) {
    case 0x7:
      return GRPC.unavailable;
    case 0x8:
      return GRPC.cancelled;
    case 0xb:
      return GRPC.resourceExhausted;
    case 0xc:
      return GRPC.permissionDenied;
    default:
      return GRPC.internal;
  }
}

/** grpc-message encoding: everything outside of printable ASCII, and the percent sign. JSON may hold half a surrogate pair. */
export function grpcMessageOf(text: string): string {
  return text.toWellFormed().replace(/[^ -$&-~]/gu, (character) => encodeURIComponent(character));
}
