import { fromMs } from '../../shared/xds/duration.ts';
import { LISTENER } from '../../shared/xds/type-url.ts';
import type { MeshNode, SocketAddress } from './caller.ts';
import { faultFilter } from './faulty-rules.ts';
import { grpcWebFilter } from './grpc-web.ts';
import { bridgesGrpcWeb, carriesTcp } from './levels.ts';
import { ads, type Draft, extension, type Message } from './message.ts';
import { byClasses } from './retry.ts';

type Manager = Message<'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'>;
type Listener = Message<'envoy.config.listener.v3.Listener'>;

const manager = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const router = extension('envoy.extensions.filters.http.router.v3.Router', {}, 'envoy.filters.http.router');
/** Without settings of its own it does nothing: routes bring theirs. */
const fault = extension('envoy.extensions.filters.http.fault.v3.HTTPFault', {}, faultFilter);

const httpInspector = 'envoy.filters.listener.http_inspector';

/** The name of the route configuration of sidecars for calls of their own program. */
export const outboundRoutes = 'outbound';
/** The cluster of a sidecar's own program. */
export const inboundCluster = 'inbound';

/** Where a sidecar accepts the calls of its own program. */
export function outboundListener(node: MeshNode): Draft[] {
  if (!node.outbound) return [];
  return [
    listener('outbound', node.outbound, {
      traffic_direction: 'OUTBOUND',
      filter_chains: chain({
        stat_prefix: 'outbound',
        rds: { config_source: ads, route_config_name: outboundRoutes },
        ...sidecarHttp(node, carriesTcp(node)),
        // Aya's sidecar gets faults as FaultAssignment, with a lease.
        http_filters: [
          ...(bridgesGrpcWeb(node) ? [grpcWebFilter] : []),
          ...(node.kind === 'aya' ? [router] : [fault, router]),
        ],
      }),
    }),
  ];
}

/**
 * Where a sidecar accepts calls from others, all for its own program. The route stands in the listener, since no policy
 * of others changes it; without a timeout of its own, which callers set.
 */
export function inboundListener(node: MeshNode): Draft[] {
  if (!node.inbound) return [];
  // A connection that the program closed while a request was on its way says nothing of the program: once more.
  const retry = { retry_on: node.kind === 'aya' ? 'reset' : 'reset-before-request', num_retries: { value: 1 } };
  const route: Message<'envoy.config.route.v3.Route'> = {
    name: 'inbound',
    match: { prefix: '/' },
    route: { cluster: inboundCluster, timeout: { seconds: 0 }, retry_policy: retry },
    ...(node.kind === 'aya' && byClasses(false)),
  };
  return [
    listener('inbound', node.inbound, {
      traffic_direction: 'INBOUND',
      filter_chains: chain(
        {
          stat_prefix: 'inbound',
          route_config: { name: 'inbound', virtual_hosts: [{ name: 'inbound', domains: ['*'], routes: [route] }] },
          ...sidecarHttp(node, false),
          http_filters: [router],
        },
        carriesTcp(node) ? looksLikeHttp : undefined,
      ),
      ...(carriesTcp(node) && otherwiseTcp),
    }),
  ];
}

const looksLikeHttp: Message<'envoy.config.listener.v3.FilterChainMatch'> = {
  application_protocols: ['http/1.0', 'http/1.1', 'h2c'],
};

/** What does not look like HTTP goes to the program as it is, and so does a stream in which the program speaks first. */
const otherwiseTcp: Listener = {
  listener_filters: [extension('envoy.extensions.filters.listener.http_inspector.v3.HttpInspector', {}, httpInspector)],
  listener_filters_timeout: fromMs(200),
  continue_on_listener_filters_timeout: true,
  default_filter_chain: {
    filters: [
      extension(
        'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
        { stat_prefix: 'inbound', cluster: inboundCluster },
        'envoy.filters.network.tcp_proxy',
      ),
    ],
  },
};

/** What a gRPC client asks for instead of a socket: the name that it dials, and its route configuration. */
export function apiListener(name: string, routes: string): Draft {
  const message: Listener = {
    name,
    api_listener: {
      api_listener: extension(manager, {
        stat_prefix: name,
        rds: { config_source: ads, route_config_name: routes },
        http_filters: [fault, router],
      }).typed_config,
    },
  };
  return { type: LISTENER, name, aliases: [], message };
}

/** The access log is the sidecar's own affair. */
function sidecarHttp(node: MeshNode, connect: boolean): Manager {
  const upgrades = [{ upgrade_type: 'websocket' }, ...(connect ? [{ upgrade_type: 'CONNECT' }] : [])];
  return {
    use_remote_address: { value: true },
    generate_request_id: { value: true },
    // An id that came along belongs to the request: it stays the same over all its hops.
    preserve_external_request_id: true,
    ...((node.kind === 'envoy' || carriesTcp(node)) && { upgrade_configs: upgrades }),
  };
}

function chain(http: Manager, match?: Message<'envoy.config.listener.v3.FilterChainMatch'>): Listener['filter_chains'] {
  const filters = [extension(manager, http, 'envoy.filters.network.http_connection_manager')];
  return [{ filters, ...(match && { filter_chain_match: match }) }];
}

function listener(name: string, { host, port }: SocketAddress, rest: Listener): Draft {
  const address = { socket_address: { address: host, port_value: port } };
  return { type: LISTENER, name, aliases: [], message: { name, address, ...rest } };
}
