import { parseDuration } from '../../shared/struct/duration.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { HealthCheck } from '../model/health-check.ts';
import type { Service } from '../model/service.ts';
import type { Message } from './message.ts';

type Check = Message<'envoy.config.core.v3.HealthCheck'>;

/** First checks of endpoints that come together are spread over this at most, ms. */
const SPREAD = 1_000;

/**
 * The health check of a cluster. Many sidecars check the same endpoints, so their checks are spread. Whether requests flow
 * makes no difference: a cluster is only with those who call it.
 */
export function healthChecks(policy: HealthCheck | undefined, service: Service, http2: boolean): Check[] {
  if (!policy) return [];
  const interval = parseDuration(policy.interval) ?? 0;
  return [
    {
      timeout: span(policy.timeout),
      interval: fromMs(interval),
      initial_jitter: fromMs(Math.min(interval, SPREAD)),
      interval_jitter_percent: 10,
      no_traffic_interval: fromMs(interval),
      unhealthy_threshold: { value: policy.unhealthyThreshold },
      healthy_threshold: { value: policy.healthyThreshold },
      ...probe(policy, service, http2),
    },
  ];
}

function probe({ grpc, http, tcp }: HealthCheck, { metadata }: Service, http2: boolean): Check {
  const host = `${metadata.name}.${metadata.namespace}`;
  if (http) {
    return {
      http_health_check: {
        host: http.host ?? host,
        path: http.path,
        ...(http.method !== 'GET' && { method: http.method }),
        expected_statuses: http.statuses.map(({ from, to }) => ({ start: from, end: to + 1 })),
        ...(http.body !== undefined && { receive: [payload(http.body)] }),
        ...(http2 && { codec_client_type: 'HTTP2' as const }),
      },
    };
  }
  if (grpc) return { grpc_health_check: { service_name: grpc.service, authority: host } };
  return {
    tcp_health_check: {
      ...(tcp?.send !== undefined && { send: payload(tcp.send) }),
      ...(tcp?.expect !== undefined && { receive: [payload(tcp.expect)] }),
    },
  };
}

const payload = (text: string): { text: string } => ({ text: Buffer.from(text).toString('hex') });

function span(text: string): ReturnType<typeof fromMs> {
  return fromMs(parseDuration(text) ?? 0);
}
