/** gRPC status codes by name, in the order of their numbers. Source: grpc/doc/statuscodes.md. */
export const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export type StatusName = (typeof statusNames)[number];

/** How a stream ended. */
export interface Status {
  code: StatusName;
  details: string;
}

/** The name of a code; what has none is UNKNOWN, as gRPC asks. */
export const nameOfStatus = (code: number): StatusName => statusNames[code] ?? 'UNKNOWN';
