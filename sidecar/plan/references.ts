import type { FilterChainPlan, ListenerPlan } from '../core/plan/listener.ts';
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

/** All filter chains of a listener. */
export function chainsOf({ chains, defaultChain }: ListenerPlan): readonly FilterChainPlan[] {
  return defaultChain ? [...chains, defaultChain] : chains;
}

/** The route configurations that the connection managers of a listener refer to. */
export function routesOfListener(listener: ListenerPlan): Set<string> {
  const names = new Set<string>();
  for (const { filter } of chainsOf(listener)) if (filter.kind === 'http') names.add(filter.http.routeConfig);
  return names;
}

/** The clusters that the TCP proxies of a listener send to. */
export function clustersOfListener(listener: ListenerPlan): Set<string> {
  const names = new Set<string>();
  for (const { filter } of chainsOf(listener)) {
    if (filter.kind === 'tcp') for (const { name } of filter.tcp.clusters) names.add(name);
  }
  return names;
}
