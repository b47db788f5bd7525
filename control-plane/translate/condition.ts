import type { FaultMatch, FaultValueMatch } from '../model/fault-policy.ts';
import type { GrpcRouteMatch } from '../model/grpc-route.ts';
import type { HttpRouteMatch } from '../model/http-match.ts';

/** Which requests are meant, independent of the API that said so. All parts must hold. */
export interface Condition {
  readonly path: Path;
  readonly method: string | undefined;
  /** Only gRPC calls. */
  readonly grpc: boolean;
  readonly headers: readonly FaultValueMatch[];
  readonly query: readonly FaultValueMatch[];
}

/** A prefix counts in whole elements: /a holds /a and /a/b, not /ab. It has no slash at its end, so '' is everything. */
export interface Path {
  readonly type: 'exact' | 'prefix' | 'regex';
  readonly value: string;
}

export const everything: Condition = {
  path: { type: 'prefix', value: '' },
  method: undefined,
  grpc: false,
  headers: [],
  query: [],
};

export function ofRoute({ path, method, headers, queryParams }: HttpRouteMatch): Condition {
  const type = ({ Exact: 'exact', PathPrefix: 'prefix', RegularExpression: 'regex' } as const)[path.type];
  return { path: pathOf(type, path.value), method, grpc: false, headers, query: queryParams };
}

/** A gRPC call is a POST of `/SERVICE/METHOD`. */
export function ofGrpcRoute({ method, headers }: GrpcRouteMatch): Condition {
  return { path: callPath(method), method: 'POST', grpc: true, headers, query: [] };
}

function callPath(match: GrpcRouteMatch['method']): Path {
  if (!match) return everything.path;
  const { type, service, method } = match;
  if (type === 'Exact' && service !== undefined) {
    return method === undefined ? pathOf('prefix', `/${service}`) : pathOf('exact', `/${service}/${method}`);
  }
  const part = (value = '[^/]+'): string => (type === 'Exact' ? value : `(?:${unanchored(value)})`);
  return pathOf('regex', `/${part(service)}/${part(method)}`);
}

/** A part is compared as a whole anyway; inside of a path its anchors could never match. */
function unanchored(pattern: string): string {
  return pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
}

export function ofFault({ path, method, headers, queryParams }: FaultMatch): Condition {
  const { exact, prefix, regex } = path ?? {};
  const value =
    exact !== undefined
      ? pathOf('exact', exact)
      : regex !== undefined
        ? pathOf('regex', regex)
        : pathOf('prefix', prefix);
  return { path: value, method, grpc: false, headers, query: queryParams };
}

/** What holds where both hold; `never` when they exclude each other, undefined when one match cannot say it. */
export function both(one: Condition, other: Condition): Condition | 'never' | undefined {
  const path = bothPaths(one.path, other.path);
  if (one.method !== undefined && other.method !== undefined && one.method !== other.method) return 'never';
  if (path === 'never' || path === undefined) return path;
  return {
    path,
    method: one.method ?? other.method,
    grpc: one.grpc || other.grpc,
    headers: [...one.headers, ...other.headers],
    query: [...one.query, ...other.query],
  };
}

function pathOf(type: Path['type'], value = ''): Path {
  return { type, value: type === 'prefix' ? value.replace(/\/$/, '') : value };
}

function bothPaths(one: Path, other: Path): Path | 'never' | undefined {
  if (one.type === 'prefix' && one.value === '') return other;
  if (other.type === 'prefix' && other.value === '') return one;
  if (one.type === other.type && one.value === other.value) return one;
  if (other.type === 'exact') return one.type === 'exact' ? 'never' : bothPaths(other, one);
  if (one.type === 'exact') return holds(other, one.value) ? one : 'never';
  if (one.type === 'regex' || other.type === 'regex') return undefined;
  if (holds(one, other.value)) return other;
  return holds(other, one.value) ? one : 'never';
}

function holds(path: Path, text: string): boolean {
  if (path.type === 'regex') return new RegExp(`^(?:${path.value})$`).test(text);
  return text === path.value || text.startsWith(`${path.value}/`);
}
