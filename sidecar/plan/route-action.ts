import type {
  DirectResponseAction,
  HedgePolicy,
  RedirectAction,
  Route,
  RouteAction,
  RouteOptions,
  WeightedCluster,
} from '../../shared/xds/messages.gen.ts';
import type { ForwardPlan, RouteActionPlan, WeightedClusterPlan } from '../core/plan/route.ts';
import { checkSubstitution } from '../route/rewrite.ts';
import { hashSources, session, sourceTtl } from './hash-policy.ts';
import { headerMutations } from './header-mutation.ts';
import { hostText, schemeText, targetPart, targetPath, uriPart } from './message-text.ts';
import type { Place } from './place.ts';
import { checkRegex } from './regex.ts';
import { retryPolicy } from './retry.ts';
import type { VirtualHostDefaults } from './route.ts';
import { subsetKey } from './subset.ts';
import { upgradesOf } from './upgrades.ts';
import { booleanOf, durationOf, numberOf } from './value.ts';

/** Envoy's default of `timeout`. */
const routeTimeout = 15_000;
/** Copies of a request kept for retries when neither route nor virtual host says (decision D10). */
const bufferLimit = 1 << 20;
/** Envoy's default of max_direct_response_body_size_bytes. */
export const directBodyLimit = 4_096;

/** What a route does. `aya` are its aya.v1.RouteOptions. */
export function routeAction(
  route: Route,
  host: VirtualHostDefaults,
  aya: RouteOptions | undefined,
  place: Place,
): RouteActionPlan {
  if (route.route) return forward(route.route, route, host, aya, place.at('route'));
  if (route.redirect) return redirect(route.redirect, place.at('redirect'));
  if (route.direct_response) return direct(route.direct_response, host.directBodyLimit, place.at('direct_response'));
  if (route.non_forwarding_action) place.at('non_forwarding_action').unsupported();
  else place.wrong('one of route, redirect or direct_response is required');
  return { kind: 'direct', status: 500, body: '' };
}

const notFoundStatus = { SERVICE_UNAVAILABLE: 503, NOT_FOUND: 404, INTERNAL_SERVER_ERROR: 500 } as const;

function forward(
  action: RouteAction,
  route: Route,
  host: VirtualHostDefaults,
  aya: RouteOptions | undefined,
  place: Place,
): ForwardPlan {
  place.only(action, [
    'cluster',
    'cluster_header',
    'weighted_clusters',
    'cluster_not_found_response_code',
    'prefix_rewrite',
    'regex_rewrite',
    'host_rewrite_literal',
    'host_rewrite_header',
    'auto_host_rewrite',
    'timeout',
    'idle_timeout',
    'retry_policy',
    'priority',
    'hash_policy',
    'metadata_match',
    'upgrade_configs',
    'hedge_policy',
    'max_stream_duration',
  ]);
  if (booleanOf(action.auto_host_rewrite, false)) place.at('auto_host_rewrite').unsupported();
  // A route's own policy replaces that of the virtual host as a whole.
  const policy = action.retry_policy ?? host.retryPolicy;
  const at = action.retry_policy ? place.at('retry_policy') : host.retryPlace;
  return {
    kind: 'forward',
    clusters: clustersOf(action, place),
    clusterHeader: (action.cluster_header ?? '').toLowerCase(),
    clusterNotFoundStatus: notFoundStatus[action.cluster_not_found_response_code ?? 'SERVICE_UNAVAILABLE'],
    ...upgradesOf(action, route, place),
    timeout: durationOf(action.timeout, routeTimeout, place.at('timeout')),
    idleTimeout: durationOf(action.idle_timeout, -1, place.at('idle_timeout')),
    retry: policy ? retryPolicy(policy, aya, at, hedgeOf(action, place.at('hedge_policy'))) : null,
    ...streamDuration(action, place.at('max_stream_duration')),
    prefixRewrite: targetPath(action.prefix_rewrite, place.at('prefix_rewrite')) || null,
    regexRewrite: regexRewrite(action, place),
    hostRewrite: hostText(action.host_rewrite_literal, place.at('host_rewrite_literal')),
    hostRewriteHeader: (action.host_rewrite_header ?? '').toLowerCase(),
    bufferLimit: numberOf(route.per_request_buffer_limit_bytes, host.bufferLimit ?? bufferLimit),
    hash: hashSources(action.hash_policy, place),
    session: session(aya?.session_cookie, place),
    stickToSource: sourceTtl(aya?.source_affinity, place),
    subset: subsetKey(action.metadata_match),
    priority: action.priority === 'HIGH' ? 'high' : 'default',
  };
}

