import type { RequestParser } from './request-parser.ts';

/** Bytes of a request body read and dropped after an early response, so that the connection can stay. */
export const MAX_DRAINED = 64 * 1024;

/**
 * Whether, after a response of `status`, the rest of the request may be waited for, so that the connection can stay.
 * `expects`: the client waits for a 100, so it may or may not send the body after a final response (RFC 9110 10.1.1).
 */
export function waitsForRest(parser: RequestParser, status: number, expects: boolean): boolean {
  if (parser.done) return true;
  // CONNECT that was refused: what comes may be bytes for its target.
  if (parser.untilClose) return false;
  if (expects) return false;
  const { remaining } = parser;
  return status < 400 || (remaining >= 0 && remaining <= MAX_DRAINED);
}
