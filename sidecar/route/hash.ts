import { combined, type Hash64, hexOf } from '../../shared/struct/hash64.ts';
import { xxHash64 } from '../../shared/struct/xx-hash.ts';
import type { Exchange } from '../core/exchange.ts';
import type { HashSourcePlan } from '../core/plan/route.ts';
import { clientAddress, type Trust } from './client-address.ts';
import { cookieOf, setCookie } from './cookie.ts';

/** The hash policies of a route: what a request is to stick to its endpoint by. Source: Envoy, RouteAction.HashPolicy. */
export class RequestHash {
  readonly #sources: readonly HashSourcePlan[];

  private constructor(sources: readonly HashSourcePlan[]) {
    this.#sources = sources;
  }

  /** Null when nothing is hashed. */
  static of(sources: readonly HashSourcePlan[]): RequestHash | null {
    return sources.length === 0 ? null : new RequestHash(sources);
  }

  /** Writes `x.hash`, and `x.affinityCookie` when the client is to bring a cookie next time. */
  stamp(x: Exchange, trust: Trust): void {
    for (const source of this.#sources) {
      const next = hashOf(x, source, trust);
      if (next !== null) x.hash = x.hash === null ? next : combined(x.hash, next);
      if (source.terminal && x.hash !== null) return;
    }
  }
}

function hashOf(x: Exchange, source: HashSourcePlan, trust: Trust): Hash64 | null {
  switch (source.kind) {
    case 'header':
      return headerHash(source.name === ':authority' ? x.authority : x.headers.joined(source.name, '\n'));
    case 'query':
      return textHash(queryParameter(x.path, source.name));
    case 'source-ip':
      return textHash(clientAddress(x, trust));
    case 'cookie':
      return textHash(cookieOf(x.headers, source.name) || newCookie(x, source));
  }
}

function textHash(text: string | undefined): Hash64 | null {
  return text === undefined || text === '' ? null : xxHash64(text);
}

/** Several values are hashed one after the other, sorted: their order in the request does not matter. */
function headerHash(values: string | undefined): Hash64 | null {
  if (values === undefined) return null;
  if (!values.includes('\n')) return xxHash64(values);
  let hash: Hash64 = { high: 0, low: 0 };
  for (const value of values.split('\n').sort()) hash = xxHash64(value, hash.low, hash.high);
  return hash;
}

/** The first value of a query parameter, as it stands. */
function queryParameter(path: string, name: string): string | undefined {
  const from = path.indexOf('?');
  if (from < 0) return undefined;
  for (const pair of path.slice(from + 1).split('&')) {
    const equals = pair.indexOf('=');
    if ((equals < 0 ? pair : pair.slice(0, equals)) === name) return equals < 0 ? '' : pair.slice(equals + 1);
  }
  return undefined;
}

/**
 * Makes a cookie when the policy has a time for it to live. Its value follows from the connection, so that several requests
 * that come at once before the client has the cookie get the same one.
 */
function newCookie(x: Exchange, source: Extract<HashSourcePlan, { kind: 'cookie' }>): string {
  const { name, ttl, path } = source;
  if (ttl === null) return '';
  const { remoteAddress, remotePort, localAddress, localPort } = x.stream.peer;
  const value = hexOf(xxHash64(`${remoteAddress}:${remotePort}${localAddress}:${localPort}`));
  x.affinityCookie = setCookie(name, value, ttl, path);
  return value;
}
