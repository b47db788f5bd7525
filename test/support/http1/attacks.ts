/**
 * Attacks on the framing of messages: each differs from a valid message in one byte, one header or one line. What the
 * right answer is, is not said here; what must never happen is in the tests that use it.
 */
export interface Attacks {
  category: string;
  messages: string[];
}

const head = (line: string, ...fields: string[]): string => `${[line, 'Host: a', ...fields].join('\r\n')}\r\n\r\n`;
const post = (...fields: string[]): string => head('POST /a HTTP/1.1', ...fields);
const COUNTED = `${post('Content-Length: 5', 'X-One: 1')}hello`;
const CHUNKED = `${post('Transfer-Encoding: chunked', 'X-One: 1')}5\r\nhello\r\n0\r\n\r\n`;
const CHUNKED_TRAILERS = `${post('Transfer-Encoding: chunked')}5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`;
/** A request that hides where a body ends for one reader and not for another. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';
const LAST = '0\r\n\r\n';

/** `text` with each occurrence of `what`, one at a time, replaced. */
function each(text: string, what: string, ...by: string[]): string[] {
  const list: string[] = [];
  for (let at = text.indexOf(what); at >= 0; at = text.indexOf(what, at + 1)) {
    for (const other of by) list.push(text.slice(0, at) + other + text.slice(at + what.length));
  }
  return list;
}
const te = (...values: string[]): string[] =>
  values.map((value) => `${post(`Transfer-Encoding:${value}`)}${LAST}${HIDDEN}`);
const cl = (...values: string[]): string[] => values.map((value) => `${post(`Content-Length:${value}`)}hello${HIDDEN}`);
const chunks = (...bodies: string[]): string[] => bodies.map((body) => post('Transfer-Encoding: chunked') + body);
const lines = (...list: string[]): string[] => list.map((line) => head(line));
const hosts = (...values: string[]): string[] => values.map((value) => `GET /a HTTP/1.1\r\nHost:${value}\r\n\r\n`);
const many = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join('');

