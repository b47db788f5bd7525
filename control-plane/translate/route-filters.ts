import type {
  HeaderModifier,
  HttpRouteFilter,
  PathModifier,
  RequestRedirect,
  UrlRewrite,
} from '../model/http-filter.ts';
import type { Condition } from './condition.ts';
import type { Message } from './message.ts';
import type { RouteMatch } from './route-match.ts';
import type { RouteRule } from './rules.ts';

type Route = Message<'envoy.config.route.v3.Route'>;
type Redirect = Message<'envoy.config.route.v3.RedirectAction'>;
type RouteAction = Message<'envoy.config.route.v3.RouteAction'>;
type HeaderValueOption = Message<'envoy.config.core.v3.HeaderValueOption'>;

const redirectCodes = {
  301: 'MOVED_PERMANENTLY',
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
} as const;

/** Header changes of a rule, both ways. */
export function headerChanges(rule: RouteRule | undefined): Route {
  const request = filterOf(rule, 'RequestHeaderModifier')?.requestHeaderModifier;
  const response = filterOf(rule, 'ResponseHeaderModifier')?.responseHeaderModifier;
  return {
    ...(request && { request_headers_to_add: added(request), request_headers_to_remove: request.remove }),
    ...(response && { response_headers_to_add: added(response), response_headers_to_remove: response.remove }),
  };
}

/** The rule's redirect, if it has one, with what it matches: cutting a prefix off takes two routes, as no pattern can do it. */
export function redirectsOf(
  rule: RouteRule | undefined,
  condition: Condition,
  match: RouteMatch,
): Pick<Route, 'match' | 'redirect'>[] | undefined {
  const redirect: RequestRedirect | undefined = filterOf(rule, 'RequestRedirect')?.requestRedirect;
  if (!redirect) return undefined;
  const { scheme, hostname, port, path, statusCode } = redirect;
  const action: Redirect = {
    ...(scheme && { scheme_redirect: scheme }),
    ...(hostname && { host_redirect: hostname }),
    ...(port !== undefined && { port_redirect: port }),
    response_code: redirectCodes[statusCode as keyof typeof redirectCodes],
  };
  if (path?.type === 'ReplaceFullPath') {
    return [{ match, redirect: { ...action, path_redirect: path.replaceFullPath ?? '/' } }];
  }
  if (path?.type !== 'ReplacePrefixMatch') return [{ match, redirect: action }];
  const prefix = condition.path.value;
  const rewritten = { ...action, prefix_rewrite: prefixFor(path, condition) };
  if (rewritten.prefix_rewrite !== '/' || match.path_separated_prefix === undefined)
    return [{ match, redirect: rewritten }];
  const { path_separated_prefix: _, ...rest } = match;
  return [
    { match: { ...rest, path: prefix }, redirect: { ...action, path_redirect: '/' } },
    { match: { ...rest, prefix: `${prefix}/` }, redirect: rewritten },
  ];
}

/** The rule's rewrite of path and host. */
export function rewriteOf(rule: RouteRule | undefined, condition: Condition): RouteAction {
  const rewrite: UrlRewrite | undefined = filterOf(rule, 'URLRewrite')?.urlRewrite;
  if (!rewrite) return {};
  const { hostname, path } = rewrite;
  return { ...(hostname && { host_rewrite_literal: hostname }), ...(path && rewrittenPath(path, condition)) };
}

function rewrittenPath(path: PathModifier, condition: Condition): RouteAction {
  if (path.type === 'ReplaceFullPath') return replaced('^/.*$', path.replaceFullPath ?? '/');
  const prefix = condition.path.value;
  const replacement = (path.replacePrefixMatch ?? '').replace(/\/$/, '');
  // Cutting a prefix off would leave no path, or one that begins with two slashes: that takes a pattern.
  if (replacement === '' && prefix !== '') return replaced(`^${quoted(prefix)}/*`, '/');
  return { prefix_rewrite: prefixFor(path, condition) };
}

/** What Envoy puts in place of the matched prefix: it matched '/' where ours is ''. */
function prefixFor(path: PathModifier, condition: Condition): string {
  const replacement = (path.replacePrefixMatch ?? '').replace(/\/$/, '');
  return condition.path.value === '' ? `${replacement}/` : replacement || '/';
}

function replaced(regex: string, text: string): RouteAction {
  return { regex_rewrite: { pattern: { regex }, substitution: text.replaceAll('\\', '\\\\') } };
}

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function added({ set, add }: HeaderModifier): HeaderValueOption[] {
  return [
    ...set.map(({ name, value }) => option(name, value, 'OVERWRITE_IF_EXISTS_OR_ADD')),
    ...add.map(({ name, value }) => option(name, value, 'APPEND_IF_EXISTS_OR_ADD')),
  ];
}

function option(key: string, value: string, action: HeaderValueOption['append_action']): HeaderValueOption {
  return { header: { key, value: literal(value) }, append_action: action, keep_empty_value: value === '' };
}

/** In Envoy's header values `%` begins a command. */
function literal(value: string): string {
  return value.replaceAll('%', '%%');
}

function filterOf(rule: RouteRule | undefined, type: HttpRouteFilter['type']): HttpRouteFilter | undefined {
  return rule?.filters.find((filter: HttpRouteFilter) => filter.type === type);
}
