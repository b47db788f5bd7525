import type { Answered } from '../http1-observed.ts';

/** One named answer to a request, and what must come of it. */
export interface ResponseMessage {
  name: string;
  /** Where the rule stands: RFC 9110, 9112 or `limit`. */
  section: string;
  bytes: string;
  /** Method of the request; GET by default. */
  method?: string;
  /** The server sends FIN after it. */
  fin?: boolean;
  /** What the attempt saw (only the named fields are compared). `end` is `whole` unless said otherwise. */
  seen?: Partial<Answered>;
  /** The response is refused: a protocol failure that becomes a 502. */
  refused?: true;
}

const ok = (head: string, body = ''): string => `HTTP/1.1 200 OK\r\n${head}\r\n${body}`;
const status = (line: string): string => `${line}\r\nContent-Length: 0\r\n\r\n`;
const chunked = (body: string): string => ok('Transfer-Encoding: chunked\r\n', body);
const lots = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join('');

const statusLine: ResponseMessage[] = [
  {
    name: 'a 200',
    section: '9112 4',
    bytes: status('HTTP/1.1 200 OK'),
    seen: { status: 200, length: 0, headers: [], connection: 'idle' },
  },
  { name: 'an empty reason', section: '9112 4', bytes: status('HTTP/1.1 200 '), seen: { status: 200 } },
  { name: 'no space after the status', section: '9112 4', bytes: status('HTTP/1.1 200'), seen: { status: 200 } },
  {
    name: 'a reason with bytes above ASCII',
    section: '9112 4',
    bytes: status('HTTP/1.1 404 Nicht gef\xfcnden\t!'),
    seen: { status: 404 },
  },
  { name: 'a status of no name', section: '9110 15', bytes: status('HTTP/1.1 299 X'), seen: { status: 299 } },
  {
    name: 'a higher minor version',
    section: '9110 2.5',
    bytes: status('HTTP/1.7 200 OK'),
    seen: { status: 200, connection: 'idle' },
  },
  { name: 'a status above 599', section: '9110 15', bytes: status('HTTP/1.1 600 X'), refused: true },
  { name: 'a status below 100', section: '9110 15', bytes: status('HTTP/1.1 099 X'), refused: true },
  { name: 'a status of two digits', section: '9112 4', bytes: status('HTTP/1.1 20 OK'), refused: true },
  { name: 'a status of four digits', section: '9112 4', bytes: status('HTTP/1.1 2000 OK'), refused: true },
  { name: 'a status of letters', section: '9112 4', bytes: status('HTTP/1.1 2x0 OK'), refused: true },
  { name: 'a negative status', section: '9112 4', bytes: status('HTTP/1.1 -20 OK'), refused: true },
  { name: 'two spaces before the status', section: '9112 4', bytes: status('HTTP/1.1  200 OK'), refused: true },
  { name: 'a tab before the status', section: '9112 4', bytes: status('HTTP/1.1\t200 OK'), refused: true },
  { name: 'HTTP/2.0', section: '9110 2.5', bytes: status('HTTP/2.0 200 OK'), refused: true },
  { name: 'HTTP/0.9', section: '9112 4', bytes: '<html>hello</html>\r\n\r\n', refused: true },
  { name: 'a lower-case protocol', section: '9112 2.3', bytes: status('http/1.1 200 OK'), refused: true },
  { name: 'an empty line first', section: '9112 2.2', bytes: `\r\n${status('HTTP/1.1 200 OK')}`, refused: true },
  { name: 'a space first', section: '9112 4', bytes: ` ${status('HTTP/1.1 200 OK')}`, refused: true },
  {
    name: 'a status line ended by LF',
    section: '9112 2.2',
    bytes: 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n',
    refused: true,
  },
  { name: 'a bare CR in the reason', section: '9112 2.2', bytes: status('HTTP/1.1 200 O\rK'), refused: true },
  { name: 'a NUL in the reason', section: '9112 4', bytes: status('HTTP/1.1 200 O\0K'), refused: true },
  {
    name: 'a request instead of a response',
    section: '9112 4',
    bytes: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    refused: true,
  },
];

