import { parseDuration } from '../../shared/struct/duration.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { ServicePort } from '../model/service.ts';
import type { RetryPolicy } from '../model/traffic-policy.ts';
import { type Destination, destinationsOf, sending } from './backends.ts';
import type { Caller } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import { type FaultyRule, withFaults } from './faulty-rules.ts';
import { hashing, stickiness } from './hash-policy.ts';
import { honoursGrpcTimeout } from './levels.ts';
import type { Message } from './message.ts';
import { nowhere } from './names.ts';
import type { Note } from './problem.ts';
import { protocolOf } from './protocol.ts';
import {
  byClasses,
  conditions,
  grpcRetryPolicy,
  idempotentMethods,
  neverSent,
  ownOptions,
  retryOfRule,
  retryPolicy,
} from './retry.ts';
import { headerChanges, redirectsOf, rewriteOf } from './route-filters.ts';
import { idempotentOnly, matchesOf, type RouteMatch } from './route-match.ts';
import { rulesFor } from './rules.ts';

export type Route = Message<'envoy.config.route.v3.Route'>;
type RouteAction = Message<'envoy.config.route.v3.RouteAction'>;

/** The routes for calls from `caller` to a service port, in the order in which they are tried. */
export function routesOf(entry: ServiceEntry, port: ServicePort, caller: Caller, note: Note): Route[] {
  return rulesFor(entry, port, caller)
    .flatMap((each) => withFaults(each, entry, caller, note))
    .flatMap((each) =>
      matchesOf(each.condition, caller.kind).flatMap((match) => routeOf(each, match, entry, port, caller, note)),
    );
}

function routeOf(
  each: FaultyRule,
  match: RouteMatch,
  entry: ServiceEntry,
  port: ServicePort,
  caller: Caller,
  note: Note,
): Route[] {
  const { name, rule, route, condition } = each;
  const base: Route = { name, match, ...headerChanges(rule) };
  const redirects = redirectsOf(rule, condition, match);
  if (redirects)
    return redirects.map((each) =>
      caller.kind === 'grpc' ? ending({ ...base, match: each.match ?? match }) : { ...base, ...each },
    );
  const destinations = destinationsOf(each, entry, port, caller.kind);
  const grpc = route?.kind === 'GRPCRoute';
  // Gateway API: a rule without any backend that could take a request answers 500, and a gRPC call UNAVAILABLE.
  if (!destinations.some(({ exists, weight }) => exists && weight > 0)) {
    if (route) note(route, `rule ${name}: no backend exists that could take a request`);
    if (caller.kind === 'grpc') return [ending(base)];
    const status = grpc ? 503 : 500;
    return [{ ...base, direct_response: { status, body: { inline_string: 'this route has no backend\n' } } }];
  }
  for (const { name, exists } of destinations) if (!exists && route) note(route, `backend ${name} does not exist`);
  const action: RouteAction = {
    ...sending(destinations, grpc, caller.kind),
    ...rewriteOf(rule, condition),
    ...timeouts(each, entry, port, caller),
    ...hashing(
      destinations.map(({ policy }) => policy),
      caller,
    ),
  };
  const session = stickiness(
    destinations.map(({ policy }) => policy),
    caller,
  );
  return retried({ ...base, ...faults(destinations) }, action, session, each, entry, caller, note);
}

/** For gRPC clients: calls end here, with UNAVAILABLE. */
export function ending(route: Route): Route {
  return { ...route, route: { cluster: nowhere } };
}

/** One destination: its fault stands on the route; of several each carries its own (see `sending`). */
function faults(destinations: readonly Destination[]): Route {
  const fault = destinations.length === 1 ? destinations[0]?.fault : undefined;
  return fault ? { typed_per_filter_config: fault } : {};
}

function timeouts({ rule, route }: FaultyRule, entry: ServiceEntry, port: ServicePort, caller: Caller): RouteAction {
  const policy = entry.policies[0]?.spec.timeouts;
  const request = parseDuration(rule?.timeouts?.request ?? policy?.request ?? '0s') ?? 0;
  if (caller.kind === 'grpc') {
    return request > 0 ? { max_stream_duration: { max_stream_duration: fromMs(request) } } : {};
  }
  const idle = policy?.idle;
  const grpc = honoursGrpcTimeout(caller) && (route?.kind === 'GRPCRoute' || protocolOf(port) === 'http2');
  return {
    timeout: fromMs(request),
    // A call's own grpc-timeout holds in place of the route's, and may not be longer.
    ...(grpc && { max_stream_duration: { grpc_timeout_header_max: fromMs(request) } }),
    ...(idle !== undefined && { idle_timeout: fromMs(parseDuration(idle) ?? 0) }),
  };
}

/**
 * Adds the retries. Aya's sidecar tells methods apart by itself. Envoy does not, so where a retry is only safe for idempotent
 * methods it gets two routes. gRPC clients retry by gRPC status alone; what never left them they repeat anyway.
 */
function retried(
  base: Route,
  action: RouteAction,
  session: Message<'aya.v1.RouteOptions'>,
  { rule }: FaultyRule,
  entry: ServiceEntry,
  caller: Caller,
  note: Note,
): Route[] {
  const policy = entry.policies[0];
  const retry: RetryPolicy = retryOfRule(policy, rule);
  if (caller.kind === 'grpc') {
    const byStatus = grpcRetryPolicy(retry);
    if (policy?.spec.retry && byStatus === undefined)
      note(policy, 'retry: its conditions are about HTTP; gRPC clients know none of them', 'grpc');
    return [{ ...base, route: { ...action, ...(byStatus && { retry_policy: byStatus }) } }];
  }
  const full = retryPolicy(retry);
  if (!full) return [{ ...base, route: action, ...ownOptions(session) }];
  if (caller.kind === 'aya') {
    const options = byClasses(retry.nonIdempotent, retry.hedge, session);
    return [{ ...base, route: { ...action, retry_policy: full }, ...options }];
  }
  if (policy && retry.hedge) note(policy, 'retry.hedge: Envoy hedges on the per-try timeout only', 'envoy');
  const safe = neverSent(retry);
  const always: Route = { ...base, route: { ...action, retry_policy: full } };
  if (retry.nonIdempotent || conditions(retry).every((each) => safe.includes(each))) return [always];
  const careful = retryPolicy(retry, safe);
  const rest: Route = { ...base, route: safe.length > 0 && careful ? { ...action, retry_policy: careful } : action };
  const method = methodOf(base);
  if (method !== undefined) return [idempotentMethods.includes(method) ? always : rest];
  return [{ ...always, match: idempotentOnly(base.match ?? {}) }, rest];
}

function methodOf({ match }: Route): string | undefined {
  return match?.headers?.find(({ name }) => name === ':method')?.string_match?.exact;
}