export const REQUEST_ATTACKS: readonly Attacks[] = [
  {
    category: 'Content-Length and Transfer-Encoding together',
    messages: [
      `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}${LAST}${HIDDEN}`,
      `${post('Transfer-Encoding: chunked', 'Content-Length: 5')}${LAST}${HIDDEN}`,
      `${post(`Content-Length: ${LAST.length + HIDDEN.length}`, 'Transfer-Encoding: chunked')}${LAST}${HIDDEN}`,
      `${post('Content-Length: 0', 'Transfer-Encoding: chunked')}${LAST}`,
      `${post('Transfer-Encoding: chunked', 'Content-Length: 5', 'Connection: content-length')}${LAST}${HIDDEN}`,
      `${post('Content-Length: 5', 'Transfer-Encoding: chunked', 'Connection: transfer-encoding')}${LAST}${HIDDEN}`,
      `${post('Content-Length: 5', 'Transfer-Encoding: identity')}hello`,
    ],
  },
  {
    category: 'Content-Length twice',
    messages: ['5', '6', '0', '05', '5 '].map(
      (value) => `${post('Content-Length: 5', `content-length: ${value}`)}hello`,
    ),
  },
  { category: 'Content-Length as a list', messages: cl(' 5,5', ' 5, 6', ' 5,', ' ,5', ' 0,5') },
  {
    category: 'Content-Length with other digits',
    messages: cl(' +5', ' -5', ' 0x5', ' 5.0', ' 5e0', ' 0b101', ' 5_0', ' \xb25', ' five', ' 5h', " '5'", ' "5"'),
  },
  {
    category: 'Content-Length and whitespace',
    messages: cl('', ' ', ' 5 5', ' 5\x0b', '\x0b5', '\x0c5', ' \xa05', ' 5\t', '\t5', ' \x855'),
  },
  {
    category: 'Content-Length too large',
    messages: cl(
      ' 9007199254740992',
      ' 9223372036854775807',
      ' 18446744073709551616',
      ' 18446744073709551621',
      ` ${'9'.repeat(40)}`,
      ` ${'0'.repeat(40)}5`,
    ),
  },
  { category: 'Content-Length with zeros in front', messages: cl(' 05', ' 0005', ' 000000000000005') },
  {
    category: 'the name of Content-Length disguised',
    messages: [
      'Content-Length ',
      ' Content-Length',
      'Content_Length',
      'Content-Length\t',
      'Content-Length\0',
      'Content Length',
      'X-Content-Length',
      'Content-Length\x0b',
      '\x0bContent-Length',
      'Content-Length\xa0',
    ].map((name) => `${post(`${name}: 5`)}hello`),
  },
  {
    category: 'codings that sound like chunked',
    messages: te(
      ' xchunked',
      ' chunkedx',
      ' chunke',
      ' c hunked',
      ' "chunked"',
      " 'chunked'",
      ' chunked;',
      ' chunked;a=b',
      ' chunked-',
      ' chunk',
    ),
  },
  {
    category: 'chunked and whitespace',
    messages: te(
      '\tchunked',
      ' chunked ',
      ' chunked\t',
      '\x0bchunked',
      ' chunked\x0b',
      '\x0cchunked',
      ' \xa0chunked',
      ' chunked\xa0',
      '  chunked',
      '\x00chunked',
      ' chunked\x00',
      ' chunked\x7f',
    ),
  },
  { category: 'chunked in another case', messages: te(' Chunked', ' CHUNKED', ' cHuNkEd') },
  {
    category: 'chunked among other codings',
    messages: te(
      ' gzip, chunked',
      ' chunked, gzip',
      ' identity, chunked',
      ' chunked, identity',
      ' chunked, chunked',
      ' , chunked',
      ' chunked,',
      ' chunked,,chunked',
      ' gzip',
      ' identity',
      '',
    ),
  },
  {
    category: 'Transfer-Encoding twice',
    messages: [
      ['chunked', 'chunked'],
      ['chunked', 'identity'],
      ['identity', 'chunked'],
      ['gzip', 'chunked'],
      ['chunked', ''],
      ['', 'chunked'],
    ].map(
      ([first, second]) => `${post(`Transfer-Encoding: ${first}`, `Transfer-encoding: ${second}`)}${LAST}${HIDDEN}`,
    ),
  },
  {
    category: 'the name of Transfer-Encoding disguised',
    messages: [
      'Transfer-Encoding ',
      ' Transfer-Encoding',
      'Transfer_Encoding',
      'Transfer-Encoding\t',
      'Transfer-Encoding\0',
      'Transfer Encoding',
      'X-Transfer-Encoding',
      'Transfer-Encoding\x0b',
      '\x0bTransfer-Encoding',
      'Transfer-\nEncoding',
      'Transfer-\rEncoding',
      'Transfer-Encoding\xa0',
    ].map((name) => `${post('Content-Length: 5', `${name}: chunked`)}hello`),
  },
  {
    category: 'Transfer-Encoding in HTTP/1.0',
    messages: ['chunked', 'identity', 'gzip'].map(
      (value) => `${head('POST /a HTTP/1.0', 'Connection: keep-alive', `Transfer-Encoding: ${value}`)}${LAST}`,
    ),
  },
  {
    category: 'framing fields on folded lines',
    messages: [
      'Content-Length:\r\n 5',
      'Content-Length: 5\r\n ',
      'X: y\r\n Content-Length: 5',
      'X: y\r\n\tTransfer-Encoding: chunked',
      'Transfer-Encoding:\r\n chunked',
      'Transfer-Encoding: \r\n\tchunked',
      'Transfer-Encoding: identity,\r\n chunked',
      'Content-Length: 1\r\n 5',
    ].map((field) => `${post(field)}hello`),
  },
  {
    category: 'a bare LF ends a line',
    messages: [...each(COUNTED, '\r\n', '\n'), ...each(CHUNKED, '\r\n', '\n'), ...each(CHUNKED_TRAILERS, '\r\n', '\n')],
  },
  {
    category: 'a bare CR ends a line',
    messages: [...each(COUNTED, '\r\n', '\r'), ...each(CHUNKED_TRAILERS, '\r\n', '\r')],
  },
  {
    category: 'CR CR LF ends a line',
    messages: [...each(COUNTED, '\r\n', '\r\r\n'), ...each(CHUNKED_TRAILERS, '\r\n', '\r\r\n')],
  },
  {
    category: 'LF CR ends a line',
    messages: [...each(COUNTED, '\r\n', '\n\r'), ...each(CHUNKED_TRAILERS, '\r\n', '\n\r')],
  },
  {
    category: 'a line end is missing',
    messages: [...each(COUNTED, '\r\n', ''), ...each(CHUNKED_TRAILERS, '\r\n', '')],
  },
  {
    category: 'an empty line too many',
    messages: [...each(COUNTED, '\r\n', '\r\n\r\n'), ...each(CHUNKED_TRAILERS, '\r\n', '\r\n\r\n')],
  },
  {
    category: 'a NUL',
    messages: [
      ...each(COUNTED, '\r\n', '\0\r\n'),
      ...each(COUNTED, ':', ':\0', '\0:'),
      ...each(CHUNKED, '\r\n', '\0\r\n'),
    ],
  },
  {
    category: 'line breaks inside a value',
    messages: [
      'a\rb',
      'a\nb',
      'a\r\nb',
      'a\r\n\r\nGET /hidden HTTP/1.1',
      'a\rContent-Length: 9',
      'a\nContent-Length: 9',
      '\x85',
      'a\x0bb',
      'a\x0cb',
      'a\u0000',
    ].map((value) => `${post('Content-Length: 5', `X-One: ${value}`)}hello`),
  },
  {
    category: 'whitespace before the colon',
    messages: [...each(COUNTED, ': ', ' : ', '\t: '), ...each(CHUNKED, ': ', ' : ')],
  },
  {
    category: 'characters that no name holds',
    messages: [
      '(',
      ')',
      '<',
      '>',
      '@',
      ',',
      ';',
      '\\',
      '"',
      '/',
      '[',
      ']',
      '?',
      '=',
      '{',
      '}',
      '\x80',
      '\xff',
      '\x7f',
      '\x01',
    ].map((byte) => `${post('Content-Length: 5', `X${byte}One: 1`)}hello`),
  },
  {
    category: 'lines that are no header',
    messages: ['X-One', ': 1', ':', ' X-One: 1', '\tX-One: 1', 'GET /hidden HTTP/1.1', 'HTTP/1.1 200 OK'].map(
      (line) => `${post('Content-Length: 5', line)}hello`,
    ),
  },
  {
    category: 'chunk sizes with other digits',
    messages: chunks(
      ...['0x5', '+5', '-5', '5h', 'five', '5.', ' 5', '\t5', '5_', '\xb25', '', 'g', '5 5', '5,5', "'5'"].map(
        (size) => `${size}\r\nhello\r\n${LAST}`,
      ),
    ),
  },
  {
    category: 'chunk sizes that overflow',
    messages: chunks(
      ...[
        '100000005',
        '10000000000000005',
        'ffffffffffffffff',
        'fffffffffffffffb',
        '8000000000000005',
        `1${'0'.repeat(32)}5`,
        `${'0'.repeat(40)}5`,
      ].map((size) => `${size}\r\nhello\r\n${LAST}`),
    ),
  },
  {
    category: 'chunk extensions',
    messages: chunks(
      ...[
        ';',
        ';a',
        ';a=b',
        ';a="b"',
        ' ;a',
        '\t;a',
        '; a = b',
        ';a="\\"',
        ';a="b;c"',
        ' ',
        '\t',
        ';a\nb',
        ';a\rb',
        ';a\0',
        ';\x7f',
        ';\x80',
        ';a=b\n',
        '\0;a',
        ',a',
      ].map((extension) => `5${extension}\r\nhello\r\n${LAST}`),
    ),
  },
  {
    category: 'chunk data that is not ended',
    messages: chunks(
      `5\r\nhello${LAST}`,
      `5\r\nhello\n${LAST}`,
      `5\r\nhello\r${LAST}`,
      `5\r\nhelloX\r\n${LAST}`,
      `5\r\nhell\r\n${LAST}`,
      `5\r\nhelloXX${LAST}`,
      `5\r\nhello \r\n${LAST}`,
      `6\r\nhello\r\n${LAST}`,
      `4\r\nhello\r\n${LAST}`,
    ),
  },
  {
    category: 'the last chunk',
    messages: chunks(
      '5\r\nhello\r\n00\r\n\r\n',
      '5\r\nhello\r\n0\n\r\n',
      '5\r\nhello\r\n0\r\n\n',
      '5\r\nhello\r\n0\r\n\r',
      '5\r\nhello\r\n0 \r\n\r\n',
      '5\r\nhello\r\n0;a=b\r\n\r\n',
      '5\r\nhello\r\n-0\r\n\r\n',
      '5\r\nhello\r\n0\r\r\n\r\n',
      '5\r\nhello\r\n0\0\r\n\r\n',
      '5\r\nhello\r\n0\r\nX\r\n\r\n',
    ),
  },
  {
    category: 'trailers that would change the framing',
    messages: chunks(
      ...[
        'Content-Length: 5',
        'Transfer-Encoding: chunked',
        'Host: b',
        'Connection: close',
        'Expect: 100-continue',
        'TE: trailers',
        'Upgrade: h2c',
        'Trailer: x',
      ].map((trailer) => `5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`),
    ),
  },
  {
    category: 'malformed trailers',
    messages: chunks(
      ...[
        'X',
        ': 1',
        'X : 1',
        ' X: 1',
        'X: 1\r\n 2',
        'X: \0',
        'X: 1\nY: 2',
        'X: 1\rY: 2',
        'GET /hidden HTTP/1.1',
        `${many(200, (at) => `X${at}: 1\r\n`)}Z: 1`,
        `X: ${'y'.repeat(9000)}`,
      ].map((trailer) => `5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`),
    ),
  },
  {
    category: 'Host twice',
    messages: ['a', 'b', '', 'a:80'].map((value) => head('GET /a HTTP/1.1', `host: ${value}`)),
  },
  {
    category: 'Host malformed',
    messages: hosts(
      ' a b',
      ' a,b',
      ' a/b',
      ' u@a',
      ' a?b',
      ' a#b',
      ' a\\b',
      ' :80',
      ' a:b',
      ' a:65536',
      ' a:1:2',
      ' [::1',
      ' [::1]x',
      ' [g]',
      ' a%',
      ' a%4',
      ' a%zz',
      ' \xe4',
      ' a\0',
      ' a\x0b',
      ' http://a',
      ' a;b',
      " a'",
      ' a"',
      ' (a)',
      ' a=b',
      ' a&b',
    ),
  },
  {
    category: 'Host missing',
    messages: [
      'GET /a HTTP/1.1\r\n\r\n',
      'GET /a HTTP/1.1\r\nX-Host: a\r\n\r\n',
      'GET http://a/ HTTP/1.1\r\n\r\n',
      'GET /a HTTP/1.1\r\nHost : a\r\n\r\n',
      'GET /a HTTP/1.1\r\n Host: a\r\n\r\n',
    ],
  },
  {
    category: 'absolute form against Host',
    messages: lines(
      'GET http://b/a HTTP/1.1',
      'GET http://b:1/a HTTP/1.1',
      'GET HTTP://b/a HTTP/1.1',
      'GET https://b/a HTTP/1.1',
      'GET http://u@b/a HTTP/1.1',
      'GET http://u:p@b/a HTTP/1.1',
      'GET http:///a HTTP/1.1',
      'GET http:/b/a HTTP/1.1',
      'GET http:b HTTP/1.1',
      'GET http://b\\@a/ HTTP/1.1',
      'GET http://b#@a/ HTTP/1.1',
      'GET http://b?c HTTP/1.1',
      'GET http://[::1]/ HTTP/1.1',
      'GET ftp://b/ HTTP/1.1',
      'GET //b/a HTTP/1.1',
      'GET b/a HTTP/1.1',
      'GET ?a HTTP/1.1',
      'GET \\a HTTP/1.1',
    ),
  },
  {
    category: 'whitespace in the request line',
    messages: lines(
      'GET  /a HTTP/1.1',
      'GET /a  HTTP/1.1',
      'GET\t/a HTTP/1.1',
      'GET /a\tHTTP/1.1',
      'GET /a HTTP/1.1 ',
      ' GET /a HTTP/1.1',
      'GET /a b HTTP/1.1',
      'GET /a HTTP/1.1\t',
      'GET\x0b/a HTTP/1.1',
      'GET /a\x0cHTTP/1.1',
      'GET\xa0/a HTTP/1.1',
      'GET /a HTTP/1.1 HTTP/1.1',
    ),
  },
  {
    category: 'control characters in the target',
    messages: ['\0', '\x01', '\t', '\x0b', '\x0c', '\x1f', '\x7f', '\x80', '\xff', '\r', '\n', '#b'].map((byte) =>
      head(`GET /a${byte}c HTTP/1.1`),
    ),
  },
  {
    category: 'versions',
    messages: lines(
      'GET /a HTTP/1.0',
      'GET /a HTTP/1.2',
      'GET /a HTTP/1.9',
      'GET /a HTTP/0.9',
      'GET /a HTTP/2.0',
      'GET /a HTTP/1',
      'GET /a HTTP/1.',
      'GET /a HTTP/.1',
      'GET /a HTTP/1.1.1',
      'GET /a HTTP/1.10',
      'GET /a HTTP/01.1',
      'GET /a http/1.1',
      'GET /a HTTPS/1.1',
      'GET /a HTTP /1.1',
      'GET /a HTTP/1,1',
      'GET /a HTTP/1.1\0',
      'GET /a',
      'GET /a HTTP/\xb9.1',
    ),
  },
  {
    category: 'methods',
    messages: lines(
      'G\0T /a HTTP/1.1',
      'G(T /a HTTP/1.1',
      'GET: /a HTTP/1.1',
      '"GET" /a HTTP/1.1',
      ' /a HTTP/1.1',
      'G\xc4T /a HTTP/1.1',
      'GET, /a HTTP/1.1',
      'G\x7fT /a HTTP/1.1',
      'get /a HTTP/1.1',
      `${'G'.repeat(9000)} /a HTTP/1.1`,
    ),
  },
  {
    category: 'tunnels',
    messages: [
      ...lines('CONNECT a:80 HTTP/1.1', 'CONNECT a HTTP/1.1', 'CONNECT /a HTTP/1.1', 'CONNECT http://a/ HTTP/1.1'),
      head(
        'GET /a HTTP/1.1',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
        'Connection: Upgrade, HTTP2-Settings',
      ),
      head('GET /a HTTP/1.1', 'Upgrade: websocket', 'Connection: Upgrade'),
      head('GET /a HTTP/1.1', 'Upgrade: TLS/1.0', 'Connection: upgrade'),
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    ],
  },
  {
    category: 'Connection takes fields away',
    messages: [
      'host',
      'content-length',
      'transfer-encoding',
      'close, content-length',
      'x-one',
      'X-ONE',
      'cookie, host',
      'a;b',
      'a b',
      '"x"',
      ',,',
      many(100, (at) => `x${at},`),
    ].map((value) => `${post('Content-Length: 5', 'X-One: 1', `Connection: ${value}`)}hello`),
  },
  {
    category: 'expectations',
    messages: [
      '100-continue',
      '100-Continue',
      ' 100-continue ',
      '100-continue, 100-continue',
      '100-continue;a',
      '100',
      '',
      'x',
      '100-continue\x0b',
      '200-ok',
    ].map((value) => `${post('Content-Length: 5', `Expect: ${value}`)}hello`),
  },
  {
    category: 'bodies where none is usual',
    messages: ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'].flatMap((method) => [
      `${head(`${method} /a HTTP/1.1`, 'Content-Length: 5')}hello`,
      `${head(`${method} /a HTTP/1.1`, 'Transfer-Encoding: chunked')}5\r\nhello\r\n${LAST}`,
    ]),
  },
  {
    category: 'bodies that look like requests',
    messages: [
      `${post(`Content-Length: ${HIDDEN.length}`)}${HIDDEN}`,
      `${post('Transfer-Encoding: chunked')}${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n${LAST}`,
      `${post('Content-Length: 2')}\r\n`,
      `${post('Content-Length: 4')}\r\n\r\n`,
      `${post('Content-Length: 5')}${LAST}`,
    ],
  },
  {
    category: 'bodies that are too short or too long',
    messages: [
      `${post('Content-Length: 4')}hello`,
      `${post('Content-Length: 5')}hello\r\n`,
      `${post('Content-Length: 5')}hello\r\n\r\n`,
      `${post('Content-Length: 0')}${HIDDEN}`,
      `${post()}${HIDDEN}`,
      `${post()}hello`,
    ],
  },
  {
    category: 'bytes before the request',
    messages: ['\r\n', '\r\n\r\n', '\n', '\r', ' ', '\0', '\x16\x03\x01', '\xef\xbb\xbf', 'X\r\n', '\r\n '].map(
      (bytes) => bytes + COUNTED,
    ),
  },
  {
    category: 'HTTP/1.0 that stays',
    messages: ['keep-alive', 'Keep-Alive', 'keep-alive, close', 'close', 'x'].map(
      (value) => `${head('POST /a HTTP/1.0', `Connection: ${value}`, 'Content-Length: 5')}hello`,
    ),
  },
  {
    category: 'hop-by-hop fields',
    messages: [
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'TE: trailers',
      'TE: chunked',
      'TE: trailers, chunked;q=0.5',
      'Upgrade: h2c',
      'HTTP2-Settings: x',
      'Trailer: Content-Length',
      'Max-Forwards: 0',
    ].map((field) => `${post('Content-Length: 5', field)}hello`),
  },
  {
    category: 'sizes at the limit',
    messages: [
      head(`GET /${'a'.repeat(8100)} HTTP/1.1`),
      head(`GET /${'a'.repeat(9000)} HTTP/1.1`),
      head('GET /a HTTP/1.1', `X: ${'y'.repeat(8100)}`),
      head('GET /a HTTP/1.1', `X: ${'y'.repeat(9000)}`),
      `GET /a HTTP/1.1\r\nHost: a\r\n${many(99, (at) => `x${at}: y\r\n`)}\r\n`,
      `GET /a HTTP/1.1\r\nHost: a\r\n${many(100, (at) => `x${at}: y\r\n`)}\r\n`,
    ],
  },
];

