import { toMs } from '../../shared/xds/duration.ts';
import type { RouteActionHashPolicy, SessionCookie, SourceAffinity } from '../../shared/xds/messages.gen.ts';
import type { HashSourcePlan, SessionPlan } from '../core/plan/route.ts';
import type { Place } from './place.ts';

/** The hash policies of a route. */
export function hashSources(policies: readonly RouteActionHashPolicy[], place: Place): HashSourcePlan[] {
  return policies.flatMap((each, index) => source(each, place.index('hash_policy', index)) ?? []);
}

/** The cookie of a route's sessions, from its aya.v1.RouteOptions. `place`: the route action's. */
export function session(config: SessionCookie | undefined, place: Place): SessionPlan | null {
  if (!config) return null;
  if (!config.name) place.wrong('the session_cookie of aya.v1.RouteOptions must have a name');
  const ttl = Math.floor((toMs(config.ttl) ?? 0) / 1000);
  if (ttl < 0) place.wrong('the ttl of a session_cookie must not be negative');
  return { name: config.name ?? '', ttl, path: config.path ?? '', strict: config.strict ?? false };
}

/** Seconds that a route's clients stay at their endpoints by their addresses, from its aya.v1.RouteOptions; 0 = not at all. */
export function sourceTtl(config: SourceAffinity | undefined, place: Place): number {
  if (!config) return 0;
  const ttl = Math.floor((toMs(config.ttl) ?? 3_600_000) / 1000);
  if (ttl < 1) place.wrong('the ttl of a source_affinity must be at least 1s');
  return ttl;
}

function source(policy: RouteActionHashPolicy, place: Place): HashSourcePlan | undefined {
  const terminal = policy.terminal ?? false;
  const { header, cookie, query_parameter: query, connection_properties: connection } = policy;
  if (header) {
    if (!header.header_name) place.at('header').at('header_name').wrong('is required');
    return { kind: 'header', name: (header.header_name ?? '').toLowerCase(), terminal };
  }
  if (query) {
    if (!query.name) place.at('query_parameter').at('name').wrong('is required');
    return { kind: 'query', name: query.name ?? '', terminal };
  }
  if (cookie) {
    if (!cookie.name) place.at('cookie').at('name').wrong('is required');
    const ms = toMs(cookie.ttl);
    // Whole seconds, as in Envoy.
    const ttl = ms === undefined ? null : Math.floor(ms / 1000);
    if (ttl !== null && ttl < 0) place.at('cookie').at('ttl').wrong('a duration must not be negative');
    return { kind: 'cookie', name: cookie.name ?? '', ttl, path: cookie.path ?? '', terminal };
  }
  if (connection) return connection.source_ip ? { kind: 'source-ip', terminal } : undefined;
  place.wrong('one of header, cookie, connection_properties or query_parameter is required');
  return undefined;
}
