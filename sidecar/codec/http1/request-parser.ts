import { Exchange, type ServerStream } from '../../core/exchange.ts';
import { H } from '../../core/headers.ts';
import { latin1 } from '../latin1.ts';
import { CR, LF, NINE, SLASH, SP, TOKEN, targetEnd, ZERO } from './bytes.ts';
import { CLOSE, connectionOptions, KEEP_ALIVE, keepTrailersWish, MALFORMED, NAMES, removeNamed } from './connection.ts';
import { type HeadLimits, INCOMPLETE, REFUSED } from './field-section.ts';
import { bodyLength, isToken, UNKNOWN } from './framing.ts';
import { elements } from './list.ts';
import { type MessageEvents, MessageParser, section } from './message-parser.ts';
import { REFUSAL, type Refusal } from './refusal.ts';
import { absoluteTarget, isAuthority, isConnectTarget } from './target.ts';

export interface RequestLimits extends HeadLimits {
  /** Whether HTTP/1.0 is served (then also without Host); else it is answered with 426, as by Envoy. */
  readonly acceptHttp10: boolean;
  /** CONNECT is a request like others; absent or false: it is answered with 501. */
  readonly connect?: boolean;
}

const HOST = 1 << H.host;
const EXPECT = 1 << H.expect;
const TE = 1 << H.te;
const UPGRADE = 1 << H.upgrade;
/** What ends at this hop (RFC 9110 7.6.1), or is given by the Exchange's own fields. */
const HOP =
  HOST |
  (1 << H['content-length']) |
  (1 << H['transfer-encoding']) |
  (1 << H.connection) |
  (1 << H['keep-alive']) |
  (1 << H['proxy-connection']) |
  (1 << H.upgrade) |
  (1 << H['http2-settings']);

/** Bytes of ` HTTP/1.1` and its CRLF after the target. */
const PROTOCOL_BYTES = 10;

/** Parses requests. After `onHead` the public fields hold the head, in the words of Exchange. */
export class RequestParser extends MessageParser {
  declare limits: RequestLimits;
  version = 11;
  method = '';
  /** 'http' or 'https' of an absolute-form target, else ''. */
  scheme = '';
  authority = '';
  path = '';
  bodyLength = 0;
  /** What the client asks for; whether the connection stays is the session's choice. */
  keepAlive = true;
  expectsContinue = false;
  /** What the client wants to switch to after this request (RFC 9110 7.8), lower case; '' = nothing. */
  protocol = '';
  #methodEnd = 0;
  #targetEnd = 0;
  /** The last Host, checked: most connections repeat it, and one string for all keeps its hash. */
  #lastHost = '';

  constructor(limits: RequestLimits, events: MessageEvents) {
    super(limits, events);
  }

  protected readonly skipsEmptyLine = true;

  override release(): void {
    super.release();
    this.path = '';
  }

  /** `method SP request-target SP HTTP-version CRLF`, exactly (RFC 9112 3). */
  protected startLine(buffer: Buffer, base: number, to: number): number {
    let at = base;
    while (at < to && TOKEN[buffer[at] as number] === 1) at += 1;
    if (at === to) return this.#wait(base, to);
    if (buffer[at] !== SP || at === base) return this.#wrong(buffer, base, at, to, REFUSAL.method);
    this.#methodEnd = at - base;
    at += 1;
    const target = at;
    at = targetEnd(buffer, at, to);
    if (at === to) return this.#wait(base, to);
    if (buffer[at] !== SP || at === target) return this.#wrong(buffer, base, at, to, REFUSAL.target);
    this.#targetEnd = at - base;
    at += 1;
    if (to - at < PROTOCOL_BYTES) return this.#wrong(buffer, base, at, to, REFUSAL.protocol);
    const major = buffer[at + 5] as number;
    const minor = buffer[at + 7] as number;
    const right =
      buffer[at] === 0x48 &&
      buffer[at + 1] === 0x54 &&
      buffer[at + 2] === 0x54 &&
      buffer[at + 3] === 0x50 &&
      buffer[at + 4] === SLASH &&
      major >= ZERO &&
      major <= NINE &&
      buffer[at + 6] === 0x2e &&
      minor >= ZERO &&
      minor <= NINE &&
      buffer[at + 8] === CR &&
      buffer[at + 9] === LF;
    if (!right) return this.#wrong(buffer, base, at, to, REFUSAL.protocol);
    at += PROTOCOL_BYTES;
    if (at - base > this.limits.maxHeadBytes) return this.#no(REFUSAL.targetLong);
    if (major !== 0x31) return this.#no(REFUSAL.version);
    // A higher minor version is read as the highest that we know (RFC 9110 2.5).
    this.version = minor === ZERO ? 10 : 11;
    return at;
  }

