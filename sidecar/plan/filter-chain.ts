import { typeOf } from '../../shared/xds/codec.ts';
import type { FilterChain, FilterChainMatch } from '../../shared/xds/messages.gen.ts';
import type { ChainMatchPlan, FilterChainPlan } from '../core/plan/listener.ts';
import type { RouteConfigPlan } from '../core/plan/route.ts';
import { httpManagerOf } from './http-manager.ts';
import type { Place } from './place.ts';
import { tcpProxyOf } from './tcp-proxy.ts';
import { serverTls } from './transport-socket.ts';
import { numberOf } from './value.ts';

/** A chain, and the route configuration that stood in its connection manager. */
export interface FilterChainResult {
  readonly chain: FilterChainPlan;
  readonly routes: InlineRoutes | undefined;
}

export interface InlineRoutes {
  readonly config: RouteConfigPlan;
  /** Envoy's rule for routes that stand in the listener: their clusters must exist, unless said otherwise. */
  readonly validateClusters: boolean;
}

const tcpProxy = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';

/** One filter chain with one network filter; undefined when it has none that we have. `owner` prefixes inline routes. */
export function filterChain(message: FilterChain, owner: string, place: Place): FilterChainResult | undefined {
  place.only(message, [
    'filters',
    'name',
    'filter_chain_match',
    'transport_socket',
    'transport_socket_connect_timeout',
  ]);
  const match = chainMatch(message.filter_chain_match, place.at('filter_chain_match'));
  const tls = serverTls(message.transport_socket, message.transport_socket_connect_timeout, place);
  for (let at = 1; at < message.filters.length; at += 1) place.index('filters', at).refuse('only one network filter');
  const filter = message.filters[0];
  if (!filter) {
    place.at('filters').wrong('one is required');
    return undefined;
  }
  const name = message.name ?? '';
  const at = place.index('filters', 0);
  if (filter.typed_config && typeOf(filter.typed_config) === tcpProxy) {
    const tcp = tcpProxyOf(filter.typed_config, at.at('typed_config'));
    return tcp && { chain: { name, match, tls, filter: { kind: 'tcp', tcp } }, routes: undefined };
  }
  const manager = httpManagerOf(filter, owner, at);
  if (!manager) return undefined;
  const { http, routes: config, validateClusters } = manager;
  return {
    chain: { name, match, tls, filter: { kind: 'http', http } },
    routes: config && { config, validateClusters },
  };
}

/** The conditions of a chain that has none. */
export const matchesAll: ChainMatchPlan = {
  destinationPort: 0,
  serverNames: [],
  transportProtocol: '',
  applicationProtocols: [],
};

function chainMatch(message: FilterChainMatch | undefined, place: Place): ChainMatchPlan {
  if (!message) return matchesAll;
  place.only(message, ['destination_port', 'server_names', 'transport_protocol', 'application_protocols']);
  const transport = message.transport_protocol ?? '';
  if (transport !== '' && transport !== 'tls' && transport !== 'raw_buffer') {
    place.at('transport_protocol').unsupported(transport);
  }
  return {
    destinationPort: numberOf(message.destination_port, 0),
    serverNames: message.server_names.map((each, at) => serverName(each, place.index('server_names', at))),
    transportProtocol: transport === 'tls' || transport === 'raw_buffer' ? transport : '',
    applicationProtocols: message.application_protocols,
  };
}

function serverName(text: string, place: Place): string {
  const rest = text.startsWith('*.') ? text.slice(2) : text;
  if (rest === '' || rest.includes('*')) place.wrong(`"${text}": a name, or *.SUFFIX`);
  return text.toLowerCase();
}

/** Envoy's rule: no two chains may claim the same connections with the same conditions. */
export function checkDistinct(chains: readonly FilterChainPlan[], place: Place): void {
  const owners = new Map<string, number>();
  chains.forEach(({ match }, at) => {
    for (const key of conditionsOf(match)) {
      const owner = owners.get(key);
      if (owner === at) continue;
      if (owner !== undefined) {
        place.index('filter_chains', at).at('filter_chain_match').wrong(`has a condition of filter_chains[${owner}]`);
        return;
      }
      owners.set(key, at);
    }
  });
}

/** Every combination of the conditions, each as one text. */
function conditionsOf(match: ChainMatchPlan): string[] {
  const any = (names: readonly string[]): readonly string[] => (names.length === 0 ? [''] : names);
  return any(match.serverNames).flatMap((name) =>
    any(match.applicationProtocols).map((protocol) =>
      [match.destinationPort, name, match.transportProtocol, protocol].join(' '),
    ),
  );
}
