import type { Seen } from '../http1-observed.ts';

/** One named input and what must come of it. */
export interface RequestMessage {
  name: string;
  /** Where the rule stands: RFC 9110, 9112, 3986, or `limit`. */
  section: string;
  bytes: string;
  /** What the handler saw, request after request (only the named fields are compared). */
  seen?: Partial<Seen>[];
  /** Status of the codec's own answer, after what was `seen`. */
  refused?: number;
  /** The connection is given up after an accepted request. */
  closes?: boolean;
}

const get = (head: string): string => `GET / HTTP/1.1\r\nHost: a\r\n${head}\r\n`;
const post = (head: string, body = ''): string => `POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n${body}`;
const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body);
const line = (text: string): string => `${text}\r\nHost: a\r\n\r\n`;
const lots = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join('');

const requestLine: RequestMessage[] = [
  {
    name: 'a bare GET',
    section: '9112 3',
    bytes: get(''),
    seen: [{ method: 'GET', path: '/', authority: 'a', version: 11, headers: [], length: 0 }],
  },
  {
    name: 'a path with query',
    section: '9112 3.2.1',
    bytes: line('GET /a/b?c=d&e HTTP/1.1'),
    seen: [{ path: '/a/b?c=d&e' }],
  },
  {
    name: 'characters that browsers leave raw',
    section: '9112 3.2',
    bytes: line('GET /a|b?{c}="^` HTTP/1.1'),
    seen: [{ path: '/a|b?{c}="^`' }],
  },
  {
    name: 'percent encoding stays as it is',
    section: '3986 2.1',
    bytes: line('GET /%2e%2E/%00%0d HTTP/1.1'),
    seen: [{ path: '/%2e%2E/%00%0d' }],
  },
  { name: 'a double slash stays', section: '9112 3.2.1', bytes: line('GET //a HTTP/1.1'), seen: [{ path: '//a' }] },
  {
    name: 'an unknown method is forwarded',
    section: '9110 9.1',
    bytes: line('BREW /pot HTTP/1.1'),
    seen: [{ method: 'BREW' }],
  },
  { name: 'methods are case-sensitive', section: '9110 9.1', bytes: line('get / HTTP/1.1'), seen: [{ method: 'get' }] },
  {
    name: 'a method of all token characters',
    section: '9110 5.6.2',
    bytes: line("A!#$%&'*+-.^_`|~9 / HTTP/1.1"),
    seen: [{ method: "A!#$%&'*+-.^_`|~9" }],
  },
  {
    name: 'methods that begin like known ones',
    section: '9110 9.1',
    bytes: line('GEX / HTTP/1.1'),
    seen: [{ method: 'GEX' }],
  },
  { name: 'POSX is not POST', section: '9110 9.1', bytes: line('POSX / HTTP/1.1'), seen: [{ method: 'POSX' }] },
  { name: 'one empty line first', section: '9112 2.2', bytes: `\r\n${get('')}`, seen: [{ path: '/' }] },
  {
    name: 'an empty line between two requests',
    section: '9112 2.2',
    bytes: `${get('')}\r\n${get('')}`,
    seen: [{ path: '/' }, { path: '/' }],
  },
  { name: 'two empty lines first', section: '9112 2.2', bytes: `\r\n\r\n${get('')}`, refused: 400 },
  { name: 'a bare LF first', section: '9112 2.2', bytes: `\n${get('')}`, refused: 400 },
  { name: 'a bare CR first', section: '9112 2.2', bytes: `\r${get('')}`, refused: 400 },
  { name: 'a space first', section: '9112 3', bytes: ` ${get('')}`, refused: 400 },
  { name: 'two spaces after the method', section: '9112 3', bytes: line('GET  / HTTP/1.1'), refused: 400 },
  { name: 'two spaces before the version', section: '9112 3', bytes: line('GET /  HTTP/1.1'), refused: 400 },
  { name: 'a tab after the method', section: '9112 3', bytes: line('GET\t/ HTTP/1.1'), refused: 400 },
  { name: 'a tab before the version', section: '9112 3', bytes: line('GET /\tHTTP/1.1'), refused: 400 },
  { name: 'a space after the version', section: '9112 3', bytes: line('GET / HTTP/1.1 '), refused: 400 },
  { name: 'a space in the target', section: '9112 3.2', bytes: line('GET /a b HTTP/1.1'), refused: 400 },
  { name: 'no target', section: '9112 3', bytes: line('GET HTTP/1.1'), refused: 400 },
  { name: 'a simple request of HTTP/0.9', section: '9112 3', bytes: 'GET /\r\n\r\n', refused: 400 },
  { name: 'no method', section: '9112 3', bytes: line(' / HTTP/1.1'), refused: 400 },
  { name: 'a colon in the method', section: '9110 9.1', bytes: line('GE:T / HTTP/1.1'), refused: 400 },
  { name: 'a method in brackets', section: '9110 9.1', bytes: line('(GET) / HTTP/1.1'), refused: 400 },
  { name: 'a NUL in the method', section: '9110 9.1', bytes: line('GE\0T / HTTP/1.1'), refused: 400 },
  { name: 'a line ended by LF', section: '9112 2.2', bytes: 'GET / HTTP/1.1\nHost: a\r\n\r\n', refused: 400 },
  { name: 'a line ended by CR', section: '9112 2.2', bytes: 'GET / HTTP/1.1\rHost: a\r\n\r\n', refused: 400 },
  { name: 'a line ended by CR CR LF', section: '9112 2.2', bytes: 'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n', refused: 400 },
  { name: 'a NUL in the target', section: '9112 3.2', bytes: line('GET /a\0b HTTP/1.1'), refused: 400 },
  { name: 'a control character in the target', section: '9112 3.2', bytes: line('GET /a\x7fb HTTP/1.1'), refused: 400 },
  { name: 'a byte above ASCII in the target', section: '3986 2', bytes: line('GET /\xe4 HTTP/1.1'), refused: 400 },
  { name: 'a fragment', section: '9112 3.2', bytes: line('GET /a#b HTTP/1.1'), refused: 400 },
  { name: 'a relative target', section: '9112 3.2', bytes: line('GET a HTTP/1.1'), refused: 400 },
  {
    name: 'TLS bytes on a plain port',
    section: '9112 3',
    bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n',
    refused: 400,
  },
  { name: 'the HTTP/2 preface', section: '9113 3.4', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', refused: 505 },
];

const versions: RequestMessage[] = [
  {
    name: 'HTTP/1.0 closes',
    section: '9112 9.3',
    bytes: 'GET / HTTP/1.0\r\nHost: a\r\n\r\n',
    seen: [{ version: 10 }],
    closes: true,
  },
  {
    name: 'HTTP/1.0 with keep-alive stays',
    section: '9112 9.3',
    bytes: 'GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n',
    seen: [{ version: 10, headers: [] }],
  },
  {
    name: 'HTTP/1.0 with keep-alive and close closes',
    section: '9112 9.3',
    bytes: 'GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n',
    seen: [{ version: 10 }],
    closes: true,
  },
  {
    name: 'HTTP/1.0 without Host',
    section: '9112 3.2',
    bytes: 'GET / HTTP/1.0\r\n\r\n',
    seen: [{ authority: '' }],
    closes: true,
  },
  {
    name: 'a higher minor version is read as 1.1',
    section: '9110 2.5',
    bytes: line('GET / HTTP/1.9'),
    seen: [{ version: 11 }],
  },
  { name: 'HTTP/2.0', section: '9110 15.6.6', bytes: line('GET / HTTP/2.0'), refused: 505 },
  { name: 'HTTP/0.9', section: '9110 15.6.6', bytes: line('GET / HTTP/0.9'), refused: 505 },
  { name: 'HTTP/3.1', section: '9110 15.6.6', bytes: line('GET / HTTP/3.1'), refused: 505 },
  { name: 'a lower-case protocol', section: '9112 2.3', bytes: line('GET / http/1.1'), refused: 400 },
  { name: 'another protocol', section: '9112 2.3', bytes: line('GET / ICAP/1.1'), refused: 400 },
  { name: 'a version of two digits', section: '9112 2.3', bytes: line('GET / HTTP/1.10'), refused: 400 },
  { name: 'a major version of two digits', section: '9112 2.3', bytes: line('GET / HTTP/11.1'), refused: 400 },
  { name: 'a version without minor', section: '9112 2.3', bytes: line('GET / HTTP/1'), refused: 400 },
  { name: 'a version with a comma', section: '9112 2.3', bytes: line('GET / HTTP/1,1'), refused: 400 },
  { name: 'a version with a letter', section: '9112 2.3', bytes: line('GET / HTTP/1.x'), refused: 400 },
];

const targets: RequestMessage[] = [
  {
    name: 'absolute form',
    section: '9112 3.2.2',
    bytes: 'GET http://b:81/c?d HTTP/1.1\r\nHost: b:81\r\n\r\n',
    seen: [{ scheme: 'http', authority: 'b:81', path: '/c?d', headers: [] }],
  },
  {
    name: 'absolute form wins over Host',
    section: '9112 3.2.2',
    bytes: line('GET http://b/c HTTP/1.1'),
    seen: [{ authority: 'b', path: '/c', headers: [] }],
  },
  {
    name: 'absolute form without a path',
    section: '9112 3.2.1',
    bytes: line('GET http://b HTTP/1.1'),
    seen: [{ authority: 'b', path: '/' }],
  },
  {
    name: 'absolute form with a query only',
    section: '9112 3.2.1',
    bytes: line('GET http://b?c HTTP/1.1'),
    seen: [{ authority: 'b', path: '/?c' }],
  },
  {
    name: 'absolute form of an upper-case scheme',
    section: '3986 3.1',
    bytes: line('GET HTTP://b/ HTTP/1.1'),
    seen: [{ scheme: 'http', authority: 'b' }],
  },
  {
    name: 'absolute form of https',
    section: '9112 3.2.2',
    bytes: line('GET https://b/ HTTP/1.1'),
    seen: [{ scheme: 'https', authority: 'b' }],
  },
  {
    name: 'OPTIONS of a whole server in absolute form',
    section: '9112 3.2.4',
    bytes: line('OPTIONS http://b HTTP/1.1'),
    seen: [{ path: '*', authority: 'b' }],
  },
  { name: 'OPTIONS *', section: '9112 3.2.4', bytes: line('OPTIONS * HTTP/1.1'), seen: [{ path: '*' }] },
  { name: 'GET *', section: '9112 3.2.4', bytes: line('GET * HTTP/1.1'), refused: 400 },
  {
    name: 'absolute form still needs Host',
    section: '9112 3.2',
    bytes: 'GET http://b/ HTTP/1.1\r\n\r\n',
    refused: 400,
  },
  { name: 'absolute form without a host', section: '9110 4.2.1', bytes: line('GET http:///c HTTP/1.1'), refused: 400 },
  {
    name: 'absolute form with user information',
    section: '9110 4.2.4',
    bytes: line('GET http://u@b/ HTTP/1.1'),
    refused: 400,
  },
  {
    name: 'absolute form with user and password',
    section: '9110 4.2.4',
    bytes: line('GET http://u:p@b/ HTTP/1.1'),
    refused: 400,
  },
  {
    name: 'absolute form of another scheme',
    section: '9112 3.2.2',
    bytes: line('GET ftp://b/ HTTP/1.1'),
    refused: 400,
  },
  { name: 'absolute form with one slash', section: '3986 3', bytes: line('GET http:/b HTTP/1.1'), refused: 400 },
  {
    name: 'absolute form with a bad port',
    section: '3986 3.2.3',
    bytes: line('GET http://b:x/ HTTP/1.1'),
    refused: 400,
  },
  {
    name: 'absolute form with a backslash in the host',
    section: '3986 3.2.2',
    bytes: line('GET http://b\\c/ HTTP/1.1'),
    refused: 400,
  },
  { name: 'CONNECT', section: '9112 3.2.3', bytes: line('CONNECT a:443 HTTP/1.1'), refused: 501 },
  { name: 'CONNECT without a port', section: '9112 3.2.3', bytes: line('CONNECT a HTTP/1.1'), refused: 400 },
  { name: 'CONNECT of a path', section: '9112 3.2.3', bytes: line('CONNECT /a HTTP/1.1'), refused: 400 },
  { name: 'authority form with GET', section: '9112 3.2.3', bytes: line('GET a:443 HTTP/1.1'), refused: 400 },
];

const host = (value: string): string => `GET / HTTP/1.1\r\nHost:${value}\r\n\r\n`;
const hosts: RequestMessage[] = [
  { name: 'Host with a port', section: '9110 7.2', bytes: host(' a.b:8080'), seen: [{ authority: 'a.b:8080' }] },
  { name: 'Host without a space', section: '9112 5', bytes: host('a'), seen: [{ authority: 'a' }] },
  {
    name: 'Host keeps its case',
    section: '9110 7.2',
    bytes: host(' Cart.Default'),
    seen: [{ authority: 'Cart.Default' }],
  },
  {
    name: 'Host as an IPv6 address',
    section: '3986 3.2.2',
    bytes: host(' [::1]:80'),
    seen: [{ authority: '[::1]:80' }],
  },
  { name: 'Host with an empty port', section: '3986 3.2.3', bytes: host(' a:'), seen: [{ authority: 'a:' }] },
  { name: 'Host with percent encoding', section: '3986 3.2.2', bytes: host(' a%41'), seen: [{ authority: 'a%41' }] },
  { name: 'an empty Host', section: '9110 7.2', bytes: host(''), seen: [{ authority: '' }] },
  { name: 'no Host', section: '9112 3.2', bytes: 'GET / HTTP/1.1\r\n\r\n', refused: 400 },
  { name: 'two Hosts', section: '9112 3.2', bytes: get('Host: b\r\n'), refused: 400 },
  { name: 'two equal Hosts', section: '9112 3.2', bytes: get('host: a\r\n'), refused: 400 },
  { name: 'a list of Hosts', section: '9112 3.2', bytes: host(' a, b'), refused: 400 },
  { name: 'Host with a path', section: '9112 3.2', bytes: host(' a/b'), refused: 400 },
  { name: 'Host with user information', section: '9112 3.2', bytes: host(' u@a'), refused: 400 },
  { name: 'Host with a space', section: '9112 3.2', bytes: host(' a b'), refused: 400 },
  { name: 'Host of a port alone', section: '9112 3.2', bytes: host(' :80'), refused: 400 },
  { name: 'Host with a port of letters', section: '9112 3.2', bytes: host(' a:http'), refused: 400 },
  { name: 'Host with too high a port', section: '9112 3.2', bytes: host(' a:65536'), refused: 400 },
  { name: 'Host with two ports', section: '9112 3.2', bytes: host(' a:1:2'), refused: 400 },
  { name: 'Host with an open bracket', section: '3986 3.2.2', bytes: host(' [::1'), refused: 400 },
  { name: 'Host with text after the bracket', section: '3986 3.2.2', bytes: host(' [::1]a'), refused: 400 },
  { name: 'Host with a bad percent encoding', section: '3986 2.1', bytes: host(' a%4'), refused: 400 },
  { name: 'Host with a byte above ASCII', section: '9112 3.2', bytes: host(' \xe4'), refused: 400 },
  { name: 'Host with a question mark', section: '9112 3.2', bytes: host(' a?b'), refused: 400 },
];

const fields: RequestMessage[] = [
  {
    name: 'order, case and repetition are kept',
    section: '9110 5.3',
    bytes: get('X-b: 1\r\nx-A: 2\r\nX-B: 3\r\n'),
    seen: [{ headers: ['X-b: 1', 'x-A: 2', 'X-B: 3'] }],
  },
  {
    name: 'whitespace around a value is not part of it',
    section: '9112 5.1',
    bytes: get('a: \t b \t\r\nc:d\r\n'),
    seen: [{ headers: ['a: b', 'c: d'] }],
  },
  {
    name: 'whitespace within a value is',
    section: '9110 5.5',
    bytes: get('a: b  \t c\r\n'),
    seen: [{ headers: ['a: b  \t c'] }],
  },
  { name: 'empty values', section: '9110 5.5', bytes: get('a:\r\nb: \r\n'), seen: [{ headers: ['a: ', 'b: '] }] },
  {
    name: 'bytes above ASCII in a value',
    section: '9110 5.5',
    bytes: get('a: \x80\xe4\xff\r\n'),
    seen: [{ headers: ['a: \x80\xe4\xff'] }],
  },
  {
    name: 'a name of all token characters',
    section: '9110 5.1',
    bytes: get("a!#$%&'*+-.^_`|~9: b\r\n"),
    seen: [{ headers: ["a!#$%&'*+-.^_`|~9: b"] }],
  },
  { name: 'colons in a value', section: '9112 5', bytes: get('a: b:c: d\r\n'), seen: [{ headers: ['a: b:c: d'] }] },
  { name: 'a space before the colon', section: '9112 5.1', bytes: get('a : b\r\n'), refused: 400 },
  { name: 'a tab before the colon', section: '9112 5.1', bytes: get('a\t: b\r\n'), refused: 400 },
  {
    name: 'a space before the colon of Content-Length',
    section: '9112 5.1',
    bytes: post('Content-Length : 5\r\n', 'hello'),
    refused: 400,
  },
  { name: 'a folded line', section: '9112 5.2', bytes: get('a: b\r\n c\r\n'), refused: 400 },
  { name: 'a line folded by a tab', section: '9112 5.2', bytes: get('a: b\r\n\tc\r\n'), refused: 400 },
  {
    name: 'whitespace before the first header',
    section: '9112 2.2',
    bytes: 'GET / HTTP/1.1\r\n Host: a\r\n\r\n',
    refused: 400,
  },
  { name: 'a header without colon', section: '9112 5', bytes: get('abc\r\n'), refused: 400 },
  { name: 'a header without name', section: '9112 5', bytes: get(': b\r\n'), refused: 400 },
  { name: 'a bare LF after a header', section: '9112 2.2', bytes: get('a: b\nc: d\r\n'), refused: 400 },
  { name: 'a bare LF as the empty line', section: '9112 2.2', bytes: 'GET / HTTP/1.1\r\nHost: a\r\n\n', refused: 400 },
  { name: 'a bare CR in a value', section: '9112 2.2', bytes: get('a: b\rc: d\r\n'), refused: 400 },
  { name: 'a bare CR before the empty line', section: '9112 2.2', bytes: get('a: b\r\r\n'), refused: 400 },
  { name: 'a NUL in a value', section: '9110 5.5', bytes: get('a: b\0c\r\n'), refused: 400 },
  { name: 'a control character in a value', section: '9110 5.5', bytes: get('a: b\x01c\r\n'), refused: 400 },
  { name: 'DEL in a value', section: '9110 5.5', bytes: get('a: b\x7f\r\n'), refused: 400 },
  { name: 'a vertical tab before a value', section: '9110 5.5', bytes: get('a:\x0bb\r\n'), refused: 400 },
  { name: 'a NUL in a name', section: '9110 5.1', bytes: get('a\0: b\r\n'), refused: 400 },
  { name: 'a byte above ASCII in a name', section: '9110 5.1', bytes: get('\xe4: b\r\n'), refused: 400 },
  { name: 'a separator in a name', section: '9110 5.1', bytes: get('a(b): c\r\n'), refused: 400 },
  { name: 'a slash in a name', section: '9110 5.1', bytes: get('a/b: c\r\n'), refused: 400 },
];

const connection: RequestMessage[] = [
  {
    name: 'Connection: close',
    section: '9112 9.6',
    bytes: get('Connection: close\r\n'),
    seen: [{ headers: [] }],
    closes: true,
  },
  {
    name: 'Connection: Close in another case',
    section: '9110 7.6.1',
    bytes: get('connection: CLOSE\r\n'),
    seen: [{ headers: [] }],
    closes: true,
  },
  {
    name: 'close among other options',
    section: '9112 9.6',
    bytes: get('Connection: foo, close\r\n'),
    seen: [{ headers: [] }],
    closes: true,
  },
  {
    name: 'close in a second header',
    section: '9110 5.3',
    bytes: get('Connection: keep-alive\r\nConnection: close\r\n'),
    seen: [{ headers: [] }],
    closes: true,
  },
  {
    name: 'nothing is served after close',
    section: '9112 9.6',
    bytes: get('Connection: close\r\n') + get(''),
    seen: [{}],
    closes: true,
  },
  {
    name: 'headers that Connection names are removed',
    section: '9110 7.6.1',
    bytes: get('Connection: X-a, x-B\r\nx-A: 1\r\nX-b: 2\r\nx-c: 3\r\nX-A: 4\r\n'),
    seen: [{ headers: ['x-c: 3'] }],
  },
  {
    name: 'headers of one hop are removed',
    section: '9110 7.6.1',
    bytes: get(
      'Keep-Alive: 5\r\nProxy-Connection: keep-alive\r\nUpgrade: websocket\r\nConnection: upgrade\r\nHTTP2-Settings: A\r\nx: y\r\n',
    ),
    seen: [{ headers: ['x: y'] }],
  },
  {
    name: 'TE: trailers is kept',
    section: '9110 10.1.4',
    bytes: get('TE: trailers\r\nConnection: TE\r\n'),
    seen: [{ headers: ['TE: trailers'] }],
  },
  {
    name: 'other TE wishes are dropped',
    section: '9110 10.1.4',
    bytes: get('TE: deflate;q=0.5\r\nConnection: TE\r\n'),
    seen: [{ headers: [] }],
  },
  {
    name: 'trailers among other TE wishes',
    section: '9110 10.1.4',
    bytes: get('TE: deflate, Trailers\r\nConnection: TE\r\n'),
    seen: [{ headers: ['te: trailers'] }],
  },
  {
    name: 'Connection cannot take Host or the framing away',
    section: '9110 7.6.1',
    bytes: post('Connection: host, content-length\r\nContent-Length: 1\r\n', 'x'),
    seen: [{ authority: 'a', length: 1, body: 'x' }],
  },
  {
    name: 'empty elements in Connection',
    section: '9110 5.6.1',
    bytes: get('Connection: , keep-alive,,\r\n'),
    seen: [{ headers: [] }],
  },
  { name: 'Connection with a separator', section: '9110 7.6.1', bytes: get('Connection: a;b\r\n'), refused: 400 },
  {
    name: 'Connection with too many options',
    section: 'limit',
    bytes: get(`Connection: ${lots(40, (at) => `x${at},`)}\r\n`),
    refused: 400,
  },
];

const lengths: RequestMessage[] = [
  {
    name: 'Content-Length',
    section: '9112 6.2',
    bytes: post('Content-Length: 5\r\n', 'hello'),
    seen: [{ length: 5, body: 'hello', headers: [] }],
  },
  {
    name: 'Content-Length 0',
    section: '9112 6.2',
    bytes: post('Content-Length: 0\r\n'),
    seen: [{ length: 0, body: '' }],
  },
  {
    name: 'Content-Length with zeros in front',
    section: '9112 6.2',
    bytes: post('Content-Length: 0005\r\n', 'hello'),
    seen: [{ length: 5, body: 'hello' }],
  },
  {
    name: 'a body with GET',
    section: '9110 9.3.1',
    bytes: `${get('Content-Length: 5\r\n')}hello`,
    seen: [{ method: 'GET', body: 'hello' }],
  },
  {
    name: 'POST without any length has no body',
    section: '9112 6.3',
    bytes: post(''),
    seen: [{ length: 0, body: '' }],
  },
  {
    name: 'what follows a counted body is the next request',
    section: '9112 6.3',
    bytes: post('Content-Length: 5\r\n', 'hello') + get(''),
    seen: [{ body: 'hello' }, { method: 'GET' }],
  },
  {
    name: 'a body that looks like a request',
    section: '9112 6.3',
    bytes: post(`Content-Length: ${get('').length}\r\n`, get('')) + get(''),
    seen: [{ body: get('') }, { method: 'GET', body: '' }],
  },
  {
    name: 'too much body begins the next request',
    section: '9112 6.3',
    bytes: post('Content-Length: 4\r\n', 'hello\r\n\r\n'),
    seen: [{ body: 'hell' }],
    refused: 400,
  },
  {
    name: 'two equal Content-Lengths',
    section: '9112 6.3',
    bytes: post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'two different Content-Lengths',
    section: '9112 6.3',
    bytes: post('Content-Length: 5\r\ncontent-length: 6\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'a list as Content-Length',
    section: '9112 6.3',
    bytes: post('Content-Length: 5, 5\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'a signed Content-Length',
    section: '9112 6.2',
    bytes: post('Content-Length: +5\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'a negative Content-Length',
    section: '9112 6.2',
    bytes: post('Content-Length: -5\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'a fraction as Content-Length',
    section: '9112 6.2',
    bytes: post('Content-Length: 5.0\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'a hexadecimal Content-Length',
    section: '9112 6.2',
    bytes: post('Content-Length: 0x5\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'an exponent as Content-Length',
    section: '9112 6.2',
    bytes: post('Content-Length: 5e0\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'Content-Length with a space inside',
    section: '9112 6.2',
    bytes: post('Content-Length: 5 5\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'Content-Length with an underscore',
    section: '9112 6.2',
    bytes: post('Content-Length: 5_0\r\n', 'hello'),
    refused: 400,
  },
  { name: 'an empty Content-Length', section: '9112 6.2', bytes: post('Content-Length:\r\n', 'hello'), refused: 400 },
  {
    name: 'a Content-Length beyond 2^53',
    section: '9112 6.2',
    bytes: post('Content-Length: 9007199254740993\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'a Content-Length that wraps 64 bits',
    section: '9112 6.2',
    bytes: post('Content-Length: 18446744073709551621\r\n', 'hello'),
    refused: 400,
  },
  {
    name: 'Content-Length and chunked',
    section: '9112 6.3',
    bytes: post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    refused: 400,
  },
  {
    name: 'chunked and Content-Length',
    section: '9112 6.3',
    bytes: post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
    refused: 400,
  },
];

const te = (value: string): string => post(`Transfer-Encoding:${value}\r\n`, '0\r\n\r\n');
const codings: RequestMessage[] = [
  {
    name: 'chunked',
    section: '9112 7.1',
    bytes: chunked('5\r\nhello\r\n0\r\n\r\n'),
    seen: [{ length: -1, body: 'hello', trailers: null, headers: [] }],
  },
  { name: 'CHUNKED', section: '9112 7', bytes: te(' CHUNKED'), seen: [{ length: -1, body: '' }] },
  {
    name: 'chunked in HTTP/1.0',
    section: '9112 6.1',
    bytes: 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    refused: 400,
  },
  { name: 'an unknown coding', section: '9112 6.1', bytes: te(' xchunked'), refused: 501 },
  { name: 'gzip alone', section: '9112 6.1', bytes: te(' gzip'), refused: 501 },
  { name: 'identity', section: '9112 7', bytes: te(' identity'), refused: 501 },
  { name: 'gzip, chunked', section: '9112 6.1', bytes: te(' gzip, chunked'), refused: 501 },
  {
    name: 'gzip and chunked in two headers',
    section: '9112 6.1',
    bytes: post('Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    refused: 501,
  },
  { name: 'chunked not last', section: '9112 6.3', bytes: te(' chunked, gzip'), refused: 400 },
  { name: 'chunked twice', section: '9112 6.1', bytes: te(' chunked, chunked'), refused: 400 },
  {
    name: 'chunked in two headers',
    section: '9112 6.1',
    bytes: post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    refused: 400,
  },
  { name: 'chunked with a parameter', section: '9112 7.1', bytes: te(' chunked;a=b'), refused: 400 },
  { name: 'chunked in quotes', section: '9112 7', bytes: te(' "chunked"'), refused: 400 },
  { name: 'a comma after chunked', section: '9112 7', bytes: te(' chunked,'), refused: 400 },
  { name: 'an empty Transfer-Encoding', section: '9112 6.1', bytes: te(''), refused: 400 },
  { name: 'a vertical tab before chunked', section: '9110 5.5', bytes: te('\x0bchunked'), refused: 400 },
  { name: 'a non-breaking space before chunked', section: '9112 7', bytes: te('\xa0chunked'), refused: 400 },
  { name: 'two words', section: '9112 7', bytes: te(' chunked chunked'), refused: 400 },
];

const aborted = (body: string, status = 400): Pick<RequestMessage, 'bytes' | 'seen' | 'refused'> => ({
  bytes: chunked(body) + get(''),
  seen: [{ end: 'protocol' }],
  refused: status,
});
const chunks: RequestMessage[] = [
  {
    name: 'several chunks',
    section: '9112 7.1',
    bytes: chunked('3\r\nabc\r\n00a\r\n0123456789\r\n0\r\n\r\n') + get(''),
    seen: [{ body: 'abc0123456789' }, { method: 'GET' }],
  },
  {
    name: 'hexadecimal sizes in both cases',
    section: '9112 7.1',
    bytes: chunked(`A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n`),
    seen: [{ body: '01234567890123456789a' }],
  },
  {
    name: 'data that looks like chunks',
    section: '9112 7.1',
    bytes: chunked('7\r\n0\r\n\r\nGE\r\n0\r\n\r\n'),
    seen: [{ body: '0\r\n\r\nGE' }],
  },
  {
    name: 'the last chunk with several zeros',
    section: '9112 7.1',
    bytes: chunked('000\r\n\r\n'),
    seen: [{ body: '' }],
  },
  {
    name: 'extensions are dropped',
    section: '9112 7.1.1',
    bytes: chunked('1;a=b\r\nx\r\n0;c="d;e"\r\n\r\n'),
    seen: [{ body: 'x' }],
  },
  {
    name: 'whitespace before an extension',
    section: '9112 7.1.1',
    bytes: chunked('1 \t;a\r\nx\r\n0\r\n\r\n'),
    seen: [{ body: 'x' }],
  },
  { name: 'whitespace after a size', section: '9112 7.1', ...aborted('1 \r\nx\r\n0\r\n\r\n') },
  { name: 'whitespace before a size', section: '9112 7.1', ...aborted(' 1\r\nx\r\n0\r\n\r\n') },
  { name: 'a size in 0x', section: '9112 7.1', ...aborted('0x1\r\nx\r\n0\r\n\r\n') },
  { name: 'a signed size', section: '9112 7.1', ...aborted('+1\r\nx\r\n0\r\n\r\n') },
  { name: 'a negative size', section: '9112 7.1', ...aborted('-1\r\nx\r\n0\r\n\r\n') },
  { name: 'an empty size', section: '9112 7.1', ...aborted('\r\nx\r\n0\r\n\r\n') },
  { name: 'an extension without a size', section: '9112 7.1', ...aborted(';a\r\nx\r\n0\r\n\r\n') },
  { name: 'a size of other letters', section: '9112 7.1', ...aborted('g\r\nx\r\n0\r\n\r\n') },
  { name: 'a size that overflows 64 bits', section: '9112 7.1', ...aborted('10000000000000001\r\nx\r\n0\r\n\r\n') },
  { name: 'a size of endless zeros', section: '9112 7.1', ...aborted('0000000000000000000\r\n\r\n') },
  { name: 'a size line ended by LF', section: '9112 7.1', ...aborted('1\nx\r\n0\r\n\r\n') },
  { name: 'a size line ended by CR', section: '9112 7.1', ...aborted('1\rx\r\n0\r\n\r\n') },
  { name: 'data ended by LF', section: '9112 7.1', ...aborted('1\r\nx\n0\r\n\r\n') },
  { name: 'data ended by CR', section: '9112 7.1', ...aborted('1\r\nx\r0\r\n\r\n') },
  { name: 'data longer than its size', section: '9112 7.1', ...aborted('1\r\nxy\r\n0\r\n\r\n') },
  { name: 'data shorter than its size', section: '9112 7.1', ...aborted('3\r\nx\r\n0\r\n\r\n') },
  { name: 'an LF in an extension', section: '9112 7.1.1', ...aborted('1;a\nb\r\nx\r\n0\r\n\r\n') },
  { name: 'a CR in an extension', section: '9112 7.1.1', ...aborted('1;a\rb\r\nx\r\n0\r\n\r\n') },
  { name: 'a NUL in an extension', section: '9112 7.1.1', ...aborted('1;a\0\r\nx\r\n0\r\n\r\n') },
  { name: 'endless extensions', section: 'limit', ...aborted(`1;${'a'.repeat(5000)}\r\nx\r\n0\r\n\r\n`) },
  {
    name: 'trailers',
    section: '9112 7.1.2',
    bytes: chunked('0\r\nX-sum: 1\r\nx-b: 2\r\n\r\n') + get(''),
    seen: [{ trailers: ['X-sum: 1', 'x-b: 2'] }, { method: 'GET' }],
  },
  { name: 'a Content-Length trailer', section: '9110 6.5.1', ...aborted('0\r\nContent-Length: 5\r\n\r\n') },
  { name: 'a Transfer-Encoding trailer', section: '9110 6.5.1', ...aborted('0\r\nTransfer-Encoding: chunked\r\n\r\n') },
  { name: 'a Host trailer', section: '9110 6.5.1', ...aborted('0\r\nHost: b\r\n\r\n') },
  {
    name: 'trailers of one hop are dropped',
    section: '9110 6.5.1',
    bytes: chunked('0\r\nConnection: close\r\nx: y\r\nTE: trailers\r\n\r\n'),
    seen: [{ trailers: ['x: y'] }],
  },
  { name: 'a folded trailer', section: '9112 5.2', ...aborted('0\r\na: b\r\n c\r\n\r\n') },
  { name: 'a malformed trailer', section: '9112 5', ...aborted('0\r\nabc\r\n\r\n') },
  { name: 'a bare LF after the trailers', section: '9112 2.2', ...aborted('0\r\na: b\r\n\n') },
  { name: 'too many trailers', section: 'limit', ...aborted(`0\r\n${lots(101, (at) => `x${at}: y\r\n`)}\r\n`, 431) },
];

const expectations: RequestMessage[] = [
  {
    name: 'Expect: 100-continue is passed on',
    section: '9110 10.1.1',
    bytes: post('Expect: 100-continue\r\nContent-Length: 1\r\n', 'x'),
    seen: [{ headers: ['Expect: 100-continue'], body: 'x' }],
  },
  {
    name: 'Expect in another case',
    section: '9110 10.1.1',
    bytes: post('Expect: 100-Continue\r\nContent-Length: 1\r\n', 'x'),
    seen: [{ body: 'x' }],
  },
  {
    name: 'Expect without a body is dropped',
    section: '9110 10.1.1',
    bytes: get('Expect: 100-continue\r\n'),
    seen: [{ headers: [] }],
  },
  {
    name: 'Expect of HTTP/1.0 is dropped',
    section: '9110 10.1.1',
    bytes: 'POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx',
    seen: [{ headers: [], body: 'x' }],
    closes: true,
  },
  { name: 'another expectation', section: '9110 10.1.1', bytes: get('Expect: 200-ok\r\n'), refused: 417 },
  { name: 'two expectations', section: '9110 10.1.1', bytes: get('Expect: 100-continue, 200-ok\r\n'), refused: 417 },
];

const limits: RequestMessage[] = [
  {
    name: 'a target as long as the limit allows',
    section: 'limit',
    bytes: line(`GET /${'a'.repeat(8000)} HTTP/1.1`),
    seen: [{ path: `/${'a'.repeat(8000)}` }],
  },
  {
    name: 'a target longer than a head may be',
    section: '9110 15.5.15',
    bytes: line(`GET /${'a'.repeat(9000)} HTTP/1.1`),
    refused: 414,
  },
  { name: 'a target without end', section: '9110 15.5.15', bytes: `GET /${'a'.repeat(9000)}`, refused: 414 },
  { name: 'a method without end', section: '9112 3', bytes: 'A'.repeat(9000), refused: 414 },
  {
    name: 'a header longer than a head may be',
    section: '6585 5',
    bytes: get(`a: ${'b'.repeat(9000)}\r\n`),
    refused: 431,
  },
  {
    name: 'a header without end',
    section: '6585 5',
    bytes: `GET / HTTP/1.1\r\nHost: a\r\nb: ${'c'.repeat(9000)}`,
    refused: 431,
  },
  {
    name: 'many headers that are too large together',
    section: '6585 5',
    bytes: get(lots(90, (at) => `x${at}: ${'y'.repeat(100)}\r\n`)),
    refused: 431,
  },
  {
    name: 'as many headers as may be',
    section: 'limit',
    bytes: get(lots(99, (at) => `x${at}: y\r\n`)),
    seen: [{ headers: Array.from({ length: 99 }, (_, at) => `x${at}: y`) }],
  },
  { name: 'one header too many', section: '6585 5', bytes: get(lots(100, (at) => `x${at}: y\r\n`)), refused: 431 },
];

const streams: RequestMessage[] = [
  {
    name: 'three requests in one read',
    section: '9112 9.3.2',
    bytes: line('GET /1 HTTP/1.1') + line('GET /2 HTTP/1.1') + line('GET /3 HTTP/1.1'),
    seen: [{ path: '/1' }, { path: '/2' }, { path: '/3' }],
  },
  {
    name: 'a malformed request after a good one',
    section: '9112 9.3.2',
    bytes: `${get('')}GET\r\n\r\n`,
    seen: [{ path: '/' }],
    refused: 400,
  },
  {
    name: 'nothing is served after a malformed request',
    section: '9112 9.3.2',
    bytes: `GET\r\n\r\n${get('')}`,
    refused: 400,
  },
  { name: 'a head that stops in the middle', section: '9112 8', bytes: 'GET / HTTP/1.1\r\nHost: a\r\n', seen: [] },
  {
    name: 'a body that stops in the middle',
    section: '9112 8',
    bytes: post('Content-Length: 5\r\n', 'hel'),
    seen: [{ body: 'hel', end: 'open' }],
  },
  { name: 'a malformed line that is not complete yet', section: '9112 8', bytes: 'GET /\0', seen: [] },
];

export const REQUEST_MESSAGES: readonly RequestMessage[] = [
  ...requestLine,
  ...versions,
  ...targets,
  ...hosts,
  ...fields,
  ...connection,
  ...lengths,
  ...codings,
  ...chunks,
  ...expectations,
  ...limits,
  ...streams,
];