  protected interpret(buffer: Buffer, base: number, end: number): number {
    const { version } = this;
    // Tunnels are asked for in HTTP/1.0, too, by ssh and ncat for two: nothing of the version matters to them.
    if (version === 10 && !this.limits.acceptHttp10 && !(this.limits.connect && isConnect(buffer, base))) {
      return this.#no(REFUSAL.version10);
    }
    const length = bodyLength(section, buffer, base, version);
    if (section.refusal) return this.#no(section.refusal);
    this.bodyLength = length === UNKNOWN ? 0 : length;

    const options = connectionOptions(section, buffer, base);
    if (options === MALFORMED) return this.#no(REFUSAL.connection);
    this.keepAlive = (options & CLOSE) === 0 && (version === 11 || (options & KEEP_ALIVE) !== 0);
    const connection = (options & NAMES) === 0 ? '' : section.valueOf(H.connection, buffer, base);

    this.expectsContinue = false;
    if ((section.known & EXPECT) !== 0) {
      // An HTTP/1.0 client does not know 1xx; without a body there is nothing to wait for (RFC 9110 10.1.1).
      if (version === 10) section.drop(EXPECT);
      else if (section.valueOf(H.expect, buffer, base).toLowerCase() !== '100-continue') {
        return this.#no(REFUSAL.expectation);
      } else if (this.bodyLength === 0) section.drop(EXPECT);
      else this.expectsContinue = true;
    }
    const wish = (section.known & TE) !== 0 && keepTrailersWish(section, buffer, base);

    const raw = latin1(buffer, base, end);
    this.method = methodOf(buffer, base, this.#methodEnd, raw);
    const refusal = this.#target(buffer, base, raw);
    if (refusal) return this.#no(refusal);
    this.protocol = '';
    if ((section.known & UPGRADE) !== 0 && version === 11 && this.bodyLength === 0) {
      this.protocol = wantedProtocol(section.valueOf(H.upgrade, buffer, base), connection);
    }
    section.drop(HOP);
    const headers = section.list(raw);
    if (connection !== '') removeNamed(headers, connection);
    if (wish) {
      headers.add('te', 'trailers');
      headers.known |= TE;
    }
    this.headers = headers;
    return this.method === 'CONNECT' ? UNKNOWN : this.bodyLength;
  }

  /** Sets scheme, authority and path (RFC 9112 3.2, 3.3). */
  #target(buffer: Buffer, base: number, raw: string): Refusal | null {
    if ((section.known & HOST) === 0) {
      if (this.version !== 10) return REFUSAL.noHost;
      this.authority = '';
    } else {
      if ((section.twice & HOST) !== 0) return REFUSAL.hosts;
      const at = section.where[H.host] as number;
      const start = base + (section.spans[at + 2] as number);
      const end = base + (section.spans[at + 3] as number);
      if (!equals(buffer, start, end, this.#lastHost)) {
        const host = latin1(buffer, start, end);
        if (!isAuthority(host)) return REFUSAL.host;
        this.#lastHost = host;
      }
      this.authority = this.#lastHost;
    }
    const path = raw.slice(this.#methodEnd + 1, this.#targetEnd);
    this.scheme = '';
    if (this.method === 'CONNECT') {
      if (!isConnectTarget(path)) return REFUSAL.target;
      if (this.limits.connect !== true) return REFUSAL.connect;
      // A body would be bytes of the tunnel for one reader and a body for the other (RFC 9110 9.3.6).
      if (this.bodyLength !== 0) return REFUSAL.connectBody;
      this.authority = path;
      this.path = '';
      return null;
    }
    this.path = path;
    if (buffer[base + this.#methodEnd + 1] === SLASH) return null;
    if (path === '*') return this.method === 'OPTIONS' ? null : REFUSAL.target;
    const absolute = absoluteTarget(path, this.method);
    if (!absolute) return REFUSAL.target;
    // The target's authority counts, whatever Host says (RFC 9112 3.2.2).
    this.scheme = absolute.scheme;
    this.authority = absolute.authority;
    this.path = absolute.path;
    return null;
  }

  /** The line is not complete: waits for more unless it is too long already. */
  #wait(base: number, to: number): number {
    return to - base > this.limits.maxHeadBytes ? this.#no(REFUSAL.targetLong) : INCOMPLETE;
  }

  /** `buffer[at]` may not stand there. Says so once the line is whole, so that a split changes nothing. */
  #wrong(buffer: Buffer, base: number, at: number, to: number, refusal: Refusal): number {
    let lf = at;
    while (lf < to && buffer[lf] !== LF) lf += 1;
    if (lf === to) return this.#wait(base, to);
    if (lf + 1 - base > this.limits.maxHeadBytes) return this.#no(REFUSAL.targetLong);
    return this.#no(lf === at || buffer[lf - 1] !== CR ? REFUSAL.bareLf : refusal);
  }

  #no(refusal: Refusal): number {
    this.refusal = refusal;
    return REFUSED;
  }
}

/** The head that the parser holds, as an exchange, and no longer in the parser. `scheme` is the connection's. */
export function exchangeOf(parser: RequestParser, stream: ServerStream, scheme: string, started: number): Exchange {
  const x = new Exchange(
    stream,
    parser.version,
    parser.method,
    parser.scheme === '' ? scheme : parser.scheme,
    parser.authority,
    parser.path,
    parser.headers,
    parser.bodyLength,
    started,
  );
  x.protocol = parser.protocol;
  parser.release();
  return x;
}

/**
 * One protocol alone, that `Connection` names, too. h2c is not switched to, as by Envoy: HTTP/2 is spoken from the first byte
 * or not at all (RFC 9113 3.1).
 */
function wantedProtocol(upgrade: string, connection: string): string {
  const protocol = upgrade.toLowerCase();
  return isToken(protocol) && protocol !== 'h2c' && elements(connection).includes('upgrade') ? protocol : '';
}

/** The common methods as constants, so that they cost no string and compare by identity. */
function methodOf(buffer: Buffer, base: number, length: number, raw: string): string {
  const first = buffer[base];
  const second = buffer[base + 1];
  if (length === 3) {
    if (first === 0x47 && second === 0x45 && buffer[base + 2] === 0x54) return 'GET';
    if (first === 0x50 && second === 0x55 && buffer[base + 2] === 0x54) return 'PUT';
  } else if (length === 4) {
    if (first === 0x50 && second === 0x4f && buffer[base + 2] === 0x53 && buffer[base + 3] === 0x54) return 'POST';
    if (first === 0x48 && second === 0x45 && buffer[base + 2] === 0x41 && buffer[base + 3] === 0x44) return 'HEAD';
  }
  return raw.slice(0, length);
}

/** Of a method that is known to be a token. */
function isConnect(buffer: Buffer, base: number): boolean {
  return equals(buffer, base, base + CONNECT.length, CONNECT);
}

const CONNECT = 'CONNECT ';

function equals(buffer: Buffer, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let at = 0; at < text.length; at += 1) if (buffer[start + at] !== text.charCodeAt(at)) return false;
  return true;
}
