import type { HttpRoute, HttpRouteRule } from '../model/http-route.ts';
import type { ServicePort } from '../model/service.ts';
import type { Caller } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import { type Condition, everything, ofRoute } from './condition.ts';

/** One match of one rule. `rule` and `route` are absent for a service that has no routes. */
export interface MatchedRule {
  readonly name: string;
  readonly condition: Condition;
  readonly rule: HttpRouteRule | undefined;
  readonly route: HttpRoute | undefined;
}

/**
 * The rules for calls to a service port, the most specific first. Routes of the caller's namespace replace those of the
 * service's own; with routes, what matches none of them is not found (decisions D34).
 */
export function rulesFor(entry: ServiceEntry, port: ServicePort, caller: Caller): MatchedRule[] {
  const { name, namespace } = entry.service.metadata;
  const attached = entry.routes.filter(({ metadata, spec }) =>
    spec.parentRefs.some(
      (parent) =>
        parent.name === name &&
        (parent.namespace ?? metadata.namespace) === namespace &&
        (parent.port === undefined || parent.port === port.port),
    ),
  );
  const consumer = attached.filter(({ metadata }) => metadata.namespace === caller.namespace);
  const producer = attached.filter(({ metadata }) => metadata.namespace === namespace);
  const routes = consumer.length > 0 ? consumer : producer;
  if (routes.length === 0) return [{ name: 'default', condition: everything, rule: undefined, route: undefined }];
  return routes
    .flatMap((route) =>
      route.spec.rules.flatMap((rule, r) =>
        rule.matches.map((match, m) => ({
          name: `${route.metadata.namespace}/${route.metadata.name}/${rule.name ?? r}/${m}`,
          condition: ofRoute(match),
          rule,
          route,
        })),
      ),
    )
    .sort((one, other) => specificity(other.condition, one.condition));
}

/** Gateway API, HTTPRouteRule: exact path, longest prefix, method, most headers, most query parameters; then order. */
function specificity(one: Condition, other: Condition): number {
  const weigh = ({ path, method, headers, query }: Condition): number[] => [
    ['prefix', 'regex', 'exact'].indexOf(path.type),
    path.value.length,
    method === undefined ? 0 : 1,
    headers.length,
    query.length,
  ];
  const [a, b] = [weigh(one), weigh(other)];
  for (const [index, weight] of a.entries()) {
    const difference = weight - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
