import { type Json, socketAddress } from './bootstrap.ts';

const type = (name: string): string => `type.googleapis.com/${name}`;

/** A filter chain with a TCP proxy to a cluster; `over` are further fields of the proxy. */
export const tcpChain = (cluster: string, over: Json = {}, match: Json | null = null): Json => ({
  ...(match && { filter_chain_match: match }),
  filters: [
    {
      name: 'envoy.filters.network.tcp_proxy',
      typed_config: {
        '@type': type('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'),
        stat_prefix: 'tcp',
        ...('weighted_clusters' in over ? {} : { cluster }),
        ...over,
      },
    },
  ],
});

/** A listener called `web` on a free port of 127.0.0.1; `over` are further fields. */
export const listenerOf = (chains: readonly Json[], over: Json = {}): Json => ({
  name: 'web',
  address: socketAddress(0),
  traffic_direction: 'OUTBOUND',
  filter_chains: chains,
  ...over,
});

/** A listener filter. */
export const inspector = (kind: 'tls' | 'http'): Json => ({
  name: `envoy.filters.listener.${kind}_inspector`,
  typed_config: {
    '@type': type(
      kind === 'tls'
        ? 'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector'
        : 'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
    ),
  },
});
