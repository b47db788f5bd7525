import { parseDuration } from '../../shared/struct/duration.ts';
import { type HttpRouteFilter, httpRouteFilter } from './http-filter.ts';
import { everything, type HttpRouteMatch, httpRouteMatch } from './http-match.ts';
import { label, serviceName } from './names.ts';
import { type Condition, conditionsSchema, type Resource } from './object.ts';
import type { Problems } from './problem.ts';
import { duration, integer, list, object, oneOf, optional, preset, required, type Schema, text } from './schema.ts';

/** Gateway API HTTPRoute in its mesh form (GAMMA): the parents are Services, whose callers' requests are routed. */
export interface HttpRoute extends Resource {
  apiVersion: 'gateway.networking.k8s.io/v1';
  kind: 'HTTPRoute';
  spec: HttpRouteSpec;
  status?: HttpRouteStatus;
}

export interface HttpRouteSpec {
  parentRefs: ParentRef[];
  rules: HttpRouteRule[];
}

export interface ParentRef {
  group: '';
  kind: 'Service';
  /** Absent: the route's own namespace. Another one makes it a consumer route: for callers in the route's namespace. */
  namespace?: string;
  name: string;
  /** A port of the Service; absent: all of them. */
  port?: number;
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

/** `namespace` absent: the route's own. Another one needs no ReferenceGrant: callers are not authenticated yet either. */
export interface BackendRef {
  group: '';
  kind: 'Service';
  namespace?: string;
  name: string;
  port: number;
  /** Its share is weight / sum of weights; 0 gets nothing. */
  weight: number;
}

/** GEP-1742. `0s` means none. */
export interface RouteTimeouts {
  request?: string;
  backendRequest?: string;
}

/** GEP-1731. `attempts` are retries beyond the first attempt. */
export interface RouteRetry {
  codes: number[];
  attempts?: number;
  /** The least time before a retry. */
  backoff?: string;
}

export interface HttpRouteStatus {
  parents: RouteParentStatus[];
}

export interface RouteParentStatus {
  parentRef: ParentRef;
  controllerName: string;
  conditions: Condition[];
}

/** The group of Service. Gateway API's own default is the group of Gateway, so that it must be written out. */
const coreGroup: Schema<''> = (value, path, problems) => {
  if (value === '' || value === 'core') return '';
  problems.add(path, `must be "" with kind: Service; got ${JSON.stringify(value)}`, 'FieldValueNotSupported');
  return '';
};

const port = integer(1, 65535);

const parentRef = object<ParentRef>(
  {
    group: preset(coreGroup, ''),
    kind: required(oneOf(['Service'], ['Gateway'])),
    namespace: optional(label),
    name: required(serviceName),
    port: optional(port),
  },
  { later: ['sectionName'] },
);

const backendRef = object<BackendRef>(
  {
    group: preset(coreGroup, ''),
    kind: preset(oneOf(['Service']), 'Service'),
    namespace: optional(label),
    name: required(serviceName),
    port: required(port),
    weight: preset(integer(0, 1_000_000), 1),
  },
  { later: ['filters'] },
);

const day = 24 * 3_600_000;

const timeouts = object<RouteTimeouts>(
  { request: optional(duration(0, day)), backendRequest: optional(duration(0, day)) },
  {
    also: ({ request, backendRequest }, path, problems) => {
      const [whole, one] = [parseDuration(request ?? '0s') ?? 0, parseDuration(backendRequest ?? '0s') ?? 0];
      if (whole > 0 && one > whole) {
        problems.add(`${path}.backendRequest`, `must be at most request (${request}); got ${backendRequest}`);
      }
    },
  },
);

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
    backendRefs: preset(list(backendRef, { max: 16 }), []),
    timeouts: optional(timeouts),
    retry: optional(retry),
  },
  { later: ['sessionPersistence'], also: filtersFit },
);

const maxMatches = 128;

const spec = object<HttpRouteSpec>(
  {
    parentRefs: required(
      list(parentRef, {
        min: 1,
        max: 32,
        unique: { by: (ref) => `${ref.namespace ?? ''}/${ref.name}:${ref.port ?? '*'}`, path: '' },
      }),
    ),
    rules: preset(list(rule, { min: 1, max: 16, unique: { by: (each) => each.name, path: 'name' } }), [
      { matches: [everything], filters: [], backendRefs: [] },
    ]),
  },
  {
    later: ['hostnames', 'useDefaultGateways'],
    also: ({ rules }, path, problems) => {
      const matches = rules.reduce((sum, each) => sum + each.matches.length, 0);
      if (matches > maxMatches) {
        problems.add(
          `${path}.rules`,
          `must have at most ${maxMatches} matches together; got ${matches}`,
          'FieldValueTooMany',
        );
      }
    },
  },
);

export const httpRouteBody: Schema<Pick<HttpRoute, 'spec'>> = object<Pick<HttpRoute, 'spec'>>({ spec: required(spec) });

export const httpRouteStatus: Schema<HttpRouteStatus> = object<HttpRouteStatus>({
  parents: preset(
    list(
      object<RouteParentStatus>({
        parentRef: required(parentRef),
        controllerName: required(text({ min: 1 })),
        conditions: preset(conditionsSchema, []),
      }),
      { max: 32 },
    ),
    [],
  ),
});
