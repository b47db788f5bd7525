import type { RetryPolicy, Route, RouteConfiguration, VirtualHost } from '../../shared/xds/messages.gen.ts';
import type { FilterOverrides } from '../core/plan/filter-override.ts';
import type { RouteConfigPlan, RoutePlan, VirtualHostPlan } from '../core/plan/route.ts';
import { ayaOptions } from './aya-options.ts';
import { filterOverrides } from './filter-override.ts';
import { headerMutations } from './header-mutation.ts';
import { routeMatch } from './match.ts';
import type { Place } from './place.ts';
import { directBodyLimit, routeAction } from './route-action.ts';
import { numberOf } from './value.ts';

/** What a route takes over from its virtual host when it does not say itself. */
export interface VirtualHostDefaults {
  readonly retryPolicy: RetryPolicy | undefined;
  readonly retryPlace: Place;
  readonly bufferLimit: number | undefined;
  readonly directBodyLimit: number;
}

/** What a virtual host takes over from its route configuration. */
interface ConfigurationDefaults {
  readonly filterConfig: FilterOverrides;
  readonly directBodyLimit: number;
}

const none: ConfigurationDefaults = { filterConfig: {}, directBodyLimit };

/** RouteConfiguration, under its own name. */
export function routeConfig(message: RouteConfiguration, place: Place): RouteConfigPlan {
  place.only(message, [
    'name',
    'virtual_hosts',
    'vhds',
    'response_headers_to_add',
    'response_headers_to_remove',
    'request_headers_to_add',
    'request_headers_to_remove',
    'validate_clusters',
    'max_direct_response_body_size_bytes',
    'ignore_port_in_host_matching',
    'typed_per_filter_config',
    'metadata',
  ]);
  const source = message.vhds?.config_source;
  if (message.vhds && !source?.ads && !source?.self) place.at('vhds').at('config_source').wrong('must be ads or self');
  const defaults = {
    filterConfig: filterOverrides(message.typed_per_filter_config, place),
    directBodyLimit: numberOf(message.max_direct_response_body_size_bytes, directBodyLimit),
  };
  const hosts = message.virtual_hosts.map((each, at) => virtualHost(each, place.index('virtual_hosts', at), defaults));
  checkUnique(hosts, place);
  return {
    name: message.name ?? '',
    virtualHosts: hosts,
    vhds: message.vhds !== undefined,
    ignorePortInHost: message.ignore_port_in_host_matching ?? false,
    requestHeaders: headerMutations(
      'request',
      message.request_headers_to_add,
      message.request_headers_to_remove,
      place,
    ),
    responseHeaders: headerMutations(
      'response',
      message.response_headers_to_add,
      message.response_headers_to_remove,
      place,
    ),
  };
}

function checkUnique(hosts: readonly VirtualHostPlan[], place: Place): void {
  const owners = new Map<string, string>();
  hosts.forEach(({ name, domains }, index) => {
    domains.forEach((domain, at) => {
      const owner = owners.get(domain);
      if (owner === undefined) owners.set(domain, name);
      else place.index('virtual_hosts', index).index('domains', at).wrong(`"${domain}" belongs to "${owner}" already`);
    });
  });
}

/** A virtual host of a route configuration, or one that came by itself on demand. */
export function virtualHost(message: VirtualHost, place: Place, defaults = none): VirtualHostPlan {
  place.only(message, [
    'name',
    'domains',
    'routes',
    'request_headers_to_add',
    'request_headers_to_remove',
    'response_headers_to_add',
    'response_headers_to_remove',
    'typed_per_filter_config',
    'include_request_attempt_count',
    'retry_policy',
    'per_request_buffer_limit_bytes',
    'metadata',
  ]);
  if (!message.name) place.at('name').wrong('is required');
  if (message.domains.length === 0) place.at('domains').wrong('at least one is required');
  const limit = message.per_request_buffer_limit_bytes;
  const host: VirtualHostDefaults = {
    retryPolicy: message.retry_policy,
    retryPlace: place.at('retry_policy'),
    bufferLimit: limit && numberOf(limit, 0),
    directBodyLimit: defaults.directBodyLimit,
  };
  return {
    name: message.name ?? '',
    domains: message.domains.map((each, at) => domain(each, place.index('domains', at))),
    routes: message.routes.map((each, at) => route(each, host, place.index('routes', at))),
    requestHeaders: headerMutations(
      'request',
      message.request_headers_to_add,
      message.request_headers_to_remove,
      place,
    ),
    responseHeaders: headerMutations(
      'response',
      message.response_headers_to_add,
      message.response_headers_to_remove,
      place,
    ),
    includeAttemptCount: message.include_request_attempt_count ?? false,
    filterConfig: { ...defaults.filterConfig, ...filterOverrides(message.typed_per_filter_config, place) },
  };
}

function domain(text: string, place: Place): string {
  const star = text.indexOf('*');
  const inner = text.slice(1, -1).includes('*') || (text.length > 1 && text.startsWith('*') && text.endsWith('*'));
  if (text === '') place.wrong('must not be empty');
  else if (star >= 0 && inner) place.wrong(`"${text}": a "*" may stand at one end only`);
  else if (/[\s/]/.test(text)) place.wrong(`"${text}" is no host name`);
  return text.toLowerCase();
}

function route(message: Route, host: VirtualHostDefaults, place: Place): RoutePlan {
  place.only(message, [
    'name',
    'match',
    'route',
    'redirect',
    'direct_response',
    'non_forwarding_action',
    'metadata',
    'typed_per_filter_config',
    'request_headers_to_add',
    'request_headers_to_remove',
    'response_headers_to_add',
    'response_headers_to_remove',
    'per_request_buffer_limit_bytes',
  ]);
  if (!message.match) place.at('match').wrong('is required');
  const match = message.match ?? { prefix: '/', headers: [], query_parameters: [] };
  return {
    name: message.name ?? '',
    match: routeMatch(match, place.at('match')),
    action: routeAction(message, host, ayaOptions('aya.v1.RouteOptions', message.metadata, place), place),
    requestHeaders: headerMutations(
      'request',
      message.request_headers_to_add,
      message.request_headers_to_remove,
      place,
    ),
    responseHeaders: headerMutations(
      'response',
      message.response_headers_to_add,
      message.response_headers_to_remove,
      place,
    ),
    filterConfig: filterOverrides(message.typed_per_filter_config, place),
  };
}
