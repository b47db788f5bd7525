import { pack } from '../../shared/xds/codec.ts';
import type { Message } from './message.ts';

const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

const choice = {
  http1: { explicit_http_config: { http_protocol_options: {} } },
  downstream: { use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: {} } },
} as const;

/**
 * The version of HTTP that is spoken to the endpoints of a cluster (`downstream`: the caller's), how long connections live, and
 * how HTTP/2 is spoken where it is the version.
 */
export function httpVersion(
  version: 'http1' | 'http2' | 'downstream',
  common?: Message<'envoy.config.core.v3.HttpProtocolOptions'>,
  http2: Message<'envoy.config.core.v3.Http2ProtocolOptions'> = {},
): Message<'envoy.config.cluster.v3.Cluster'> {
  const packed = pack(options, {
    ...(common && { common_http_protocol_options: common }),
    ...(version === 'http2' ? { explicit_http_config: { http2_protocol_options: http2 } } : choice[version]),
  });
  return { typed_extension_protocol_options: { [options]: packed } };
}
