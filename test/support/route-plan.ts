import type { MatchPlan } from '../../sidecar/core/plan/match.ts';
import type {
  ForwardPlan,
  HeaderMutations,
  RouteConfigPlan,
  RoutePlan,
  VirtualHostPlan,
  WeightedClusterPlan,
} from '../../sidecar/core/plan/route.ts';

export const noMutations: HeaderMutations = { remove: [], add: [] };

export function matchPlan(path: MatchPlan['path'], rest: Partial<MatchPlan> = {}): MatchPlan {
  return { path, caseSensitive: true, headers: [], query: [], grpcOnly: false, percent: 100, ...rest };
}

export const prefix = (value: string, rest: Partial<MatchPlan> = {}): MatchPlan =>
  matchPlan({ kind: 'prefix', value }, rest);

export function clusterPlan(name: string, weight = 1, rest: Partial<WeightedClusterPlan> = {}): WeightedClusterPlan {
  return { name, weight, subset: [], requestHeaders: noMutations, responseHeaders: noMutations, ...rest };
}

export function forwardPlan(rest: Partial<ForwardPlan> = {}): ForwardPlan {
  return {
    kind: 'forward',
    hash: [],
    session: null,
    stickToSource: 0,
    subset: [],
    clusters: [clusterPlan('cart')],
    clusterHeader: '',
    clusterNotFoundStatus: 503,
    connect: false,
    upgrades: {},
    timeout: 15_000,
    idleTimeout: 0,
    retry: null,
    prefixRewrite: null,
    regexRewrite: null,
    hostRewrite: '',
    hostRewriteHeader: '',
    bufferLimit: 1024,
    priority: 'default',
    ...rest,
  };
}

export function routePlan(name: string, match: MatchPlan, rest: Partial<RoutePlan> = {}): RoutePlan {
  return {
    name,
    match,
    action: forwardPlan(),
    requestHeaders: noMutations,
    responseHeaders: noMutations,
    filterConfig: {},
    ...rest,
  };
}

export function hostPlan(
  name: string,
  domains: readonly string[],
  routes: readonly RoutePlan[] = [routePlan(name, prefix('/'))],
  rest: Partial<VirtualHostPlan> = {},
): VirtualHostPlan {
  return {
    name,
    domains,
    routes,
    requestHeaders: noMutations,
    responseHeaders: noMutations,
    includeAttemptCount: false,
    filterConfig: {},
    ...rest,
  };
}

export function routeConfigPlan(
  virtualHosts: readonly VirtualHostPlan[],
  rest: Partial<RouteConfigPlan> = {},
): RouteConfigPlan {
  return {
    name: 'outbound',
    virtualHosts,
    vhds: false,
    ignorePortInHost: false,
    requestHeaders: noMutations,
    responseHeaders: noMutations,
    ...rest,
  };
}
