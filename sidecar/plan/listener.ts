import { isIP } from 'node:net';
import { typeOf } from '../../shared/xds/codec.ts';
import type { Address, Listener } from '../../shared/xds/messages.gen.ts';
import type { AccessLogPlan } from '../core/plan/access-log.ts';
import type { FilterChainPlan, ListenerPlan, SniffPlan } from '../core/plan/listener.ts';
import type { RouteConfigPlan } from '../core/plan/route.ts';
import { checkDistinct, filterChain, type InlineRoutes } from './filter-chain.ts';
import { type FromFiles, fromFiles } from './from-files.ts';
import type { Place } from './place.ts';
import { durationOf } from './value.ts';

/** A listener, and the route configurations that stood in it. */
export interface ListenerResult {
  readonly listener: ListenerPlan;
  readonly routes: readonly InlineRoutes[];
  readonly fromFiles: FromFiles<ListenerResult>;
}

const httpInspector = 'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector';
const tlsInspector = 'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector';

/** Envoy's default of listener_filters_timeout. */
const sniffTimeout = 15_000;

const directions = { UNSPECIFIED: 'unspecified', INBOUND: 'inbound', OUTBOUND: 'outbound' } as const;

/** A listener with at least one filter chain; undefined when a chain has no filter that we have. */
export function listener(message: Listener, place: Place): ListenerResult | undefined {
  place.only(message, [
    'name',
    'address',
    'filter_chains',
    'default_filter_chain',
    'metadata',
    'listener_filters',
    'listener_filters_timeout',
    'continue_on_listener_filters_timeout',
    'traffic_direction',
    // How many sockets there are follows from the number of workers (decision D13).
    'enable_reuse_port',
  ]);
  const address = socketAddress(message.address, place.at('address'));
  const name = message.name || `${address?.host}:${address?.port}`;
  const results = message.filter_chains.map((each, at) =>
    // Inline routes are called after their listener, and after their chain where there are several.
    filterChain(each, at === 0 ? name : `${name}#${at}`, place.index('filter_chains', at)),
  );
  const last = message.default_filter_chain;
  if (last?.filter_chain_match) place.at('default_filter_chain').at('filter_chain_match').wrong('must not be set');
  const fallback = last && filterChain(last, `${name}#default`, place.at('default_filter_chain'));
  if (message.filter_chains.length === 0 && !last) place.at('filter_chains').wrong('one is required');
  const all = [...results, ...(last ? [fallback] : [])].filter((each) => each !== undefined);
  const chains = results.filter((each) => each !== undefined).map(({ chain }) => chain);
  checkDistinct(chains, place);
  const sniff = sniffOf(message, chains, place);
  if (!address || all.length < message.filter_chains.length + (last ? 1 : 0) || all.length === 0) return undefined;
  const plan: ListenerPlan = {
    name,
    address: address.host,
    port: address.port,
    direction: directions[message.traffic_direction ?? 'UNSPECIFIED'],
    chains,
    defaultChain: fallback?.chain ?? null,
    sniff,
  };
  const files = all.flatMap(({ chain }) => chain.tls?.files ?? []);
  return {
    listener: plan,
    routes: all.map(({ routes }) => routes).filter((each) => each !== undefined),
    fromFiles: fromFiles(files, (anew) => listener(message, anew)),
  };
}

/** The route configuration of that name, if it stood in the listener. */
export function inlineRoutes(routes: readonly InlineRoutes[], name: string): RouteConfigPlan | undefined {
  return routes.find(({ config }) => config.name === name)?.config;
}

/** The listener with access logs where it has none. */
export function logged(listener: ListenerPlan, accessLogs: readonly AccessLogPlan[]): ListenerPlan {
  const chain = (plan: FilterChainPlan): FilterChainPlan => {
    const { filter } = plan;
    if (filter.kind === 'http') {
      if (filter.http.accessLogs.length > 0) return plan;
      return { ...plan, filter: { kind: 'http', http: { ...filter.http, accessLogs } } };
    }
    if (filter.tcp.accessLogs.length > 0) return plan;
    return { ...plan, filter: { kind: 'tcp', tcp: { ...filter.tcp, accessLogs } } };
  };
  const { chains, defaultChain } = listener;
  return { ...listener, chains: chains.map(chain), defaultChain: defaultChain && chain(defaultChain) };
}

/**
 * What of the first bytes the chains ask for. As in Envoy a condition on server names or TLS brings its inspector along;
 * an inspector whose findings nobody asks for looks at nothing.
 */
function sniffOf(message: Listener, chains: readonly FilterChainPlan[], place: Place): SniffPlan {
  const types = message.listener_filters.map((each) => (each.typed_config ? typeOf(each.typed_config) : each.name));
  types.forEach((type, at) => {
    if (type !== httpInspector && type !== tlsInspector) place.index('listener_filters', at).unsupported(type);
  });
  const matches = chains.map((each) => each.match);
  const protocols = matches.some((each) => each.applicationProtocols.length > 0);
  return {
    tls:
      matches.some((each) => each.serverNames.length > 0 || each.transportProtocol !== '') ||
      (protocols && types.includes(tlsInspector)),
    http: protocols && types.includes(httpInspector),
    timeout: durationOf(message.listener_filters_timeout, sniffTimeout, place.at('listener_filters_timeout')),
    continueOnTimeout: message.continue_on_listener_filters_timeout ?? false,
  };
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A TCP address. `resolved` (the default) means that it must be an IP address and not a name. */
export function socketAddress(
  message: Address | undefined,
  place: Place,
  resolved: 'ip' | 'name' = 'ip',
): HostPort | undefined {
  const socket = message?.socket_address;
  const at = place.at('socket_address');
  if (!socket) {
    at.wrong('is required');
    return undefined;
  }
  if (socket.protocol === 'UDP') at.at('protocol').unsupported('UDP');
  const host = socket.address ?? '';
  if (host === '') at.at('address').wrong('is required');
  else if (resolved === 'ip' && isIP(host) === 0) at.at('address').wrong(`"${host}" is no IP address`);
  if (socket.port_value === undefined) at.at('port_value').wrong('is required');
  else if (socket.port_value > 65_535) at.at('port_value').wrong(`${socket.port_value} is no port`);
  return { host, port: socket.port_value ?? 0 };
}
