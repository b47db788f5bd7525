import { writeFileSync } from 'node:fs';
import path from 'node:path';

const type = (name: string): string => `type.googleapis.com/${name}`;

/**
 * The one bootstrap file that starts Envoy and Aya alike, with what a mesh has on: least request, outlier detection, limits, a
 * retry policy, statistics, request ids. No access log. Returns its path.
 */
export function writeBootstrap(
  folder: string,
  ports: { listen: number; admin: number; backends: readonly number[] },
): string {
  const socket = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: { '@type': type('envoy.extensions.filters.http.router.v3.Router') },
  };
  const route = {
    match: { prefix: '/' },
    route: { cluster: 'backend', retry_policy: { retry_on: 'connect-failure,reset', num_retries: 1 } },
  };
  const manager = {
    '@type': type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'bench',
    route_config: { name: 'bench', virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
    http_filters: [router],
  };
  const limit = 8192;
  const cluster = {
    name: 'backend',
    type: 'STATIC',
    connect_timeout: '1s',
    lb_policy: 'LEAST_REQUEST',
    outlier_detection: { consecutive_5xx: 5, interval: '10s', base_ejection_time: '30s', max_ejection_percent: 50 },
    circuit_breakers: {
      thresholds: [{ max_connections: limit, max_pending_requests: limit, max_requests: limit, max_retries: 64 }],
    },
    load_assignment: {
      cluster_name: 'backend',
      endpoints: [{ lb_endpoints: ports.backends.map((port) => ({ endpoint: { address: socket(port) } })) }],
    },
  };
  const listener = {
    name: 'bench',
    address: socket(ports.listen),
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }],
  };
  const bootstrap = {
    node: { id: 'bench', cluster: 'bench' },
    admin: { address: socket(ports.admin) },
    static_resources: { listeners: [listener], clusters: [cluster] },
  };
  const file = path.join(folder, `bootstrap-${ports.listen}.json`);
  writeFileSync(file, JSON.stringify(bootstrap, null, 2));
  return file;
}