const fields: ResponseMessage[] = [
  {
    name: 'order, case and repetition are kept',
    section: '9110 5.3',
    bytes: ok('Set-Cookie: a\r\nset-cookie: b\r\nContent-Length: 0\r\nX: c\r\n'),
    seen: { headers: ['Set-Cookie: a', 'set-cookie: b', 'X: c'] },
  },
  {
    name: 'headers of one hop are removed',
    section: '9110 7.6.1',
    bytes: ok(
      'Connection: x-a, keep-alive\r\nX-A: 1\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\nTrailer: x\r\nContent-Length: 0\r\n',
    ),
    seen: { headers: ['Trailer: x'], connection: 'idle' },
  },
  { name: 'a bare LF after a header', section: '9112 2.2', bytes: ok('a: b\nContent-Length: 0\r\n'), refused: true },
  {
    name: 'a bare LF as the empty line',
    section: '9112 2.2',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n',
    refused: true,
  },
  {
    name: 'a bare CR in a value',
    section: '9112 2.2',
    bytes: ok('a: b\rc: d\r\nContent-Length: 0\r\n'),
    refused: true,
  },
  { name: 'a NUL in a value', section: '9110 5.5', bytes: ok('a: b\0\r\nContent-Length: 0\r\n'), refused: true },
  { name: 'a folded line', section: '9112 5.2', bytes: ok('a: b\r\n c\r\nContent-Length: 0\r\n'), refused: true },
  { name: 'a space before the colon', section: '9112 5.1', bytes: ok('Content-Length : 0\r\n'), refused: true },
  { name: 'a header without colon', section: '9112 5', bytes: ok('abc\r\nContent-Length: 0\r\n'), refused: true },
  { name: 'a header without name', section: '9112 5', bytes: ok(': b\r\nContent-Length: 0\r\n'), refused: true },
  {
    name: 'a byte above ASCII in a name',
    section: '9110 5.1',
    bytes: ok('\xe4: b\r\nContent-Length: 0\r\n'),
    refused: true,
  },
  { name: 'a head that is too large', section: 'limit', bytes: ok(`a: ${'b'.repeat(9000)}\r\n`), refused: true },
  { name: 'too many headers', section: 'limit', bytes: ok(lots(101, (at) => `x${at}: y\r\n`)), refused: true },
  { name: 'a status line without end', section: 'limit', bytes: `HTTP/1.1 200 ${'a'.repeat(9000)}`, refused: true },
];

