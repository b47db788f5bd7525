import type { Any } from '../../shared/xds/messages.gen.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import { extensionOf } from './extension.ts';
import { http2Client } from './http2-options.ts';
import type { Place } from './place.ts';
import { durationOf, numberOf } from './value.ts';

export interface UpstreamHttp {
  readonly protocol: ClusterPlan['protocol'];
  readonly http2: ClusterPlan['http2'];
  /** Ms; 0 = never closed for idleness. */
  readonly idleTimeout: number;
  /** 0 = no limit. */
  readonly maxRequestsPerConnection: number;
}

/** The extension under which Envoy keeps HTTP options of a cluster. */
const type = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** HTTP towards the endpoints of a cluster. Envoy's default: HTTP/1.1, idle connections closed after an hour. */
export function upstreamHttp(options: Readonly<Record<string, Any>>, withinTls: boolean, place: Place): UpstreamHttp {
  const plan: { -readonly [K in keyof UpstreamHttp]: UpstreamHttp[K] } = {
    protocol: 'http1',
    http2: null,
    idleTimeout: 3_600_000,
    maxRequestsPerConnection: 0,
  };
  for (const [name, config] of Object.entries(options)) {
    const at = place.key('typed_extension_protocol_options', name);
    const message = extensionOf(type, config, at);
    if (!message) continue;
    const common = message.common_http_protocol_options;
    const limits = at.at('common_http_protocol_options');
    if (common) limits.only(common, ['idle_timeout', 'max_requests_per_connection']);
    plan.idleTimeout = durationOf(common?.idle_timeout, plan.idleTimeout, limits.at('idle_timeout'));
    plan.maxRequestsPerConnection = numberOf(common?.max_requests_per_connection, 0);
    const explicit = message.explicit_http_config;
    const auto = message.auto_config;
    const downstream = message.use_downstream_protocol_config;
    if (explicit?.http2_protocol_options) {
      const http2 = at.at('explicit_http_config').at('http2_protocol_options');
      plan.http2 = http2Client(explicit.http2_protocol_options, http2);
      plan.protocol = 'http2';
    } else if (downstream) {
      const http2 = at.at('use_downstream_protocol_config').at('http2_protocol_options');
      if (downstream.http2_protocol_options) plan.http2 = http2Client(downstream.http2_protocol_options, http2);
      plan.protocol = 'downstream';
    } else if (auto) {
      const http2 = at.at('auto_config').at('http2_protocol_options');
      if (auto.http2_protocol_options) plan.http2 = http2Client(auto.http2_protocol_options, http2);
      // As Envoy: there is nothing to agree on it by.
      if (!withinTls) at.at('auto_config').wrong('needs a transport socket with TLS');
      plan.protocol = 'auto';
    } else if (!explicit) {
      at.wrong('one of explicit_http_config, use_downstream_protocol_config or auto_config is required');
    }
  }
  return plan;
}
