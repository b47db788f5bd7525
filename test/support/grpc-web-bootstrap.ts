import { bootstrap, cluster, faultFilter, httpListener, type Json } from './bootstrap.ts';

const type = (name: string): string => `type.googleapis.com/${name}`;

export const webFilter = (over: Json = {}): Json => ({
  name: 'envoy.filters.http.grpc_web',
  typed_config: { '@type': type('envoy.extensions.filters.http.grpc_web.v3.GrpcWeb') },
  ...over,
});

/** For typed_per_filter_config: the filter acts, or does not. */
export const switched = (on: boolean): Json => ({
  'envoy.filters.http.grpc_web': {
    '@type': type('envoy.config.route.v3.FilterConfig'),
    ...(on ? { config: {} } : { disabled: true }),
  },
});

const http2: Json = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': type('envoy.extensions.upstreams.http.v3.HttpProtocolOptions'),
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

/**
 * A sidecar whose clients speak gRPC-Web: `/` to a gRPC server, `/plain` to an HTTP server, `/gone` to nobody, `/slow` with a
 * timeout of 300 ms, `/fault` with an abort, `/breaks` to a server that breaks off, `/asis` without the filter.
 */
export function webBootstrap(grpcPort: number, plainPort: number, brokenPort = 1): Json {
  const to = (prefix: string, name: string, action: Json = {}, rest: Json = {}): Json => ({
    match: { prefix },
    route: { cluster: name, timeout: '0s', ...action },
    ...rest,
  });
  const abort = {
    'envoy.filters.http.fault': {
      '@type': type('envoy.extensions.filters.http.fault.v3.HTTPFault'),
      abort: { grpc_status: 14, percentage: { numerator: 100 } },
    },
  };
  return bootstrap(
    [
      httpListener({
        filters: [webFilter(), faultFilter({})],
        virtualHosts: [
          { name: 'none', domains: ['none'], routes: [to('/never', 'grpc')] },
          {
            name: 'all',
            domains: ['*'],
            routes: [
              to('/plain', 'plain'),
              to('/gone', 'gone'),
              to('/slow', 'grpc', { timeout: '0.3s', prefix_rewrite: '/test.Interop/Sleep' }),
              to('/fault', 'grpc', {}, { typed_per_filter_config: abort }),
              to('/breaks', 'broken'),
              to('/asis', 'plain', {}, { typed_per_filter_config: switched(false) }),
              to('/', 'grpc'),
            ],
          },
        ],
      }),
    ],
    [
      cluster('grpc', [grpcPort], http2),
      cluster('plain', [plainPort]),
      cluster('gone', []),
      cluster('broken', [brokenPort], http2),
    ],
  );
}
