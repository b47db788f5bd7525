import { isIP } from 'node:net';
import { typeOf } from '../../shared/xds/codec.ts';
import type { Address, Any, FilterChain, Listener } from '../../shared/xds/messages.gen.ts';
import type { ListenerPlan } from '../core/plan/listener.ts';
import type { RouteConfigPlan } from '../core/plan/route.ts';
import { httpManagerOf } from './http-manager.ts';
import type { Place } from './place.ts';

/** A listener, and the route configuration that stood in it. */
export interface ListenerResult {
  readonly listener: ListenerPlan;
  readonly routes: RouteConfigPlan | undefined;
  readonly validateClusters: boolean;
}

/** Looking at the first bytes changes nothing while there is one chain for all connections. */
const inspectors = [
  'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
];

const directions = { UNSPECIFIED: 'unspecified', INBOUND: 'inbound', OUTBOUND: 'outbound' } as const;

/** A listener with one plain HTTP filter chain; undefined when it has no connection manager. */
export function listener(message: Listener, place: Place): ListenerResult | undefined {
  place.only(message, [
    'name',
    'address',
    'filter_chains',
    'metadata',
    'listener_filters',
    'listener_filters_timeout',
    'continue_on_listener_filters_timeout',
    'traffic_direction',
    // How many sockets there are follows from the number of workers (decision D13).
    'enable_reuse_port',
  ]);
  message.listener_filters.forEach((each, at) => {
    const type = each.typed_config ? typeOf(each.typed_config) : each.name;
    if (!inspectors.includes(type ?? '')) place.index('listener_filters', at).unsupported(type);
  });
  const address = socketAddress(message.address, place.at('address'));
  const name = message.name || `${address?.host}:${address?.port}`;
  const chain = onlyChain(message.filter_chains, place);
  const manager = chain && managerOf(chain, name, place.index('filter_chains', 0));
  if (!address || !manager) return undefined;
  const plan: ListenerPlan = {
    name,
    address: address.host,
    port: address.port,
    direction: directions[message.traffic_direction ?? 'UNSPECIFIED'],
    http: manager.http,
  };
  return { listener: plan, routes: manager.routes, validateClusters: manager.validateClusters };
}

function onlyChain(chains: readonly FilterChain[], place: Place): FilterChain | undefined {
  if (chains.length === 0) place.at('filter_chains').wrong('one is required');
  for (let at = 1; at < chains.length; at += 1) place.index('filter_chains', at).refuse('only one filter chain');
  return chains[0];
}

function managerOf(chain: FilterChain, name: string, place: Place): ReturnType<typeof httpManagerOf> {
  place.only(chain, ['filters', 'name', 'filter_chain_match', 'transport_socket']);
  if (chain.filter_chain_match) place.at('filter_chain_match').only(chain.filter_chain_match, []);
  checkPlain(chain.transport_socket, place.at('transport_socket'));
  for (let at = 1; at < chain.filters.length; at += 1) place.index('filters', at).refuse('only one network filter');
  const filter = chain.filters[0];
  if (filter) return httpManagerOf(filter, name, place.index('filters', 0));
  place.at('filters').wrong('one is required');
  return undefined;
}

/** Refuses every transport socket but the plain one. */
export function checkPlain(socket: { name?: string; typed_config?: Any } | undefined, place: Place): void {
  const type = socket?.typed_config && typeOf(socket.typed_config);
  if (socket && type !== 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer') place.refuse(type);
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
