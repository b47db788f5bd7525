import { H, type HeaderList } from '../../core/headers.ts';
import { isAuthority } from '../http1/target.ts';
import { P_AUTHORITY, P_METHOD, P_PATH, P_PROTOCOL, P_SCHEME, P_STATUS, PSEUDO } from './field-kind.ts';
import type { HeaderBlock } from './header-block.ts';

const bit = (kind: number): number => 1 << (kind - PSEUDO);
const METHOD = bit(P_METHOD);
const SCHEME = bit(P_SCHEME);
const PATH = bit(P_PATH);
const AUTHORITY = bit(P_AUTHORITY);
const PROTOCOL = bit(P_PROTOCOL);
const STATUS = bit(P_STATUS);
const REQUEST = METHOD | SCHEME | PATH;

/** Fields that make sense before the body only, or concern this hop (RFC 9110 6.5.1). */
const USELESS_IN_TRAILERS = [H.te, H.trailer, H.expect, H['max-forwards'], H['proxy-authorization'], H.cookie] as const;

/** The authority that was found valid last: connections repeat theirs. */
let lastAuthority = '';

/**
 * Why the block is no valid request (RFC 9113 8.3.1, 8.5; RFC 8441 4), or ''. Puts the authority in its place: what the
 * Host field says when there is no `:authority`. `extended`: we announced extended CONNECT.
 */
export function requestProblem(block: HeaderBlock, extended: boolean): string {
  if (block.problem !== '') return block.problem;
  const { pseudo, method, host } = block;
  if ((pseudo & STATUS) !== 0) return ':status in a request';
  if (method === 'CONNECT' && (pseudo & PROTOCOL) === 0) {
    if (pseudo !== (METHOD | AUTHORITY)) return 'CONNECT with other pseudo-headers than :method and :authority';
  } else {
    if ((pseudo & REQUEST) !== REQUEST) return 'a request without :method, :scheme or :path';
    if ((pseudo & PROTOCOL) !== 0 && (!extended || method !== 'CONNECT')) return ':protocol that was not allowed';
    if (block.path === '*' && method !== 'OPTIONS') return ':path * without OPTIONS';
  }
  if (block.authority === '') {
    if ((pseudo & PROTOCOL) !== 0) return 'extended CONNECT without :authority';
    block.authority = host;
  } else if (host !== '' && host !== block.authority && !sameAuthority(host, block.authority, block.scheme)) {
    return 'host is not :authority';
  }
  if (block.authority === lastAuthority) return '';
  if (!isAuthority(block.authority)) return 'invalid authority';
  lastAuthority = block.authority;
  return '';
}

/** Why the block is no valid response head (RFC 9113 8.3.2), or ''. */
export function responseProblem(block: HeaderBlock, endStream: boolean): string {
  if (block.tooLarge) return 'header list too large';
  if (block.problem !== '') return block.problem;
  if (block.pseudo !== STATUS) return 'a response without :status, or with other pseudo-headers';
  const status = statusOf(block.status);
  if (status === 0) return 'status code outside 100..599';
  // RFC 9113 8.6: HTTP/2 does not switch protocols.
  if (status === 101) return '101';
  if (status < 200 && endStream) return 'an informational response that ends the stream';
  return '';
}

/** Three digits, 100 to 599; else 0. */
export function statusOf(text: string): number {
  if (text.length !== 3) return 0;
  const hundreds = text.charCodeAt(0) - 0x30;
  const tens = text.charCodeAt(1) - 0x30;
  const ones = text.charCodeAt(2) - 0x30;
  if (hundreds < 1 || hundreds > 5 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return 0;
  return hundreds * 100 + tens * 10 + ones;
}

/** Why the block cannot be trailers (RFC 9113 8.1, RFC 9110 6.5.1), or ''. */
export function trailersProblem(block: HeaderBlock, endStream: boolean): string {
  if (!endStream) return 'trailers that do not end the stream';
  if (block.tooLarge) return 'trailers too large';
  if (block.problem !== '') return block.problem;
  if (block.pseudo !== 0) return 'pseudo-header in trailers';
  if (block.host !== '' || block.contentLength >= 0) return 'framing field in trailers';
  return '';
}

/** The block as trailers, null when nothing is left. */
export function trailersOf(block: HeaderBlock): HeaderList | null {
  if (block.pairs.length === 0) return null;
  const trailers = block.headers();
  for (const id of USELESS_IN_TRAILERS) trailers.removeKnown(id);
  return trailers;
}

/** Case and default port make no difference. */
function sameAuthority(left: string, right: string, scheme: string): boolean {
  return plain(left, scheme) === plain(right, scheme);
}

function plain(authority: string, scheme: string): string {
  const port = scheme === 'https' ? ':443' : ':80';
  const text = authority.toLowerCase();
  return text.endsWith(port) ? text.slice(0, -port.length) : text;
}
