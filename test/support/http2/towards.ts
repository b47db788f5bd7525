import type { Json } from '../bootstrap.ts';

const type = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** For the fields of a cluster: HTTP/2 towards its endpoints, with these options. */
export const speaksHttp2 = (options: Json = {}): Json => ({
  typed_extension_protocol_options: {
    [type]: { '@type': `type.googleapis.com/${type}`, explicit_http_config: { http2_protocol_options: options } },
  },
});
