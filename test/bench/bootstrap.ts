import type { Place, Setting } from './contenders/contender.ts';
import { written } from './contenders/contender.ts';

type Json = Readonly<Record<string, unknown>>;

const type = (name: string): string => `type.googleapis.com/${name}`;
const socket = (port: number): Json => ({ socket_address: { address: '127.0.0.1', port_value: port } });
const ads: Json = { ads: {}, resource_api_version: 'V3' };

/** What a mesh has on for a cluster: least request, outlier detection, limits. Without endpoints. */
export const clusterOf = (name: string): Json => {
  const limit = 16_384;
  return {
    name,
    connect_timeout: '1s',
    lb_policy: 'LEAST_REQUEST',
    outlier_detection: { consecutive_5xx: 5, interval: '10s', base_ejection_time: '30s', max_ejection_percent: 50 },
    circuit_breakers: {
      thresholds: [{ max_connections: limit, max_pending_requests: limit, max_requests: limit, max_retries: 64 }],
    },
  };
};

export const assignmentOf = (cluster: string, ports: readonly number[]): Json => ({
  cluster_name: cluster,
  endpoints: [{ lb_endpoints: ports.map((port) => ({ endpoint: { address: socket(port) } })) }],
});

/** Everything to one cluster, with a retry policy. */
export const routeOf = (cluster: string): Json => ({
  name: 'everything',
  match: { prefix: '/' },
  route: { cluster, retry_policy: { retry_on: 'connect-failure,reset', num_retries: 1 } },
});

/**
 * The one bootstrap file that starts Envoy and Aya alike, with what a mesh has on: least request, outlier detection, limits, a
 * retry policy, statistics, request ids. With an xDS server clusters, endpoints and routes come from there; the listener does not.
 * Returns its path. `logFields`: of the access log's lines.
 */
export function writeBootstrap(place: Place, setting: Setting, logFields: Json): string {
  const { accessLog, xds } = setting;
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: { '@type': type('envoy.extensions.filters.http.router.v3.Router') },
  };
  const log = {
    name: 'envoy.access_loggers.file',
    typed_config: {
      '@type': type('envoy.extensions.access_loggers.file.v3.FileAccessLog'),
      path: accessLog,
      log_format: { json_format: logFields },
    },
  };
  const manager = {
    '@type': type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'bench',
    ...(xds === null
      ? {
          route_config: {
            name: 'bench',
            virtual_hosts: [{ name: 'all', domains: ['*'], routes: [routeOf('backend')] }],
          },
        }
      : { rds: { route_config_name: 'bench', config_source: ads } }),
    http_filters: [router],
    ...(accessLog === null ? {} : { access_log: [log] }),
  };
  const http = { name: 'envoy.filters.network.http_connection_manager', typed_config: manager };
  const listener = {
    name: 'bench',
    address: socket(place.listen),
    filter_chains: [{ filters: [setting.protocol === 'tcp' ? tcpProxy : http] }],
  };
  const http2 = setting.protocol === 'http2';
  const backend = {
    ...clusterOf('backend'),
    ...(http2 ? speaksHttp2 : {}),
    type: 'STATIC',
    load_assignment: assignmentOf('backend', http2 ? place.http2Backends : place.backends),
  };
  const bootstrap = {
    node: { id: 'bench', cluster: 'bench' },
    admin: { address: socket(place.admin) },
    ...(xds === null ? {} : dynamicResources),
    static_resources: { listeners: [listener], clusters: [xds === null ? backend : controlPlane(xds)] },
  };
  return written(place.folder, `bootstrap-${place.listen}.json`, JSON.stringify(bootstrap, null, 2));
}

const tcpProxy: Json = {
  name: 'envoy.filters.network.tcp_proxy',
  typed_config: {
    '@type': type('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'),
    stat_prefix: 'bench',
    cluster: 'backend',
  },
};

const dynamicResources: Json = {
  dynamic_resources: {
    ads_config: {
      api_type: 'DELTA_GRPC',
      transport_api_version: 'V3',
      grpc_services: [{ envoy_grpc: { cluster_name: 'control-plane' } }],
    },
    cds_config: ads,
  },
};

const protocolOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const speaksHttp2: Json = {
  typed_extension_protocol_options: {
    [protocolOptions]: { '@type': type(protocolOptions), explicit_http_config: { http2_protocol_options: {} } },
  },
};

function controlPlane(port: number): Json {
  return {
    name: 'control-plane',
    type: 'STATIC',
    connect_timeout: '1s',
    ...speaksHttp2,
    load_assignment: assignmentOf('control-plane', [port]),
  };
}
