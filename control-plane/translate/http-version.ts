import { pack } from '../../shared/xds/codec.ts';
import type { Message } from './message.ts';

const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** The version of HTTP that is spoken to the endpoints of a cluster, and how long connections live. */
export function httpVersion(
  http2: boolean,
  common?: Message<'envoy.config.core.v3.HttpProtocolOptions'>,
): Message<'envoy.config.cluster.v3.Cluster'> {
  const packed = pack(options, {
    ...(common && { common_http_protocol_options: common }),
    explicit_http_config: http2 ? { http2_protocol_options: {} } : { http_protocol_options: {} },
  });
  return { typed_extension_protocol_options: { [options]: packed } };
}
