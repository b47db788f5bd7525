import type { Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import { H } from '../core/headers.ts';

const ALLOW = ['allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'];

/**
 * TRACE shows a caller the request as it arrived, with what proxies and sidecars on the way have put in, credentials
 * included (RFC 9110 9.3.8): refused, as nginx does.
 */
const TRACE_REFUSED: LocalReply = Object.freeze({
  status: 405,
  flags: 0,
  detail: 'TRACE is refused',
  headers: ALLOW,
});
const LAST_HOP: LocalReply = Object.freeze({
  status: 200,
  flags: 0,
  detail: 'max-forwards reached 0',
  body: '',
  headers: ALLOW,
});
const NO_NUMBER: LocalReply = Object.freeze({ status: 400, flags: 0, detail: 'invalid Max-Forwards header' });

/** More hops than any way has; a larger number is lowered to it (RFC 9110 7.6.2 allows a largest value). */
const MOST = 999_999;

/**
 * What the sidecar answers itself because of the method, whatever the routes say; null for what goes on. Takes one off the
 * Max-Forwards of an OPTIONS (RFC 9110 7.6.2); with other methods it means nothing.
 */
export function answerOfThisHop(x: Exchange): LocalReply | null {
  if (x.method === 'TRACE') return TRACE_REFUSED;
  if (x.method !== 'OPTIONS') return null;
  const value = x.headers.getKnown(H['max-forwards']);
  if (value === undefined) return null;
  if (!/^\d+$/.test(value)) return NO_NUMBER;
  const left = Math.min(Number(value), MOST + 1);
  if (left === 0) return LAST_HOP;
  x.headers.set('max-forwards', String(left - 1));
  return null;
}
