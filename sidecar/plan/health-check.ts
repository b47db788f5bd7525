import { typeOf } from '../../shared/xds/codec.ts';
import type {
  HeaderValueOption,
  HealthCheck,
  HealthCheckCustomHealthCheck,
  HealthCheckGrpcHealthCheck,
  HealthCheckHttpHealthCheck,
  HealthCheckPayload,
  HealthCheckTcpHealthCheck,
  Int64Range,
} from '../../shared/xds/messages.gen.ts';
import type {
  CommandProbePlan,
  GrpcProbePlan,
  HealthCheckPlan,
  HttpProbePlan,
  ProbePlan,
  StatusRange,
  TcpProbePlan,
} from '../core/plan/health-check.ts';
import type { ClientTlsPlan } from '../core/plan/tls.ts';
import { messageOf } from './extension.ts';
import { headerName } from './header-mutation.ts';
import { headerValue, hostText, targetPath } from './message-text.ts';
import type { Place } from './place.ts';
import { booleanOf, durationOf, numberOf, positiveDurationOf } from './value.ts';

/**
 * The active health check of a cluster with Envoy's defaults; null when there is none. `commands`: programs of this machine
 * may be run, which only a bootstrap file may ask for.
 */
export function healthCheck(
  checks: readonly HealthCheck[],
  tls: ClientTlsPlan | null,
  commands: boolean,
  place: Place,
): HealthCheckPlan | null {
  const [message] = checks;
  if (!message) return null;
  if (checks.length > 1) place.index('health_checks', 1).wrong('a cluster has one health check at most');
  const at = place.index('health_checks', 0);
  for (const name of ['timeout', 'interval', 'unhealthy_threshold', 'healthy_threshold'] as const) {
    if (!message[name]) at.at(name).wrong('is required');
  }
  const span = (name: SpanField, fallback: number): number => positiveDurationOf(message[name], fallback, at.at(name));
  const interval = span('interval', 1_000);
  const noTrafficInterval = span('no_traffic_interval', 60_000);
  const unhealthyInterval = span('unhealthy_interval', interval);
  return {
    timeout: span('timeout', 1_000),
    interval,
    initialJitter: durationOf(message.initial_jitter, 0, at.at('initial_jitter')),
    intervalJitter: durationOf(message.interval_jitter, 0, at.at('interval_jitter')),
    intervalJitterPercent: message.interval_jitter_percent ?? 0,
    unhealthyThreshold: Math.max(1, numberOf(message.unhealthy_threshold, 1)),
    healthyThreshold: Math.max(1, numberOf(message.healthy_threshold, 1)),
    noTrafficInterval,
    noTrafficHealthyInterval: span('no_traffic_healthy_interval', noTrafficInterval),
    unhealthyInterval,
    unhealthyEdgeInterval: span('unhealthy_edge_interval', unhealthyInterval),
    healthyEdgeInterval: span('healthy_edge_interval', interval),
    reuseConnection: booleanOf(message.reuse_connection, true),
    logFailures: message.always_log_health_check_failures ?? false,
    logSuccesses: message.always_log_health_check_success ?? false,
    probe: probe(message, commands, at),
    tls,
  };
}

type SpanField =
  | 'timeout'
  | 'interval'
  | 'no_traffic_interval'
  | 'no_traffic_healthy_interval'
  | 'unhealthy_interval'
  | 'unhealthy_edge_interval'
  | 'healthy_edge_interval';

function probe(message: HealthCheck, commands: boolean, place: Place): ProbePlan {
  const { custom_health_check: custom, grpc_health_check: grpc, http_health_check: http } = message;
  if (http) return httpProbe(http, place.at('http_health_check'));
  if (grpc) return grpcProbe(grpc, place.at('grpc_health_check'));
  if (custom) return commandProbe(custom, commands, place.at('custom_health_check'));
  if (!message.tcp_health_check)
    place.wrong('one of http_health_check, tcp_health_check, grpc_health_check is required');
  return tcpProbe(message.tcp_health_check, place.at('tcp_health_check'));
}