const ok = (...fields: string[]): string => `${['HTTP/1.1 200 OK', ...fields].join('\r\n')}\r\n\r\n`;
const OK_COUNTED = `${ok('Content-Length: 5', 'X-One: 1')}hello`;
const OK_CHUNKED = `${ok('Transfer-Encoding: chunked')}5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`;
/** An answer that hides where a body ends for one reader and not for another. */
const FALSE = 'HTTP/1.1 200 OK\r\nX-False: 1\r\nContent-Length: 5\r\n\r\nfalse';
const okTe = (...values: string[]): string[] =>
  values.map((value) => `${ok(`Transfer-Encoding:${value}`)}${LAST}${FALSE}`);
const okCl = (...values: string[]): string[] => values.map((value) => `${ok(`Content-Length:${value}`)}hello${FALSE}`);
const okChunks = (...bodies: string[]): string[] => bodies.map((body) => ok('Transfer-Encoding: chunked') + body);
const status = (...list: string[]): string[] => list.map((line) => `${line}\r\nContent-Length: 5\r\n\r\nhello`);

export const RESPONSE_ATTACKS: readonly Attacks[] = [
  {
    category: 'Content-Length and Transfer-Encoding together',
    messages: [
      `${ok('Content-Length: 5', 'Transfer-Encoding: chunked')}${LAST}${FALSE}`,
      `${ok('Transfer-Encoding: chunked', 'Content-Length: 5')}${LAST}${FALSE}`,
      `${ok('Content-Length: 5', 'Transfer-Encoding: identity')}hello`,
    ],
  },
  {
    category: 'Content-Length twice or as a list',
    messages: [
      `${ok('Content-Length: 5', 'Content-Length: 5')}hello`,
      `${ok('Content-Length: 5', 'Content-Length: 0')}hello`,
      ...okCl(' 5,5', ' 5, 0', ' ,5'),
    ],
  },
  {
    category: 'Content-Length malformed',
    messages: okCl(
      '',
      ' ',
      ' +5',
      ' -5',
      ' 0x5',
      ' 5.0',
      ' 5 5',
      ' 5\x0b',
      ' \xa05',
      ' 18446744073709551621',
      ' 9007199254740992',
      ' five',
    ),
  },
  {
    category: 'the names of framing fields disguised',
    messages: [
      'Content-Length : 5',
      ' Content-Length: 5',
      'Content_Length: 5',
      'Content-Length\0: 5',
      'Transfer-Encoding : chunked',
      'Transfer_Encoding: chunked',
      'Transfer-Encoding\x0b: chunked',
    ].map((field) => `${ok(field)}hello`),
  },
  {
    category: 'codings',
    messages: okTe(
      ' xchunked',
      ' gzip',
      ' identity',
      ' chunked, gzip',
      ' gzip, chunked',
      ' chunked, chunked',
      ' "chunked"',
      ' chunked;a',
      '',
      '\x0bchunked',
      ' \xa0chunked',
      ' chunked,',
    ),
  },
  {
    category: 'Transfer-Encoding in HTTP/1.0',
    messages: [`HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n${LAST}`],
  },
  {
    category: 'line ends',
    messages: [
      ...each(OK_COUNTED, '\r\n', '\n', '\r', '\r\r\n', '\n\r', '', '\0\r\n'),
      ...each(OK_CHUNKED, '\r\n', '\n', '\r', '\r\r\n', ''),
    ],
  },
  {
    category: 'folded lines',
    messages: ['Content-Length:\r\n 5', 'X: y\r\n Content-Length: 5', 'X: y\r\n\tTransfer-Encoding: chunked'].map(
      (field) => `${ok(field)}hello`,
    ),
  },
  {
    category: 'a response inside a value',
    messages: [`X: a\r\n\r\n${FALSE}`, 'X: a\rSet-Cookie: b', 'X: a\nSet-Cookie: b', 'X: a\0'].map(
      (field) => `${ok('Content-Length: 5', field)}hello`,
    ),
  },
  {
    category: 'status lines',
    messages: status(
      'HTTP/1.1 200',
      'HTTP/1.1 200 ',
      'HTTP/1.1  200 OK',
      'HTTP/1.1 20 OK',
      'HTTP/1.1 2000 OK',
      'HTTP/1.1 099 OK',
      'HTTP/1.1 600 OK',
      'HTTP/1.1 999 OK',
      'HTTP/2.0 200 OK',
      'HTTP/1.0 200 OK',
      'http/1.1 200 OK',
      'HTTP/1.1 +20 OK',
      'HTTP/1.1\t200 OK',
      'ICY 200 OK',
      '200 OK',
      'HTTP/1.1 200 O\0K',
      'HTTP/1.1 200 O\rK',
      ' HTTP/1.1 200 OK',
    ),
  },
  {
    category: 'bytes before the response',
    messages: ['\r\n', '\n', ' ', '\0', 'X\r\n', '\r\n\r\n'].map((bytes) => bytes + OK_COUNTED),
  },
  {
    category: 'informational responses',
    messages: [
      `HTTP/1.1 100 Continue\r\n\r\n${OK_COUNTED}`,
      `HTTP/1.1 100 Continue\r\nContent-Length: ${FALSE.length}\r\n\r\n${FALSE}${OK_COUNTED}`,
      `HTTP/1.1 103 X\r\nTransfer-Encoding: chunked\r\n\r\n${LAST}${OK_COUNTED}`,
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n${FALSE}`,
      `HTTP/1.1 199 X\r\n\r\n${OK_COUNTED}`,
    ],
  },
  {
    category: 'bodies where none may be',
    messages: [
      `HTTP/1.1 204 No Content\r\nContent-Length: ${FALSE.length}\r\n\r\n${FALSE}`,
      `HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n${LAST}`,
      `HTTP/1.1 204 No Content\r\n\r\n${FALSE}`,
      `HTTP/1.1 304 Not Modified\r\nContent-Length: ${FALSE.length}\r\n\r\n${FALSE}`,
      `HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n${LAST}`,
      `HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n${FALSE}`,
    ],
  },
  {
    category: 'chunk sizes',
    messages: okChunks(
      ...['0x5', '+5', '-5', '5h', ' 5', '5 ', '', 'g', 'fffffffffffffffb', '10000000000000005', '5\0'].map(
        (size) => `${size}\r\nhello\r\n${LAST}`,
      ),
    ),
  },
  {
    category: 'chunk data and last chunks',
    messages: okChunks(
      `5\r\nhello${LAST}`,
      `5\r\nhelloX\r\n${LAST}`,
      `4\r\nhello\r\n${LAST}`,
      '5\r\nhello\r\n0\r\nX\r\n\r\n',
      '5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n',
      '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n',
      '5\r\nhello\r\n0\n\n',
      `5;a\nb\r\nhello\r\n${LAST}`,
    ),
  },
  {
    category: 'answers that nobody asked for',
    messages: [
      OK_COUNTED + FALSE,
      OK_CHUNKED + FALSE,
      `${OK_COUNTED}\r\n`,
      `${OK_COUNTED}x`,
      `${ok('Content-Length: 0')}${FALSE}`,
      `${ok('Connection: close', 'Content-Length: 5')}hello${FALSE}`,
    ],
  },
  {
    category: 'bodies until the end of the connection',
    messages: [`${ok()}${FALSE}`, `${ok('Connection: keep-alive')}${FALSE}`, `HTTP/1.0 200 OK\r\n\r\n${FALSE}`],
  },
  {
    category: 'characters that no name holds',
    messages: ['(', '<', '@', ',', ';', '\\', '"', '/', '[', '?', '=', '{', '\x80', '\x7f', '\x01', ' '].map(
      (byte) => `${ok('Content-Length: 5', `X${byte}One: 1`)}hello`,
    ),
  },
];