const lengths: ResponseMessage[] = [
  {
    name: 'Content-Length',
    section: '9112 6.2',
    bytes: ok('Content-Length: 5\r\n', 'hello'),
    seen: { length: 5, body: 'hello', headers: [], connection: 'idle' },
  },
  {
    name: 'Connection: close after a counted body',
    section: '9112 9.6',
    bytes: ok('Connection: close\r\nContent-Length: 5\r\n', 'hello'),
    seen: { body: 'hello', connection: 'gone' },
  },
  {
    name: 'two equal Content-Lengths',
    section: '9112 6.3',
    bytes: ok('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'),
    refused: true,
  },
  {
    name: 'two different Content-Lengths',
    section: '9112 6.3',
    bytes: ok('Content-Length: 5\r\nContent-Length: 4\r\n', 'hello'),
    refused: true,
  },
  {
    name: 'a list as Content-Length',
    section: '9112 6.3',
    bytes: ok('Content-Length: 5, 5\r\n', 'hello'),
    refused: true,
  },
  { name: 'a signed Content-Length', section: '9112 6.2', bytes: ok('Content-Length: +5\r\n', 'hello'), refused: true },
  { name: 'an empty Content-Length', section: '9112 6.2', bytes: ok('Content-Length: \r\n', 'hello'), refused: true },
  {
    name: 'a Content-Length beyond 2^53',
    section: '9112 6.2',
    bytes: ok('Content-Length: 9007199254740993\r\n'),
    refused: true,
  },
  {
    name: 'Content-Length and chunked',
    section: '9112 6.3',
    bytes: ok('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    refused: true,
  },
  {
    name: 'Content-Length and chunked for HEAD',
    section: '9112 6.3',
    method: 'HEAD',
    bytes: ok('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
    refused: true,
  },
  {
    name: 'gzip as the transfer coding',
    section: '9112 6.3',
    bytes: ok('Transfer-Encoding: gzip\r\n', 'x'),
    fin: true,
    refused: true,
  },
  {
    name: 'chunked not last',
    section: '9112 6.3',
    bytes: ok('Transfer-Encoding: chunked, identity\r\n', 'x'),
    fin: true,
    refused: true,
  },
  {
    name: 'chunked in HTTP/1.0',
    section: '9112 6.1',
    bytes: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    refused: true,
  },
  {
    name: 'a body until close',
    section: '9112 6.3',
    bytes: ok('', 'hello\r\n\r\n'),
    fin: true,
    seen: { length: -1, body: 'hello\r\n\r\n', connection: 'gone' },
  },
  {
    name: 'an empty body until close',
    section: '9112 6.3',
    bytes: ok(''),
    fin: true,
    seen: { length: -1, body: '', connection: 'gone' },
  },
  {
    name: 'HTTP/1.0 until close',
    section: '9112 6.3',
    bytes: 'HTTP/1.0 200 OK\r\n\r\nhello',
    fin: true,
    seen: { body: 'hello', connection: 'gone' },
  },
  {
    name: 'HTTP/1.0 with a length closes',
    section: '9112 9.3',
    bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    seen: { body: 'hello', connection: 'gone' },
  },
  {
    name: 'HTTP/1.0 with keep-alive stays',
    section: '9112 9.3',
    bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello',
    seen: { body: 'hello', connection: 'idle' },
  },
];

const bodyless: ResponseMessage[] = [
  {
    name: 'the answer to HEAD has no body',
    section: '9110 9.3.2',
    method: 'HEAD',
    bytes: ok('Content-Length: 5\r\n'),
    seen: { length: 0, body: '', headers: ['Content-Length: 5'], connection: 'idle' },
  },
  {
    name: 'the answer to HEAD may say chunked',
    section: '9110 9.3.2',
    method: 'HEAD',
    bytes: ok('Transfer-Encoding: chunked\r\n'),
    seen: { length: 0, headers: [], connection: 'idle' },
  },
  {
    name: 'the answer to HEAD may say nothing',
    section: '9110 9.3.2',
    method: 'HEAD',
    bytes: ok(''),
    seen: { length: 0, connection: 'idle' },
  },
  {
    name: 'a body after the answer to HEAD ends the connection',
    section: '9112 6.3',
    method: 'HEAD',
    bytes: ok('Content-Length: 5\r\n', 'hello'),
    seen: { body: '', connection: 'gone' },
  },
  {
    name: '304 keeps its Content-Length',
    section: '9110 15.4.5',
    bytes: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
    seen: { length: 0, headers: ['Content-Length: 5'], connection: 'idle' },
  },
  {
    name: '204 has no body',
    section: '9110 15.3.5',
    bytes: 'HTTP/1.1 204 No Content\r\n\r\n',
    seen: { length: 0, connection: 'idle' },
  },
  {
    name: '204 with Content-Length 0',
    section: '9110 8.6',
    bytes: 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
    seen: { length: 0, headers: [], connection: 'idle' },
  },
  {
    name: '204 with a Content-Length',
    section: '9110 8.6',
    bytes: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello',
    refused: true,
  },
  {
    name: '204 with chunked',
    section: '9112 6.1',
    bytes: 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    refused: true,
  },
  {
    name: '205 is framed as any other',
    section: '9110 15.3.6',
    bytes: 'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n',
    seen: { status: 205, connection: 'idle' },
  },
];

const informational: ResponseMessage[] = [
  {
    name: '100 before the final response',
    section: '9110 15.2',
    bytes: `HTTP/1.1 100 Continue\r\n\r\n${ok('Content-Length: 0\r\n')}`,
    seen: { informs: [100], status: 200, connection: 'idle' },
  },
  {
    name: 'several 1xx',
    section: '9110 15.2',
    bytes: `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${ok('Content-Length: 1\r\n', 'x')}`,
    seen: { informs: [102, 103], body: 'x' },
  },
  {
    name: '1xx with Content-Length',
    section: '9110 8.6',
    bytes: `HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n${ok('Content-Length: 0\r\n')}`,
    refused: true,
  },
  {
    name: '1xx with chunked',
    section: '9112 6.1',
    bytes: `HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    refused: true,
  },
  {
    name: '101 that nobody asked for',
    section: '9110 15.2.2',
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    refused: true,
  },
  {
    name: '1xx and then nothing',
    section: '9110 15.2',
    bytes: 'HTTP/1.1 100 Continue\r\n\r\n',
    seen: { informs: [100], end: 'open', connection: 'busy' },
  },
];

const chunks: ResponseMessage[] = [
  {
    name: 'chunks',
    section: '9112 7.1',
    bytes: chunked('5\r\nhello\r\n1;a=b\r\n!\r\n0\r\n\r\n'),
    seen: { length: -1, body: 'hello!', trailers: null, connection: 'idle' },
  },
  {
    name: 'trailers',
    section: '9112 7.1.2',
    bytes: chunked('1\r\nx\r\n0\r\ngrpc-status: 0\r\n\r\n'),
    seen: { trailers: ['grpc-status: 0'], connection: 'idle' },
  },
  {
    name: 'a Content-Length trailer',
    section: '9110 6.5.1',
    bytes: chunked('0\r\nContent-Length: 5\r\n\r\n'),
    refused: true,
  },
  { name: 'a chunk size line ended by LF', section: '9112 7.1', bytes: chunked('1\nx\r\n0\r\n\r\n'), refused: true },
  { name: 'chunk data ended by LF', section: '9112 7.1', bytes: chunked('1\r\nx\n0\r\n\r\n'), refused: true },
  { name: 'a chunk size in 0x', section: '9112 7.1', bytes: chunked('0x1\r\nx\r\n0\r\n\r\n'), refused: true },
  {
    name: 'a chunk size that overflows',
    section: '9112 7.1',
    bytes: chunked('fffffffffffffffff\r\nx\r\n0\r\n\r\n'),
    refused: true,
  },
  { name: 'whitespace after a chunk size', section: '9112 7.1', bytes: chunked('1 \r\nx\r\n0\r\n\r\n'), refused: true },
];

const RESET = 'reset: upstream closed the connection before it answered';
const CUT = 'reset: upstream closed the connection in the middle of its response';
const endings: ResponseMessage[] = [
  {
    name: 'FIN instead of an answer',
    section: '9112 8',
    bytes: '',
    fin: true,
    seen: { end: RESET, connection: 'gone' },
  },
  {
    name: 'FIN in the head',
    section: '9112 8',
    bytes: 'HTTP/1.1 200 OK\r\nContent-',
    fin: true,
    seen: { end: RESET, connection: 'gone' },
  },
  {
    name: 'FIN after a 1xx',
    section: '9112 8',
    bytes: 'HTTP/1.1 100 Continue\r\n\r\n',
    fin: true,
    seen: { informs: [100], end: RESET, connection: 'gone' },
  },
  {
    name: 'FIN in a counted body',
    section: '9112 8',
    bytes: ok('Content-Length: 5\r\n', 'hel'),
    fin: true,
    seen: { status: 200, body: 'hel', end: CUT, connection: 'gone' },
  },
  {
    name: 'FIN before the last chunk',
    section: '9112 8',
    bytes: chunked('1\r\nx\r\n'),
    fin: true,
    seen: { body: 'x', end: CUT, connection: 'gone' },
  },
  {
    name: 'FIN in the trailers',
    section: '9112 8',
    bytes: chunked('0\r\na: b\r\n'),
    fin: true,
    seen: { end: CUT, connection: 'gone' },
  },
  {
    name: 'FIN after a whole response',
    section: '9112 9.6',
    bytes: ok('Content-Length: 0\r\n'),
    fin: true,
    seen: { status: 200, connection: 'gone' },
  },
  {
    name: 'bytes after a whole response end the connection',
    section: '9112 9.2',
    bytes: ok('Content-Length: 1\r\n', 'xHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    seen: { status: 200, body: 'x', connection: 'gone' },
  },
  {
    name: 'a second response ends the connection',
    section: '9112 9.2',
    bytes: status('HTTP/1.1 200 OK') + status('HTTP/1.1 404 X'),
    seen: { status: 200, connection: 'gone' },
  },
];

export const RESPONSE_MESSAGES: readonly ResponseMessage[] = [
  ...statusLine,
  ...fields,
  ...lengths,
  ...bodyless,
  ...informational,
  ...chunks,
  ...endings,
];
