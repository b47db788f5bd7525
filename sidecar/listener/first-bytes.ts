/** What the first bytes of a plain connection look like. 'more': it cannot be told yet; '': not HTTP. */
export type Guess = 'more' | '' | 'http/1.0' | 'http/1.1' | 'h2c';

/** RFC 9113 3.4, as far as it looks like a request line of HTTP/1. */
const TEXT = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const PREFACE = Buffer.from(TEXT);
/** A request line may be longer, but what is so long and has the begin of one is one. */
const MAX_LINE = 8 * 1024;
const MAX_METHOD = 32;

const [CR, LF, SP] = [13, 10, 32];

/** Whether `bytes[0, length)` is the begin of an HTTP/2 connection: 'more' as long as it may be. */
export function preface(bytes: Buffer, length: number): 'more' | '' | 'h2c' {
  const size = Math.min(length, PREFACE.length);
  if (bytes.compare(PREFACE, 0, size, 0, size) !== 0) return '';
  return size === PREFACE.length ? 'h2c' : 'more';
}

/**
 * HTTP by its request line, RFC 9112 3: a token, a blank, a target, a blank and `HTTP/1.x`. Other text protocols have lines
 * that begin alike (`PING`, `EHLO me`, `get key`), so the line has to be seen to its end.
 */
export function guessHttp(bytes: Buffer, length: number): Guess {
  const second = preface(bytes, length);
  if (second !== '') return second;
  let at = 0;
  // RFC 9112 2.2: an empty line before the request is overlooked.
  if (bytes[0] === CR) {
    if (length === 1) return 'more';
    if (bytes[1] !== LF) return '';
    at = 2;
  }
  const start = at;
  while (at < length && isTokenByte(bytes[at] as number)) at += 1;
  if (at - start > MAX_METHOD) return '';
  if (at === length) return 'more';
  if (at === start || bytes[at] !== SP) return '';
  const line = at;
  while (at < length && bytes[at] !== LF) {
    const byte = bytes[at] as number;
    if (byte < SP && byte !== CR) return '';
    at += 1;
  }
  if (at === length) return at - start > MAX_LINE ? 'http/1.1' : 'more';
  const end = bytes[at - 1] === CR ? at - 1 : at;
  if (end - line < 10) return '';
  const protocol = bytes.toString('latin1', end - 9, end);
  // A higher minor version is read as 1.1 (RFC 9110 2.5).
  if (!/^ HTTP\/1\.\d$/.test(protocol)) return '';
  return protocol.endsWith('0') ? 'http/1.0' : 'http/1.1';
}

/** RFC 9110 5.6.2, of ASCII. */
function isTokenByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x5e && byte <= 0x7a) ||
    byte === 0x7c ||
    byte === 0x7e ||
    byte === 0x21 ||
    (byte >= 0x23 && byte <= 0x27) ||
    byte === 0x2a ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}
