import type { HeaderList } from '../core/headers.ts';

/** The value of a request cookie without quotes; '' when there is none. */
export function cookieOf(headers: HeaderList, name: string): string {
  const cookies = headers.joined('cookie', ';');
  if (cookies === undefined) return '';
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  }
  return '';
}

/** The value of a Set-Cookie header. `ttl`: seconds, 0 = as long as the client's session lasts; `path`: '' = the request's. */
export function setCookie(name: string, value: string, ttl: number, path: string): string {
  const age = ttl === 0 ? '' : `; Max-Age=${ttl}`;
  return `${name}="${value}"${age}${path === '' ? '' : `; Path=${path}`}; HttpOnly`;
}
