import { type Place, written } from '../../bench/contenders/contender.ts';
import { bootstrap, cluster, httpListener, type Json, socketAddress } from '../../support/bootstrap.ts';
import { terms } from './contestant.ts';

const type = (name: string): string => `type.googleapis.com/${name}`;
const span = (ms: number): string => `${ms / 1_000}s`;
const { check, connect, deadline, inARow, perTry, retries } = terms;

/** What only Aya understands. Envoy skips it when it comes by xDS, but cannot read it from a file. */
const ayaOptions = (options: Json): Json => ({ metadata: { typed_filter_metadata: { 'aya.dev': options } } });
const leastRequest = {
  name: 'least-request',
  typed_config: {
    '@type': type('envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest'),
    choice_count: 2,
  },
};
const peakEwma = { name: 'peak-ewma', typed_config: { '@type': type('aya.v1.PeakEwma') } };

const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
/** Of a cluster whose endpoints speak HTTP/2. */
export const http2: Json = {
  typed_extension_protocol_options: {
    [options]: { '@type': type(options), explicit_http_config: { http2_protocol_options: {} } },
  },
};

/** Once it was sent, only a GET is repeated. */
function routes(aya: boolean): Json[] {
  const route = (name: string, match: Json, on: string): Json => ({
    name,
    match: { prefix: '/', ...match },
    route: {
      cluster: 'backends',
      timeout: span(deadline),
      retry_policy: {
        retry_on: on,
        num_retries: retries,
        per_try_timeout: span(perTry),
        retry_host_predicate: [
          {
            name: 'envoy.retry_host_predicates.previous_hosts',
            typed_config: {
              '@type': type('envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate'),
            },
          },
        ],
        host_selection_retry_max_attempts: 3,
      },
    },
    ...(aya && ayaOptions({ '@type': type('aya.v1.RouteOptions'), retry: {} })),
  });
  const get = { headers: [{ name: ':method', string_match: { exact: 'GET' } }] };
  return [
    route('get', get, '5xx,reset,connect-failure,refused-stream'),
    route('others', {}, 'reset-before-request,connect-failure,refused-stream'),
  ];
}

/** The file that starts Aya (with all of it) and Envoy (without what only Aya knows); returns its path. */
export function writeBootstrap({ admin, backends, folder, http2Backends, listen }: Place, aya: boolean): string {
  const limit = 16_384;
  const speaksHttp2 = http2Backends.length > 0;
  const thresholds = { max_connections: limit, max_pending_requests: limit, max_requests: limit, max_retries: limit };
  const document = {
    ...bootstrap(
      [httpListener({ port: listen, routes: routes(aya) })],
      [
        cluster('backends', backends, {
          connect_timeout: span(connect),
          ...(speaksHttp2 && http2),
          load_balancing_policy: {
            policies: [...(aya ? [peakEwma] : []), leastRequest].map((each) => ({ typed_extension_config: each })),
          },
          health_checks: [
            {
              interval: span(check.interval),
              no_traffic_interval: span(check.interval),
              timeout: span(check.timeout),
              unhealthy_threshold: check.fall,
              healthy_threshold: check.rise,
              http_health_check: { path: '/healthz', ...(speaksHttp2 && { codec_client_type: 'HTTP2' }) },
            },
          ],
          outlier_detection: {
            consecutive_5xx: inARow,
            enforcing_success_rate: 0,
            interval: '1s',
            base_ejection_time: '30s',
            max_ejection_percent: 50,
            always_eject_one_host: true,
          },
          circuit_breakers: {
            // A retry budget of Envoy's goes by requests under way; Aya's by what came lately.
            thresholds: [
              aya
                ? thresholds
                : { ...thresholds, retry_budget: { budget_percent: { value: 20 }, min_retry_concurrency: 3 } },
            ],
          },
          ...(aya &&
            ayaOptions({ '@type': type('aya.v1.ClusterOptions'), retry_budget: { percent: 20, min_per_second: 10 } })),
        }),
      ],
    ),
    admin: { address: socketAddress(admin) },
  };
  return written(folder, 'bootstrap.json', JSON.stringify(document, null, 2));
}
