/** Frame types, RFC 9113 6. */
export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

/** Flags. ACK and END_STREAM share a bit: they never meet in one type. */
export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const HAS_PRIORITY = 0x20;

/** Bytes of the head of a frame, RFC 9113 4.1. */
export const FRAME_HEAD = 9;
/** What every endpoint takes, and all that we take: SETTINGS_MAX_FRAME_SIZE as it is without being set. */
export const MAX_FRAME = 16_384;
export const MAX_WINDOW = 0x7fffffff;
/** Both windows before any SETTINGS, RFC 9113 6.9.2. */
export const DEFAULT_WINDOW = 65_535;
export const MAX_STREAM_ID = 0x7fffffff;

/** What a client sends first, RFC 9113 3.4. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** Error codes, RFC 9113 7. */
export const ERROR = {
  none: 0x0,
  protocol: 0x1,
  internal: 0x2,
  flowControl: 0x3,
  settingsTimeout: 0x4,
  streamClosed: 0x5,
  frameSize: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compression: 0x9,
  connect: 0xa,
  enhanceYourCalm: 0xb,
  inadequateSecurity: 0xc,
  http11Required: 0xd,
} as const;

const ERROR_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;

/** The RFC's name of an error code; unknown codes by number. */
export function errorName(code: number): string {
  return ERROR_NAMES[code] ?? `error ${code}`;
}
