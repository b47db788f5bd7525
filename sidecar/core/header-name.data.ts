/**
 * Header names that the data path itself looks at, lower case. The position is the id: the parser stores it beside each
 * header, and bit (1 << id) of `HeaderList.known` says at once that a name is absent. At most 31 names.
 */
export const KNOWN_NAMES = [
  '',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
  'proxy-connection',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'via',
  'max-forwards',
  'content-type',
  'date',
  'server',
  'grpc-timeout',
  'grpc-status',
  'cookie',
  'user-agent',
  'http2-settings',
  'retry-after',
  'idempotency-key',
  'x-envoy-attempt-count',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-overloaded',
  'x-envoy-upstream-service-time',
  'proxy-authorization',
] as const;

export type KnownName = (typeof KNOWN_NAMES)[number];
