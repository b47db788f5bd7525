import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Any part of a bootstrap in its JSON form. */
export type Json = Readonly<Record<string, unknown>>;

const type = (name: string): string => `type.googleapis.com/${name}`;

export const socketAddress = (port: number, address = '127.0.0.1'): Json => ({
  socket_address: { address, port_value: port },
});

export interface ListenerShape {
  readonly name?: string;
  readonly port?: number;
  /** Routes of one virtual host for every domain, unless `virtualHosts` says more. */
  readonly routes?: readonly Json[];
  readonly virtualHosts?: readonly Json[];
  /** Filters before the router. */
  readonly filters?: readonly Json[];
  /** Further fields of the HTTP connection manager. */
  readonly manager?: Json;
  readonly direction?: 'INBOUND' | 'OUTBOUND';
}

/** A listener on a free port of 127.0.0.1 (named `web`, stat prefix `web`) with one HTTP connection manager. */
export function httpListener(shape: ListenerShape = {}): Json {
  const { name = 'web', port = 0, routes = [forward('cart')], filters = [], manager = {} } = shape;
  const hosts = shape.virtualHosts ?? [{ name: 'all', domains: ['*'], routes }];
  return {
    name,
    address: socketAddress(port),
    traffic_direction: shape.direction ?? 'OUTBOUND',
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
              stat_prefix: name,
              route_config: { name, virtual_hosts: hosts },
              http_filters: [
                ...filters,
                {
                  name: 'envoy.filters.http.router',
                  typed_config: { '@type': type('envoy.extensions.filters.http.router.v3.Router') },
                },
              ],
              ...manager,
            },
          },
        ],
      },
    ],
  };
}

/** A route for every path to a cluster; `action` are further fields of its RouteAction, `route` of the route itself. */
export const forward = (cluster: string, action: Json = {}, route: Json = {}): Json => ({
  match: { prefix: '/' },
  route: { cluster, ...action },
  ...route,
});

/** A STATIC cluster of endpoints on 127.0.0.1. `over` are further fields. */
export const cluster = (name: string, ports: readonly number[], over: Json = {}): Json => ({
  name,
  type: 'STATIC',
  connect_timeout: '1s',
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: ports.map((port) => ({ endpoint: { address: socketAddress(port) } })) }],
  },
  ...over,
});

/** One set of circuit breaker thresholds. */
export const limits = (thresholds: Json): Json => ({ circuit_breakers: { thresholds: [thresholds] } });

export const faultFilter = (fault: Json): Json => ({
  name: 'envoy.filters.http.fault',
  typed_config: { '@type': type('envoy.extensions.filters.http.fault.v3.HTTPFault'), ...fault },
});

/** Lines by an Envoy format string, or Aya's JSON lines without one. */
export const accessLogFile = (file: string, format?: string | null): Json => ({
  name: 'envoy.access_loggers.file',
  typed_config: {
    '@type': type('envoy.extensions.access_loggers.file.v3.FileAccessLog'),
    path: file,
    ...(format === null
      ? {}
      : { log_format: format === undefined ? { json_format: {} } : { text_format_source: { inline_string: format } } }),
  },
});

/** aya.v1.RouteOptions: retries by class of failure and method. For the `metadata` of a route. */
export const retryClasses = (retry: Json = {}): Json => ({
  metadata: {
    typed_filter_metadata: { 'aya.dev': { '@type': type('aya.v1.RouteOptions'), retry } },
  },
});

/** aya.v1.ClusterOptions: for the fields of a cluster. */
export const clusterOptions = (options: Json): Json => ({
  metadata: { typed_filter_metadata: { 'aya.dev': { '@type': type('aya.v1.ClusterOptions'), ...options } } },
});

/** A bootstrap with an admin on a free port. */
export const bootstrap = (listeners: readonly Json[], clusters: readonly Json[]): Json => ({
  node: { id: 'test', cluster: 'test' },
  admin: { address: socketAddress(0) },
  static_resources: { listeners, clusters },
});

/** Writes a document to a folder of its own; `remove` deletes both. */
export function temporaryFile(name: string, content: string): { file: string; folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'aya-test-'));
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return { file, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
