import type { GrpcRouteMatch, GrpcRouteRule } from '../model/grpc-route.ts';
import type { HttpRouteRule } from '../model/http-route.ts';
import { attachedTo, type Route } from '../model/route-conflicts.ts';
import type { ServicePort } from '../model/service.ts';
import type { Caller } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import { type Condition, everything, ofGrpcRoute, ofRoute } from './condition.ts';

export type RouteRule = HttpRouteRule | GrpcRouteRule;

/** One match of one rule. `rule` and `route` are absent for a service that has no routes. */
export interface MatchedRule {
  readonly name: string;
  readonly condition: Condition;
  readonly rule: RouteRule | undefined;
  readonly route: Route | undefined;
}

/**
 * The rules for calls to a service port, the most specific first. Routes of the caller's namespace replace those of the
 * service's own, and GRPCRoutes the HTTPRoutes beside them; with routes, what matches none of them is not found (decisions
 * D34).
 */
export function rulesFor(entry: ServiceEntry, port: ServicePort, caller: Caller): MatchedRule[] {
  const { namespace } = entry.service.metadata;
  const attached = entry.routes.filter((route) => attachedTo(route, entry.key, port.port));
  const consumer = attached.filter(({ metadata }) => metadata.namespace === caller.namespace);
  const producer = attached.filter(({ metadata }) => metadata.namespace === namespace);
  const routes = ofOneKind(consumer.length > 0 ? consumer : producer);
  if (routes.length === 0) return [{ name: 'default', condition: everything, rule: undefined, route: undefined }];
  return routes
    .flatMap(matchesIn)
    .sort((one, other) => compared(other.precedence, one.precedence))
    .map(({ matched }) => matched);
}

/** GEP-1294: only one kind of route holds for a port. */
function ofOneKind(routes: readonly Route[]): readonly Route[] {
  const grpc = routes.filter(({ kind }) => kind === 'GRPCRoute');
  return grpc.length > 0 ? grpc : routes;
}

interface Ranked {
  readonly matched: MatchedRule;
  /** The larger the first number that differs, the sooner it is tried. */
  readonly precedence: readonly number[];
}

function matchesIn(route: Route): Ranked[] {
  const name = (rule: RouteRule, at: number, match: number): string =>
    `${route.metadata.namespace}/${route.metadata.name}/${rule.name ?? at}/${match}`;
  if (route.kind === 'GRPCRoute') {
    return route.spec.rules.flatMap((rule, r) =>
      rule.matches.map((match, m) => ({
        matched: { name: name(rule, r, m), condition: ofGrpcRoute(match), rule, route },
        precedence: grpcPrecedence(match),
      })),
    );
  }
  return route.spec.rules.flatMap((rule, r) =>
    rule.matches.map((match, m) => {
      const condition = ofRoute(match);
      return { matched: { name: name(rule, r, m), condition, rule, route }, precedence: httpPrecedence(condition) };
    }),
  );
}

/** Gateway API, HTTPRouteRule: exact path, longest prefix, method, most headers, most query parameters; then order. */
function httpPrecedence({ path, method, headers, query }: Condition): number[] {
  return [
    ['prefix', 'regex', 'exact'].indexOf(path.type),
    path.value.length,
    method === undefined ? 0 : 1,
    headers.length,
    query.length,
  ];
}

/** Gateway API, GRPCRouteRule: longest service, longest method, most headers; then order. */
function grpcPrecedence({ method, headers }: GrpcRouteMatch): number[] {
  return [method?.service?.length ?? 0, method?.method?.length ?? 0, headers.length];
}

function compared(one: readonly number[], other: readonly number[]): number {
  for (const [index, weight] of one.entries()) {
    const difference = weight - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