function httpProbe(message: HealthCheckHttpHealthCheck, place: Place): HttpProbePlan {
  const codec = message.codec_client_type ?? 'HTTP1';
  if (codec === 'HTTP3') place.at('codec_client_type').unsupported(codec);
  const method = message.method ?? 'METHOD_UNSPECIFIED';
  if (method === 'CONNECT') place.at('method').wrong('CONNECT checks nothing');
  if (!message.path) place.at('path').wrong('is required');
  const expected = ranges(message.expected_statuses, place, 'expected_statuses');
  return {
    kind: 'http',
    http2: codec === 'HTTP2',
    host: hostText(message.host, place.at('host')),
    path: targetPath(message.path, place.at('path')),
    method: method === 'METHOD_UNSPECIFIED' ? 'GET' : method,
    headers: headers(message.request_headers_to_add, place, 'request_headers_to_add'),
    remove: message.request_headers_to_remove.map((name) => name.toLowerCase()),
    expected: expected.length > 0 ? expected : [{ start: 200, end: 201 }],
    retriable: ranges(message.retriable_statuses, place, 'retriable_statuses'),
    receive: message.receive.map((each, index) => payload(each, place.index('receive', index))),
    responseBuffer: numberOf(message.response_buffer_size, 1_024),
  };
}

function tcpProbe(message: HealthCheckTcpHealthCheck | undefined, place: Place): TcpProbePlan {
  return {
    kind: 'tcp',
    send: message?.send ? payload(message.send, place.at('send')) : '',
    receive: message?.receive.map((each, index) => payload(each, place.index('receive', index))) ?? [],
  };
}

function grpcProbe(message: HealthCheckGrpcHealthCheck, place: Place): GrpcProbePlan {
  return {
    kind: 'grpc',
    service: message.service_name ?? '',
    authority: hostText(message.authority, place.at('authority')),
    metadata: headers(message.initial_metadata, place, 'initial_metadata'),
  };
}

function commandProbe(message: HealthCheckCustomHealthCheck, commands: boolean, place: Place): CommandProbePlan {
  const config = message.typed_config;
  const at = place.at('typed_config');
  if (!config || typeOf(config) !== 'aya.v1.CommandHealthCheck') {
    at.unsupported(`${(config && typeOf(config)) || 'nothing'}, expected aya.v1.CommandHealthCheck`);
    return { kind: 'command', command: [] };
  }
  // Whoever can write a configuration must not be able to run programs here.
  if (!commands) at.wrong('a command is taken from a bootstrap file only');
  const command = messageOf('aya.v1.CommandHealthCheck', config, at)?.command ?? [];
  if (command.length === 0) at.at('command').wrong('is required');
  return { kind: 'command', command };
}

/** Hexadecimal. */
function payload({ binary, text }: HealthCheckPayload, place: Place): string {
  if (text !== undefined && !/^([0-9a-fA-F]{2})+$/.test(text)) place.at('text').wrong(`"${text}" is no hexadecimal`);
  const bytes = text?.toLowerCase() ?? binary?.toString('hex') ?? '';
  if (bytes === '') place.wrong('is empty: it would be found in anything');
  return bytes;
}

function ranges(given: readonly Int64Range[], place: Place, field: string): StatusRange[] {
  return given.map(({ end = 0, start = 0 }, index) => {
    if (start < 100 || end > 600 || start >= end) {
      place.index(field, index).wrong(`${start} to ${end}: must be a half-open range from 100 to 600`);
    }
    return { start, end };
  });
}

function headers(
  options: readonly HeaderValueOption[],
  place: Place,
  field: string,
): (readonly [name: string, value: string])[] {
  return options.map((option, index) => {
    const at = place.index(field, index).at('header');
    const value = headerValue(option.header?.value, at.at('value'));
    if (value.includes('%')) at.at('value').unsupported('there is no request that a % could ask about');
    return [headerName(option.header?.key ?? '', at.at('key')), value] as const;
  });
}