/** Envoy does nothing with the other two either, but for what an additional request chance of more than 0 promises. */
function hedgeOf({ hedge_policy: hedge }: RouteAction, place: Place): HedgePolicy | undefined {
  if (hedge) place.only(hedge, ['hedge_on_per_try_timeout']);
  return hedge;
}

function streamDuration(
  { max_stream_duration: duration }: RouteAction,
  place: Place,
): Pick<ForwardPlan, 'maxStreamDuration' | 'grpcTimeoutMax'> {
  if (!duration) return {};
  const { grpc_timeout_header_max: most, max_stream_duration: whole } = duration;
  return {
    maxStreamDuration: durationOf(whole, 0, place.at('max_stream_duration')),
    grpcTimeoutMax: most ? durationOf(most, 0, place.at('grpc_timeout_header_max')) : null,
  };
}

function clustersOf(action: RouteAction, place: Place): WeightedClusterPlan[] {
  if (action.cluster !== undefined) {
    if (action.cluster === '') place.at('cluster').wrong('is required');
    return [{ name: action.cluster, weight: 1, subset: subsetKey(action.metadata_match), ...unchanged }];
  }
  if (action.weighted_clusters) return weighted(action.weighted_clusters, action, place.at('weighted_clusters'));
  if (action.cluster_header) return [];
  place.wrong('one of cluster, weighted_clusters or cluster_header is required');
  return [];
}

const unchanged = { requestHeaders: { remove: [], add: [] }, responseHeaders: { remove: [], add: [] } } as const;

function weighted({ clusters }: WeightedCluster, route: RouteAction, place: Place): WeightedClusterPlan[] {
  const plan = clusters.map((each, index) => {
    const at = place.index('clusters', index);
    for (const name of Object.keys(each.typed_per_filter_config)) at.key('typed_per_filter_config', name).unsupported();
    if (!each.name) at.at('name').wrong('is required');
    return {
      name: each.name ?? '',
      weight: numberOf(each.weight, 0),
      subset: subsetKey(route.metadata_match, each.metadata_match),
      requestHeaders: headerMutations('request', each.request_headers_to_add, each.request_headers_to_remove, at),
      responseHeaders: headerMutations('response', each.response_headers_to_add, each.response_headers_to_remove, at),
    };
  });
  if (plan.reduce((sum, each) => sum + each.weight, 0) === 0) place.wrong('the weights must add up to more than 0');
  return plan;
}

function regexRewrite(
  { regex_rewrite: rewrite, prefix_rewrite }: RouteAction,
  place: Place,
): ForwardPlan['regexRewrite'] {
  if (!rewrite) return null;
  const at = place.at('regex_rewrite');
  if (prefix_rewrite) at.wrong('only one of prefix_rewrite and regex_rewrite may be set');
  const pattern = rewrite.pattern?.regex ?? '';
  const substitution = targetPart(rewrite.substitution, at.at('substitution'));
  if (checkRegex(pattern, at.at('pattern').at('regex'))) {
    const problem = checkSubstitution(pattern, substitution);
    if (problem !== null) at.at('substitution').wrong(problem);
  }
  return { pattern, substitution };
}

const redirectStatus = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
} as const;

function redirect(action: RedirectAction, place: Place): RouteActionPlan {
  const port = action.port_redirect ?? 0;
  if (port > 65_535) place.at('port_redirect').wrong(`${port} is no port`);
  return {
    kind: 'redirect',
    status: redirectStatus[action.response_code ?? 'MOVED_PERMANENTLY'],
    scheme: action.https_redirect ? 'https' : schemeText(action.scheme_redirect, place.at('scheme_redirect')),
    host: hostText(action.host_redirect, place.at('host_redirect')),
    port,
    path: uriPart(action.path_redirect, place.at('path_redirect')),
    prefix: action.prefix_rewrite === undefined ? null : uriPart(action.prefix_rewrite, place.at('prefix_rewrite')),
    stripQuery: action.strip_query ?? false,
  };
}

function direct({ status = 0, body }: DirectResponseAction, limit: number, place: Place): RouteActionPlan {
  if (status < 200 || status > 599) place.at('status').wrong(`must be from 200 to 599, is ${status}`);
  if (body) place.at('body').only(body, ['inline_string', 'inline_bytes']);
  const text = body?.inline_string ?? Buffer.from(body?.inline_bytes ?? []).toString();
  const size = Buffer.byteLength(text);
  if (size > limit)
    place.at('body').wrong(`has ${size} bytes, more than max_direct_response_body_size_bytes (${limit})`);
  return { kind: 'direct', status, body: text };
}
