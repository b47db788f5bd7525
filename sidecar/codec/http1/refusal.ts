/** Why a message is refused. Requests are answered with `status`; a response that is refused is a 502 whatever it says. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

const refusal = (status: number, reason: string): Refusal => Object.freeze({ status, reason });

export const REFUSAL = {
  // Syntax of the head: RFC 9112 2.2, 3, 4, 5.
  emptyLines: refusal(400, 'more than one empty line before the request line'),
  bareLf: refusal(400, 'line ended by LF without CR'),
  bareCr: refusal(400, 'CR without LF'),
  method: refusal(400, 'invalid character in the method'),
  target: refusal(400, 'invalid request target'),
  protocol: refusal(400, 'malformed protocol version'),
  statusLine: refusal(400, 'malformed status line'),
  statusCode: refusal(400, 'status code outside 100..599'),
  fold: refusal(400, 'folded header line, or whitespace before a header name'),
  name: refusal(400, 'invalid character in a header name'),
  noName: refusal(400, 'header without a name'),
  space: refusal(400, 'whitespace between header name and colon'),
  value: refusal(400, 'invalid character in a header value'),
  // Limits.
  targetLong: refusal(414, 'request line too long'),
  headLarge: refusal(431, 'header section too large'),
  headersMany: refusal(431, 'too many headers'),
  // Versions: RFC 9110 2.5, 15.6.6.
  version: refusal(505, 'HTTP version not supported'),
  version10: refusal(426, 'HTTP/1.0 is not accepted here'),
  // Host: RFC 9112 3.2.
  noHost: refusal(400, 'missing Host header'),
  hosts: refusal(400, 'more than one Host header'),
  host: refusal(400, 'invalid Host header'),
  connect: refusal(501, 'CONNECT is not allowed here'),
  connectBody: refusal(400, 'CONNECT with a body'),
  // Message body length: RFC 9112 6.
  length: refusal(400, 'invalid Content-Length'),
  lengths: refusal(400, 'more than one Content-Length'),
  lengthAndCoding: refusal(400, 'both Content-Length and Transfer-Encoding'),
  coding10: refusal(400, 'Transfer-Encoding in HTTP/1.0'),
  codingSyntax: refusal(400, 'invalid Transfer-Encoding'),
  codingUnknown: refusal(501, 'transfer coding not supported'),
  chunkSize: refusal(400, 'invalid chunk size'),
  chunkExtension: refusal(400, 'invalid or too long chunk extension'),
  chunkEnd: refusal(400, 'chunk not ended by CRLF'),
  trailer: refusal(400, 'trailer field that may not be sent as a trailer'),
  bodyless: refusal(400, 'a body with a status that has none'),
  // Others.
  connection: refusal(400, 'invalid Connection header'),
  expectation: refusal(417, 'expectation not supported'),
  upgrade: refusal(400, 'switched protocols without being asked'),
} as const;

/** By what was waited for, in the words of ServerTimer. */
export const LATE = {
  head: refusal(408, 'the request head did not arrive in time'),
  request: refusal(408, 'the request did not arrive in time'),
  response: refusal(504, 'nothing moved for too long'),
} as const;
