import {
  ACK,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  GET,
  get,
  headers,
  literals,
  PADDED,
  POST,
  PRIORITIZED,
  ping,
  rst,
  settings,
  settingsAck,
  TYPE,
  windowUpdate,
  word,
} from './frames.ts';

export const without = (name: string): string[] => {
  const fields = [...GET];
  fields.splice(fields.indexOf(name), 2);
  return fields;
};
const instead = (name: string, value: string): string[] => {
  const fields = [...GET];
  fields[fields.indexOf(name) + 1] = value;
  return fields;
};

/** Requests that are malformed: RFC 9113 8.1.1 makes each a stream error PROTOCOL_ERROR. */
export const MALFORMED_REQUESTS: [section: string, what: string, fields: string[]][] = [
  ['8.2.1', 'an uppercase name', [...GET, 'X-Color', 'red']],
  ['8.2.1', 'a name with a blank', [...GET, 'x color', 'red']],
  ['8.2.1', 'a name with a colon', [...GET, 'x:color', 'red']],
  ['8.2.1', 'a name with a control character', [...GET, 'x\x01', 'red']],
  ['8.2.1', 'a name with a character above ASCII', [...GET, 'x\xe4', 'red']],
  ['8.2.1', 'an empty name', [...GET, '', 'red']],
  ['8.2.1', 'a value with NUL', [...GET, 'x-color', 'r\0d']],
  ['8.2.1', 'a value with CR', [...GET, 'x-color', 'r\rd']],
  ['8.2.1', 'a value with LF', [...GET, 'x-color', 'red\nx-other: 1']],
  ['8.2.1', 'a value that begins with a blank', [...GET, 'x-color', ' red']],
  ['8.2.1', 'a value that ends with a tab', [...GET, 'x-color', 'red\t']],
  ['8.2.2', 'connection', [...GET, 'connection', 'close']],
  ['8.2.2', 'proxy-connection', [...GET, 'proxy-connection', 'keep-alive']],
  ['8.2.2', 'keep-alive', [...GET, 'keep-alive', 'timeout=5']],
  ['8.2.2', 'transfer-encoding', [...GET, 'transfer-encoding', 'chunked']],
  ['8.2.2', 'upgrade', [...GET, 'upgrade', 'websocket']],
  ['8.2.2', 'te other than trailers', [...GET, 'te', 'trailers, gzip']],
  ['8.3', 'an unknown pseudo-header', [...GET, ':color', 'red']],
  ['8.3', 'a pseudo-header after a header', [...without(':path'), 'x-color', 'red', ':path', '/']],
  ['8.3', 'a pseudo-header after a cookie', [...without(':path'), 'cookie', 'a=b', ':path', '/']],
  ['8.3', 'a pseudo-header after content-length', [...without(':path'), 'content-length', '0', ':path', '/']],
  ['8.3.1', 'no :method', without(':method')],
  ['8.3.1', 'no :scheme', without(':scheme')],
  ['8.3.1', 'no :path', without(':path')],
  ['8.3.1', ':method twice', [...GET, ':method', 'GET']],
  ['8.3.1', ':path twice', [...GET, ':path', '/']],
  ['8.3.1', ':scheme twice', [...GET, ':scheme', 'http']],
  ['8.3.1', ':authority twice', [...GET, ':authority', 'cart']],
  ['8.3.1', ':status', [...GET, ':status', '200']],
  ['8.3.1', 'an empty :path', instead(':path', '')],
  ['8.3.1', 'an empty :method', instead(':method', '')],
  ['8.3.1', 'a :path that does not begin with a slash', instead(':path', 'items')],
  ['8.3.1', 'a :path with a blank', instead(':path', '/a b')],
  ['8.3.1', 'a :path with a fragment', instead(':path', '/a#b')],
  ['8.3.1', ':path * without OPTIONS', instead(':path', '*')],
  ['8.3.1', 'a :method that is no token', instead(':method', 'GE T')],
  ['8.3.1', 'user information in :authority', instead(':authority', 'me@cart')],
  ['8.3.1', 'an :authority that is none', instead(':authority', 'cart/items')],
  ['8.3.1', 'a host other than :authority', [...GET, 'host', 'other']],
  ['8.3.1', 'host twice', [...without(':authority'), 'host', 'cart', 'host', 'cart']],
  ['8.5', 'CONNECT with :path', [':method', 'CONNECT', ':authority', 'cart:80', ':path', '/']],
  ['8.5', 'CONNECT without :authority', [':method', 'CONNECT']],
  ['RFC 8441 4', ':protocol that was not announced', [...instead(':method', 'CONNECT'), ':protocol', 'websocket']],
  ['8.1.1', 'a content-length and no body', [...GET, 'content-length', '5']],
  ['8.1.1', 'a content-length that is no number', [...GET, 'content-length', '+0']],
  ['8.1.1', 'content-length twice', [...GET, 'content-length', '0', 'content-length', '0']],
];

