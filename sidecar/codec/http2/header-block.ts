import { H, HeaderList } from '../../core/headers.ts';
import {
  BAD,
  BAD_NAME,
  CONNECTION_FIELDS,
  P_AUTHORITY,
  P_METHOD,
  P_PATH,
  P_PROTOCOL,
  P_SCHEME,
  P_STATUS,
  PSEUDO,
} from './field-kind.ts';
import type { FieldSink } from './hpack-decoder.ts';

export interface BlockLimits {
  /** Bytes of a header list as RFC 9113 6.5.2 counts them: names, values and 32 for each field. */
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
}

/** What a field costs beside its text, RFC 7541 4.1. */
export const FIELD_OVERHEAD = 32;
/** A cookie in pieces may have more fields than a list (RFC 9113 8.2.3). */
const COOKIE = H.cookie;
const SPECIAL =
  CONNECTION_FIELDS |
  (1 << H.te) |
  (1 << H.host) |
  (1 << H['content-length']) |
  (1 << H.cookie) |
  (1 << H['http2-settings']);
/** 15 digits stay below 2^53. */
const MAX_DIGITS = 15;

/**
 * The fields of one header block as they are decoded, held to the rules that RFC 9113 8.2 and 8.3 have for every message.
 * One serves a thread: what it found is taken before anything else is decoded. A block with a problem is decoded to its
 * end all the same, because the peer's next block builds on it.
 */
export class HeaderBlock implements FieldSink {
  method = '';
  scheme = '';
  authority = '';
  path = '';
  status = '';
  protocol = '';
  /** Bits (1 << kind - PSEUDO) of the pseudo-headers that occur. */
  pseudo = 0;
  /** Value of the Host field, '' for none. */
  host = '';
  /** Content-Length, -1 for none. */
  contentLength = -1;
  /** Regular fields: name, value, ... without Host, Content-Length and what ends at this hop. */
  pairs: string[] = [];
  known = 0;
  /** Why the message is malformed (RFC 9113 8.1.1); '' = it is not. */
  problem = '';
  /** The list is larger than we take. */
  tooLarge = false;
  /** Names of fields that must stay out of every table (RFC 7541 6.2.3). */
  secret: string[] | null = null;
  #limits: BlockLimits = { maxHeadBytes: 0, maxHeaders: 0 };
  #bytes = 0;
  #count = 0;
  #cookie = -1;
  #hosts = 0;

  begin(limits: BlockLimits): void {
    this.method = '';
    this.scheme = '';
    this.authority = '';
    this.path = '';
    this.status = '';
    this.protocol = '';
    this.pseudo = 0;
    this.host = '';
    this.contentLength = -1;
    this.pairs = [];
    this.known = 0;
    this.problem = '';
    this.tooLarge = false;
    this.secret = null;
    this.#limits = limits;
    this.#bytes = 0;
    this.#count = 0;
    this.#cookie = -1;
    this.#hosts = 0;
  }

  /** One field. `kind` as in field-kind.ts. */
  add(name: string, value: string, kind: number): void {
    this.#bytes += name.length + value.length + FIELD_OVERHEAD;
    if (this.#bytes > this.#limits.maxHeadBytes) this.tooLarge = true;
    if (this.tooLarge) return;
    if (kind >= PSEUDO) return this.#unusual(name, value, kind);
    if (kind !== 0) {
      if (((SPECIAL >>> kind) & 1) !== 0) return this.#special(name, value, kind);
      this.known |= 1 << kind;
    }
    this.#push(name, value);
  }

  keepSecret(name: string): void {
    if (this.secret === null) this.secret = [name];
    else if (!this.secret.includes(name)) this.secret.push(name);
  }

  headers(): HeaderList {
    const list = HeaderList.fields(this.pairs, this.known);
    list.secret = this.secret;
    return list;
  }

  get empty(): boolean {
    return this.#count === 0;
  }

  #push(name: string, value: string): void {
    this.#count += 1;
    if (this.#count > this.#limits.maxHeaders) {
      this.tooLarge = true;
      return;
    }
    this.pairs.push(name, value);
  }

  #unusual(name: string, value: string, kind: number): void {
    if ((kind & BAD) !== 0) {
      this.#wrong((kind & BAD_NAME) !== 0 ? 'invalid header name' : `invalid value of ${name}`);
      return;
    }
    const bit = 1 << (kind - PSEUDO);
    if (this.#count > 0) return this.#wrong('pseudo-header after a header');
    if ((this.pseudo & bit) !== 0) return this.#wrong(`${name} twice`);
    this.pseudo |= bit;
    if (kind === P_PATH) this.path = value;
    else if (kind === P_METHOD) this.method = value;
    else if (kind === P_AUTHORITY) this.authority = value;
    else if (kind === P_SCHEME) this.scheme = value;
    else if (kind === P_STATUS) this.status = value;
    else if (kind === P_PROTOCOL) this.protocol = value;
    else this.#wrong('unknown pseudo-header');
  }

  #special(name: string, value: string, kind: number): void {
    if (kind === COOKIE) return this.#crumb(name, value);
    this.#count += 1;
    if (kind === H.te) {
      if (value !== 'trailers' && value.toLowerCase() !== 'trailers') return this.#wrong('te other than trailers');
      this.known |= 1 << kind;
      this.pairs.push(name, value);
    } else if (kind === H.host) {
      this.#hosts += 1;
      this.host = value;
      if (this.#hosts > 1) this.#wrong('host twice');
    } else if (kind === H['content-length']) {
      const length = lengthOf(value);
      if (length < 0 || this.contentLength >= 0) return this.#wrong('invalid content-length');
      this.contentLength = length;
    } else if (kind !== H['http2-settings']) this.#wrong(`connection-specific header ${name}`);
  }

  /** Pieces of a cookie become one field (RFC 9113 8.2.3). */
  #crumb(name: string, value: string): void {
    const { pairs } = this;
    if (this.#cookie < 0) {
      this.#cookie = pairs.length;
      this.known |= 1 << COOKIE;
      this.#push(name, value);
    } else pairs[this.#cookie + 1] = `${pairs[this.#cookie + 1]}; ${value}`;
  }

  #wrong(problem: string): void {
    if (this.problem === '') this.problem = problem;
  }
}

function lengthOf(value: string): number {
  if (value === '' || value.length > MAX_DIGITS) return -1;
  let length = 0;
  for (let at = 0; at < value.length; at += 1) {
    const digit = value.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

/** The one of this thread. */
export const block = new HeaderBlock();
