import type { FaultValueMatch } from '../model/fault-policy.ts';
import type { NodeKind } from './caller.ts';
import type { Condition } from './condition.ts';
import type { Message } from './message.ts';
import { idempotentMethods } from './retry.ts';

export type RouteMatch = Message<'envoy.config.route.v3.RouteMatch'>;
type HeaderMatcher = Message<'envoy.config.route.v3.HeaderMatcher'>;
type StringMatcher = Message<'envoy.type.matcher.v3.StringMatcher'>;

/**
 * The matches that together mean `condition`: one, but for gRPC clients two where they lack a path prefix that ends at a
 * slash, and none where a gRPC call can never match.
 */
export function matchesOf(condition: Condition, kind: NodeKind): RouteMatch[] {
  if (kind === 'grpc') return grpcMatches(condition);
  const { path, method, grpc, headers, query } = condition;
  return [
    {
      ...pathMatch(path),
      headers: [
        ...(method === undefined ? [] : [methodMatcher(method)]),
        ...(grpc ? [grpcMatcher] : []),
        ...headers.map(headerMatcher),
      ],
      query_parameters: query.map(({ name, type, value = '' }) =>
        type === 'Present' ? { name, present_match: true } : { name, string_match: stringMatcher(type, value) },
      ),
    },
  ];
}

/** `match`, for idempotent methods only. */
export function idempotentOnly(match: RouteMatch): RouteMatch {
  const method = { name: ':method', string_match: { safe_regex: { regex: idempotentMethods.join('|') } } };
  return { ...match, headers: [...(match.headers ?? []), method] };
}

function pathMatch({ type, value }: Condition['path']): RouteMatch {
  if (type === 'exact') return { path: value };
  if (type === 'regex') return { safe_regex: { regex: value } };
  return value === '' ? { prefix: '/' } : { path_separated_prefix: value };
}

function grpcMatches({ path, method, headers, query }: Condition): RouteMatch[] {
  // A gRPC call is a POST without a query.
  if (query.length > 0 || (method !== undefined && method !== 'POST')) return [];
  const rest = { headers: headers.map(oldHeaderMatcher) };
  if (path.type !== 'prefix') return [{ ...pathMatch(path), ...rest }];
  if (path.value === '') return [{ prefix: '', ...rest }];
  return [
    { path: path.value, ...rest },
    { prefix: `${path.value}/`, ...rest },
  ];
}

/** Of gRPC-Web, too: a bridge makes gRPC of it after the route was found. */
const grpcMatcher: HeaderMatcher = { name: 'content-type', string_match: { prefix: 'application/grpc' } };

function methodMatcher(method: string): HeaderMatcher {
  return { name: ':method', string_match: { exact: method } };
}

function headerMatcher({ name, type, value = '' }: FaultValueMatch): HeaderMatcher {
  const header = name.toLowerCase();
  if (type === 'Present') return { name: header, present_match: true };
  return { name: header, string_match: stringMatcher(type, value) };
}

function stringMatcher(type: Exclude<FaultValueMatch['type'], 'Present'>, value: string): StringMatcher {
  if (type === 'Exact') return { exact: value };
  if (type === 'Prefix') return { prefix: value };
  if (type === 'Suffix') return { suffix: value };
  if (type === 'Contains') return { contains: value };
  return { safe_regex: { regex: value } };
}

/** As gRPC clients from before `string_match` know it; later ones still do. */
function oldHeaderMatcher({ name, type, value = '' }: FaultValueMatch): HeaderMatcher {
  const header = { name: name.toLowerCase() };
  if (type === 'Present') return { ...header, present_match: true };
  if (type === 'Exact') return { ...header, exact_match: value };
  if (type === 'Prefix') return { ...header, prefix_match: value };
  if (type === 'Suffix') return { ...header, suffix_match: value };
  if (type === 'Contains') return { ...header, contains_match: value };
  return { ...header, safe_regex_match: { regex: value } };
}