/** What a server must make of frames: end the connection, reset a stream, or carry on. The codes are RFC 9113's. */
export type Outcome =
  | { readonly connection: readonly number[] }
  | { readonly stream: number; readonly codes: readonly number[] }
  | 'carries on';

export interface Clause {
  readonly section: string;
  readonly what: string;
  /** After the client's preface and SETTINGS. */
  readonly frames: readonly Buffer[];
  readonly outcome: Outcome;
}

const [PROTOCOL, FLOW, CLOSED, SIZE, COMPRESSION] = [1, 3, 5, 6, 9];
const ends = (section: string, what: string, code: number | readonly number[], ...frames: Buffer[]): Clause => ({
  section,
  what,
  frames,
  outcome: { connection: typeof code === 'number' ? [code] : code },
});
const resets = (section: string, what: string, code: number | readonly number[], ...frames: Buffer[]): Clause => ({
  section,
  what,
  frames,
  outcome: { stream: 1, codes: typeof code === 'number' ? [code] : code },
});
const carries = (section: string, what: string, ...frames: Buffer[]): Clause => ({
  section,
  what,
  frames,
  outcome: 'carries on',
});

/** Frames that any server must answer alike. Streams 1 to 99 are theirs. */
export const CLAUSES: readonly Clause[] = [
  carries('4.1', 'a frame of an unknown type', frame(0xfa, 0xff, 0, 'whatever')),
  carries('4.1', 'the reserved bit before a stream', frame(TYPE.PING, 0, 0x80000000, '12345678')),
  ends('4.2', 'a frame above the largest size', SIZE, headers(1, 0, ...POST), data(1, Buffer.alloc(16_385))),
  ends('4.3', 'a block that cannot be decoded', COMPRESSION, frame(TYPE.HEADERS, 5, 1, Buffer.from([0x80]))),
  ends('4.3', 'another frame within a block', PROTOCOL, frame(TYPE.HEADERS, 1, 1, literals(...GET)), ping()),
  ends('5.1', 'DATA for an idle stream', PROTOCOL, data(1, 'x')),
  ends('5.1', 'RST_STREAM for an idle stream', PROTOCOL, rst(1, 8)),
  ends('5.1', 'WINDOW_UPDATE for an idle stream', PROTOCOL, windowUpdate(1, 1)),
  carries('5.1', 'PRIORITY for an idle stream', frame(TYPE.PRIORITY, 0, 5, '\0\0\0\0\x10')),
  resets('5.1', 'DATA after END_STREAM', [CLOSED, 0], get(1), data(1, 'x')),
  ends('5.1.1', 'an even stream', PROTOCOL, get(2)),
  ends('5.1.1', 'a stream lower than the last', [PROTOCOL, CLOSED], get(5), get(3)),
  ends('6.1', 'DATA without a stream', PROTOCOL, data(0, 'x')),
  ends('6.1', 'more padding than payload', PROTOCOL, headers(1, 0, ...POST), frame(TYPE.DATA, PADDED, 1, '\x04abc')),
  ends('6.2', 'HEADERS without a stream', PROTOCOL, headers(0, 1, ...GET)),
  ends(
    '6.2',
    'HEADERS with more padding than payload',
    PROTOCOL,
    frame(TYPE.HEADERS, END_HEADERS | PADDED, 1, '\x05abc'),
  ),
  ends(
    '6.2',
    'HEADERS too short for their priority',
    [SIZE, PROTOCOL],
    frame(TYPE.HEADERS, END_HEADERS | PRIORITIZED, 1, '\0'),
  ),
  ends('6.3', 'PRIORITY without a stream', PROTOCOL, frame(TYPE.PRIORITY, 0, 0, '\0\0\0\0\x10')),
  ends('6.4', 'RST_STREAM without a stream', PROTOCOL, rst(0, 8)),
  ends('6.4', 'RST_STREAM of a wrong size', SIZE, headers(1, 0, ...POST), frame(TYPE.RST_STREAM, 0, 1, 'abc')),
  ends('6.5', 'SETTINGS on a stream', PROTOCOL, frame(TYPE.SETTINGS, 0, 1)),
  ends('6.5', 'SETTINGS of a wrong size', SIZE, frame(TYPE.SETTINGS, 0, 0, 'abcde')),
  ends('6.5', 'acknowledged SETTINGS with a payload', SIZE, frame(TYPE.SETTINGS, ACK, 0, 'abcdef')),
  ends('6.5.2', 'ENABLE_PUSH other than 0 and 1', PROTOCOL, settings(2, 2)),
  ends('6.5.2', 'INITIAL_WINDOW_SIZE above 2^31-1', FLOW, settings(4, 2 ** 31)),
  ends('6.5.2', 'MAX_FRAME_SIZE below 16,384', PROTOCOL, settings(5, 16_383)),
  ends('6.5.2', 'MAX_FRAME_SIZE above 2^24-1', PROTOCOL, settings(5, 2 ** 24)),
  carries('6.5.2', 'an unknown setting', settings(0x99, 5), settingsAck()),
  ends(
    '6.6',
    'PUSH_PROMISE from a client',
    PROTOCOL,
    frame(TYPE.PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([word(2), literals(...GET)])),
  ),
  ends('6.7', 'PING on a stream', PROTOCOL, frame(TYPE.PING, 0, 1, '12345678')),
  ends('6.7', 'PING of a wrong size', SIZE, frame(TYPE.PING, 0, 0, '1234567')),
  ends('6.8', 'GOAWAY on a stream', PROTOCOL, frame(TYPE.GOAWAY, 0, 1, word(0, 0))),
  ends('6.9', 'WINDOW_UPDATE of a wrong size', SIZE, frame(TYPE.WINDOW_UPDATE, 0, 0, 'abc')),
  ends('6.9', 'WINDOW_UPDATE by nothing', PROTOCOL, windowUpdate(0, 0)),
  resets('6.9', 'WINDOW_UPDATE by nothing on a stream', PROTOCOL, headers(1, 0, ...POST), windowUpdate(1, 0)),
  ends('6.9.1', 'a connection window above 2^31-1', FLOW, windowUpdate(0, 0x7fffffff)),
  resets('6.9.1', 'a stream window above 2^31-1', FLOW, headers(1, 0, ...POST), windowUpdate(1, 0x7fffffff)),
  ends('6.10', 'CONTINUATION of nothing', PROTOCOL, frame(TYPE.CONTINUATION, END_HEADERS, 1, literals(...GET))),
  resets(
    '8.1.1',
    'more body than content-length says',
    PROTOCOL,
    headers(1, 0, ...POST, 'content-length', '1'),
    data(1, 'ab', END_STREAM),
  ),
  resets(
    '8.1.1',
    'less body than content-length says',
    PROTOCOL,
    headers(1, 0, ...POST, 'content-length', '3'),
    data(1, 'ab', END_STREAM),
  ),
  resets(
    '8.1',
    'trailers with a pseudo-header',
    PROTOCOL,
    headers(1, 0, ...POST),
    data(1, 'a'),
    headers(1, END_STREAM, ':path', '/'),
  ),
  resets(
    '8.1',
    'trailers that do not end the stream',
    PROTOCOL,
    headers(1, 0, ...POST),
    data(1, 'a'),
    headers(1, 0, 'x-a', 'b'),
  ),
];
