import { parseDuration } from '../../shared/struct/duration.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { HashSource } from '../model/load-balancing.ts';
import type { TrafficPolicy } from '../model/traffic-policy.ts';
import type { Caller } from './caller.ts';
import type { Message } from './message.ts';

type RouteAction = Message<'envoy.config.route.v3.RouteAction'>;
type HashPolicy = NonNullable<RouteAction['hash_policy']>[number];

/**
 * What requests of a route are hashed by: as the services that it may send to want it, the first one that wants anything.
 * A request to a service that does not balance by hash is not hashed.
 */
export function hashing(policies: readonly (TrafficPolicy | undefined)[], { kind, level }: Caller): RouteAction {
  if (kind === 'aya' && level < 2) return {};
  for (const policy of policies) {
    const sources = sourcesOf(policy).filter(({ header }) => kind !== 'grpc' || header !== undefined);
    if (sources.length > 0) return { hash_policy: sources.map(hashPolicy) };
  }
  return {};
}

/** How clients stay at endpoints of the services of a route, whatever the policy: as the first says that wants it. For our own sidecars only. */
export function stickiness(
  policies: readonly (TrafficPolicy | undefined)[],
  { kind, level }: Caller,
): Message<'aya.v1.RouteOptions'> {
  if (kind !== 'aya' || level < 2) return {};
  for (const policy of policies) {
    const { sessionCookie: cookie, sourceAffinity: source } = policy?.spec.loadBalancing ?? {};
    if (!cookie && !source) continue;
    return {
      ...(cookie && {
        session_cookie: { name: cookie.name, path: cookie.path ?? '/', strict: cookie.strict, ...lifetime(cookie.ttl) },
      }),
      ...(source && { source_affinity: lifetime(source.ttl) }),
    };
  }
  return {};
}

function lifetime(ttl: string | undefined): { ttl?: ReturnType<typeof fromMs> } {
  return ttl === undefined ? {} : { ttl: fromMs(parseDuration(ttl) ?? 0) };
}

function sourcesOf(policy: TrafficPolicy | undefined): readonly HashSource[] {
  const block = policy?.spec.loadBalancing;
  if (block?.policy === 'SourceIp') return [{ sourceIp: true, terminal: false }];
  return block?.hash ?? [];
}

function hashPolicy({ header, queryParameter, cookie, terminal }: HashSource): HashPolicy {
  const last = terminal ? { terminal } : {};
  if (header !== undefined) return { header: { header_name: header.toLowerCase() }, ...last };
  if (queryParameter !== undefined) return { query_parameter: { name: queryParameter }, ...last };
  if (cookie === undefined) return { connection_properties: { source_ip: true }, ...last };
  const { name, ttl, path = '/' } = cookie;
  return { cookie: { name, path, ...(ttl !== undefined && { ttl: fromMs(parseDuration(ttl) ?? 0) }) }, ...last };
}
