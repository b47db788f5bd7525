import type { RouteConfigPlan, VirtualHostPlan } from '../core/plan/route.ts';

/** The clusters that a virtual host may send requests to, as far as its routes name them. */
export function clustersOfHost(host: VirtualHostPlan): Set<string> {
  const names = new Set<string>();
  for (const { action } of host.routes) {
    if (action.kind === 'forward') for (const { name } of action.clusters) names.add(name);
  }
  return names;
}

export function clustersOfRoutes(routes: RouteConfigPlan): Set<string> {
  return new Set(routes.virtualHosts.flatMap((host) => [...clustersOfHost(host)]));
}
