import { H } from '../../core/headers.ts';
import { latin1 } from '../latin1.ts';
import { CR, LF, NINE, SLASH, SP, valueEnd, ZERO } from './bytes.ts';
import { CLOSE, connectionOptions, KEEP_ALIVE, MALFORMED, NAMES, removeNamed } from './connection.ts';
import { INCOMPLETE, REFUSED } from './field-section.ts';
import { bodyLength, CHUNKED, UNKNOWN } from './framing.ts';
import { MessageParser, section } from './message-parser.ts';
import { REFUSAL, type Refusal } from './refusal.ts';

/** What ends at this hop (RFC 9110 7.6.1), or is given by the length. */
const HOP =
  (1 << H['transfer-encoding']) |
  (1 << H.connection) |
  (1 << H['keep-alive']) |
  (1 << H['proxy-connection']) |
  (1 << H.upgrade) |
  (1 << H.te);
const CONTENT_LENGTH = 1 << H['content-length'];
const UPGRADE = 1 << H.upgrade;

/** `HTTP/1.1 200` */
const STATUS_END = 12;

/** Parses responses. After `onHead` the public fields hold the head; 1xx heads are messages of their own. */
export class ResponseParser extends MessageParser {
  version = 11;
  status = 0;
  /** -1 for chunked or until close, as in AttemptSink.onStart. */
  bodyLength = 0;
  /** The connection may serve another request afterwards. */
  keepAlive = true;
  /** The request was a HEAD: its answer has no body whatever the head says. Set before each response. */
  toHead = false;
  /** The request asked to switch to this protocol, lower case; '' = it did not. Set before each response. */
  upgrade = '';

  protected readonly skipsEmptyLine = false;

  /** `HTTP-version SP status-code SP [ reason-phrase ] CRLF`; the second SP may miss (RFC 9112 4, read leniently). */
  protected startLine(buffer: Buffer, base: number, to: number): number {
    const after = base + STATUS_END;
    if (after >= to) return this.#wrong(buffer, base, base, to, REFUSAL.statusLine);
    const minor = buffer[base + 7] as number;
    const hundreds = (buffer[base + 9] as number) - ZERO;
    const tens = (buffer[base + 10] as number) - ZERO;
    const ones = (buffer[base + 11] as number) - ZERO;
    const right =
      buffer[base] === 0x48 &&
      buffer[base + 1] === 0x54 &&
      buffer[base + 2] === 0x54 &&
      buffer[base + 3] === 0x50 &&
      buffer[base + 4] === SLASH &&
      buffer[base + 5] === 0x31 &&
      buffer[base + 6] === 0x2e &&
      minor >= ZERO &&
      minor <= NINE &&
      buffer[base + 8] === SP &&
      hundreds >= 0 &&
      hundreds <= 9 &&
      tens >= 0 &&
      tens <= 9 &&
      ones >= 0 &&
      ones <= 9 &&
      (buffer[after] === SP || buffer[after] === CR);
    if (!right) return this.#wrong(buffer, base, base, to, REFUSAL.statusLine);
    let at = valueEnd(buffer, after, to);
    if (at === to || (buffer[at] === CR && at + 1 === to)) return this.#wait(base, to);
    if (buffer[at] !== CR || buffer[at + 1] !== LF) return this.#wrong(buffer, base, at, to, REFUSAL.statusLine);
    at += 2;
    if (at - base > this.limits.maxHeadBytes) return this.#no(REFUSAL.headLarge);
    this.version = minor === ZERO ? 10 : 11;
    this.status = hundreds * 100 + tens * 10 + ones;
    // Codes of no class mean nothing that could be forwarded: they count as a server error (RFC 9110 15).
    return hundreds === 0 || hundreds > 5 ? this.#no(REFUSAL.statusCode) : at;
  }

  protected interpret(buffer: Buffer, base: number, end: number): number {
    const { status } = this;
    const given = bodyLength(section, buffer, base, this.version);
    if (section.refusal) return this.#no(section.refusal);
    if (status === 101 && !this.#switches(buffer, base)) return this.#no(REFUSAL.upgrade);
    const options = connectionOptions(section, buffer, base);
    if (options === MALFORMED) return this.#no(REFUSAL.connection);
    const connection = (options & NAMES) === 0 ? '' : section.valueOf(H.connection, buffer, base);

    let length = given;
    // RFC 9112 6.3: the answers that never have a body. What HEAD and 304 say of a length is about another response.
    if (status < 200 || status === 204) {
      // They may not even announce one (RFC 9110 8.6, RFC 9112 6.1); what came after it would be read as another answer.
      if (given > 0 || given === CHUNKED) return this.#no(REFUSAL.bodyless);
      length = 0;
      section.drop(HOP | CONTENT_LENGTH);
    } else if (this.toHead || status === 304) {
      length = 0;
      section.drop(HOP);
    } else section.drop(HOP | CONTENT_LENGTH);
    this.bodyLength = length < 0 ? -1 : length;
    this.keepAlive =
      length !== UNKNOWN && (options & CLOSE) === 0 && (this.version === 11 || (options & KEEP_ALIVE) !== 0);

    const headers = section.list(latin1(buffer, base, end));
    if (connection !== '') removeNamed(headers, connection);
    this.headers = headers;
    if (status !== 101) return length;
    this.bodyLength = -1;
    return UNKNOWN;
  }

  /** It switches to what was asked for, and to nothing else (RFC 9110 7.8). */
  #switches(buffer: Buffer, base: number): boolean {
    if (this.upgrade === '' || this.version !== 11 || (section.known & UPGRADE) === 0) return false;
    return section.valueOf(H.upgrade, buffer, base).toLowerCase() === this.upgrade;
  }

  #wait(base: number, to: number): number {
    return to - base > this.limits.maxHeadBytes ? this.#no(REFUSAL.headLarge) : INCOMPLETE;
  }

  #wrong(buffer: Buffer, base: number, at: number, to: number, refusal: Refusal): number {
    let lf = at;
    while (lf < to && buffer[lf] !== LF) lf += 1;
    if (lf === to) return this.#wait(base, to);
    return this.#no(lf + 1 - base > this.limits.maxHeadBytes ? REFUSAL.headLarge : refusal);
  }

  #no(refusal: Refusal): number {
    this.refusal = refusal;
    return REFUSED;
  }
}
