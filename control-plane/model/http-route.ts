import { type HttpRouteFilter, httpRouteFilter } from './http-filter.ts';
import { everything, type HttpRouteMatch, httpRouteMatch } from './http-match.ts';
import type { Resource } from './object.ts';
import type { Problems } from './problem.ts';
import {
  type BackendRef,
  backendRefs,
  fewMatches,
  type ParentRef,
  parentRefs,
  type RouteStatus,
  type RouteTimeouts,
  routeTimeouts,
} from './route.ts';
import { duration, integer, list, object, optional, preset, required, type Schema, text } from './schema.ts';

/** Gateway API HTTPRoute in its mesh form (GAMMA): the parents are Services, whose callers' requests are routed. */
export interface HttpRoute extends Resource {
  apiVersion: 'gateway.networking.k8s.io/v1';
  kind: 'HTTPRoute';
  spec: HttpRouteSpec;
  status?: RouteStatus;
}

export interface HttpRouteSpec {
  parentRefs: ParentRef[];
  rules: HttpRouteRule[];
}

export interface HttpRouteRule {
  name?: string;
  /** Any of them must match. */
  matches: HttpRouteMatch[];
  filters: HttpRouteFilter[];
  backendRefs: BackendRef[];
  timeouts?: RouteTimeouts;
  retry?: RouteRetry;
}

/** GEP-1731. `attempts` are retries beyond the first attempt. */
export interface RouteRetry {
  codes: number[];
  attempts?: number;
  /** The least time before a retry. */
  backoff?: string;
}

const retry = object<RouteRetry>({
  codes: preset(list(integer(400, 599), { max: 64, unique: { by: String, path: '' } }), []),
  attempts: optional(integer(0, 10)),
  backoff: optional(duration(1, 60_000)),
});

function filtersFit(rule: HttpRouteRule, path: string, problems: Problems): void {
  const of = (type: HttpRouteFilter['type']) => rule.filters.find((filter) => filter.type === type);
  const [redirect, rewrite] = [of('RequestRedirect'), of('URLRewrite')];
  if (redirect && rewrite) {
    problems.add(`${path}.filters`, 'RequestRedirect and URLRewrite cannot stand in one rule', 'FieldValueForbidden');
  }
  if (redirect && rule.backendRefs.length > 0) {
    problems.add(`${path}.backendRefs`, 'must be empty in a rule with RequestRedirect', 'FieldValueForbidden');
  }
  const replacesPrefix = [redirect?.requestRedirect?.path, rewrite?.urlRewrite?.path].some(
    (modifier) => modifier?.type === 'ReplacePrefixMatch',
  );
  if (replacesPrefix && rule.matches.some((match) => match.path.type !== 'PathPrefix')) {
    problems.add(`${path}.filters`, 'ReplacePrefixMatch needs every match of the rule to be a PathPrefix');
  }
}

const rule = object<HttpRouteRule>(
  {
    name: optional(text({ min: 1, max: 253 })),
    matches: preset(list(httpRouteMatch, { min: 1, max: 64 }), [everything]),
    filters: preset(list(httpRouteFilter, { max: 16, unique: { by: (filter) => filter.type, path: 'type' } }), []),
    backendRefs: preset(backendRefs, []),
    timeouts: optional(routeTimeouts),
    retry: optional(retry),
  },
  { later: ['sessionPersistence'], also: filtersFit },
);

const spec = object<HttpRouteSpec>(
  {
    parentRefs: required(parentRefs),
    rules: preset(list(rule, { min: 1, max: 16, unique: { by: (each) => each.name, path: 'name' } }), [
      { matches: [everything], filters: [], backendRefs: [] },
    ]),
  },
  {
    later: ['hostnames', 'useDefaultGateways'],
    also: ({ rules }, path, problems) => fewMatches(rules, `${path}.rules`, problems),
  },
);

export const httpRouteBody: Schema<Pick<HttpRoute, 'spec'>> = object<Pick<HttpRoute, 'spec'>>({ spec: required(spec) });
