import { ADDRESS, HEX, HOST } from './bytes.ts';

/** An absolute-form target taken apart (RFC 9112 3.2.2). */
export interface AbsoluteTarget {
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  /** Origin form; `*` for OPTIONS without a path. */
  readonly path: string;
}

/** `http://host[:port][/path][?query]`, or null when it is anything else, has user information or an invalid host. */
export function absoluteTarget(target: string, method: string): AbsoluteTarget | null {
  const head = target.slice(0, 8).toLowerCase();
  const scheme = head.startsWith('http://') ? 'http' : head === 'https://' ? 'https' : null;
  if (!scheme) return null;
  const start = scheme.length + 3;
  let end = start;
  while (end < target.length && target[end] !== '/' && target[end] !== '?') end += 1;
  const authority = target.slice(start, end);
  if (authority === '' || !isAuthority(authority)) return null;
  let path = target.slice(end);
  if (path === '') path = method === 'OPTIONS' ? '*' : '/';
  else if (path[0] === '?') path = `/${path}`;
  return { scheme, authority, path };
}

/**
 * `uri-host [ ":" port ]` of RFC 9110 7.2. Registered names are held to the characters of host names and percent
 * encoding; user information never is part of it. The empty value is valid in a Host header (no authority).
 */
export function isAuthority(text: string): boolean {
  let at = 0;
  const end = text.length;
  if (text.charCodeAt(0) === 0x5b) {
    at = 1;
    while (at < end && ADDRESS[text.charCodeAt(at)] === 1) at += 1;
    if (at < 3 || text.charCodeAt(at) !== 0x5d) return false;
    at += 1;
  } else {
    for (; at < end; at += 1) {
      const code = text.charCodeAt(at);
      if (HOST[code] === 1) continue;
      if (code !== 0x25) break;
      if (hex(text, at + 1) === 255 || hex(text, at + 2) === 255) return false;
      at += 2;
    }
    if (at === 0 && end > 0) return false;
  }
  if (at === end) return true;
  if (text.charCodeAt(at) !== 0x3a) return false;
  if (end - at > 6) return false;
  let port = 0;
  for (at += 1; at < end; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= 65_535;
}

/** `host:port`, both there: what CONNECT asks for (RFC 9112 3.2.3). */
export function isConnectTarget(text: string): boolean {
  return isAuthority(text) && /[^:]:\d+$/.test(text);
}

function hex(text: string, at: number): number {
  return at < text.length ? (HEX[text.charCodeAt(at)] as number) : 255;
}
