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

/** The cookie of sessions with the services of a route: the first that wants any. For our own sidecars only. */
export function sessionCookie(
  policies: readonly (TrafficPolicy | undefined)[],
  { kind, level }: Caller,
): Message<'aya.v1.RouteOptions'> {
  if (kind !== 'aya' || level < 2) return {};
  for (const policy of policies) {
    const cookie = policy?.spec.loadBalancing?.sessionCookie;
    if (!cookie) continue;
    const { name, ttl, path = '/', strict } = cookie;
    return {
      session_cookie: { name, path, strict, ...(ttl !== undefined && { ttl: fromMs(parseDuration(ttl) ?? 0) }) },
    };
  }
  return {};
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
