import type { ConfigSource, HttpConnectionManager, HttpFilter } from '../../shared/xds/messages.gen.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';
import type { RouteConfigPlan } from '../core/plan/route.ts';
import { accessLog } from './access-log.ts';
import { extensionOf } from './extension.ts';
import { httpFilters } from './http-filters.ts';
import { http2Server } from './http2-options.ts';
import { headerValue } from './message-text.ts';
import type { Place } from './place.ts';
import { routeConfig } from './route.ts';
import { managerUpgrades } from './upgrades.ts';
import { booleanOf, durationOf, numberOf } from './value.ts';

const codecs: Partial<Record<string, HttpManagerPlan['codec']>> = { AUTO: 'auto', HTTP1: 'http1', HTTP2: 'http2' };

/** A connection manager, and the route configuration that stood in it. */
export interface HttpManagerResult {
  readonly http: HttpManagerPlan;
  /** Undefined when the routes come by RDS. */
  readonly routes: RouteConfigPlan | undefined;
  /** Envoy's rule for routes that stand in the listener: their clusters must exist, unless said otherwise. */
  readonly validateClusters: boolean;
}

/**
 * HttpConnectionManager with Envoy's defaults. An inline route configuration is called after its `listener`, too: the
 * same name may stand in several.
 */
function httpManager(message: HttpConnectionManager, listener: string, place: Place): HttpManagerResult {
  checkFields(message, place);
  const common = message.common_http_protocol_options;
  const inline = message.route_config;
  const routes =
    inline && routeConfig({ ...inline, name: `${listener}/${inline.name ?? ''}` }, place.at('route_config'));
  const logs = message.access_log.map((each, at) => accessLog(each, place.index('access_log', at)));
  if (!message.stat_prefix) place.at('stat_prefix').wrong('is required');
  const duration = (name: keyof HttpConnectionManager & `${string}_timeout`, fallback: number): number =>
    durationOf(message[name] as HttpConnectionManager['drain_timeout'], fallback, place.at(name));
  const limits = place.at('common_http_protocol_options');
  const http: HttpManagerPlan = {
    statPrefix: message.stat_prefix ?? '',
    routeConfig: routes?.name ?? rdsName(message, place),
    filters: httpFilters(message.http_filters, place),
    accessLogs: logs.filter((each) => each !== undefined),
    useRemoteAddress: booleanOf(message.use_remote_address, false),
    xffTrustedHops: message.xff_num_trusted_hops ?? 0,
    generateRequestId: booleanOf(message.generate_request_id, true),
    preserveExternalRequestId: message.preserve_external_request_id ?? false,
    via: headerValue(message.via, place.at('via')),
    serverName: headerValue(message.server_name, place.at('server_name')),
    stripPort: message.strip_any_host_port ? 'any' : message.strip_matching_host_port ? 'matching' : 'none',
    acceptHttp10: message.http_protocol_options?.accept_http_10 ?? false,
    ...managerUpgrades(message, place),
    codec: codecs[message.codec_type ?? 'AUTO'] ?? 'auto',
    http2: http2Server(message.http2_protocol_options, place.at('http2_protocol_options')),
    maxHeadBytes: numberOf(message.max_request_headers_kb, 60) * 1_024,
    maxHeaders: numberOf(common?.max_headers_count, 100),
    headersTimeout: duration('request_headers_timeout', 0),
    requestTimeout: duration('request_timeout', 0),
    streamIdleTimeout: duration('stream_idle_timeout', 300_000),
    idleTimeout: durationOf(common?.idle_timeout, 3_600_000, limits.at('idle_timeout')),
    maxConnectionDuration: durationOf(common?.max_connection_duration, 0, limits.at('max_connection_duration')),
    maxRequestsPerConnection: numberOf(common?.max_requests_per_connection, 0),
    drainTimeout: duration('drain_timeout', 5_000),
  };
  return { http, routes, validateClusters: inline !== undefined && booleanOf(inline.validate_clusters, true) };
}

/** Refuses what is not done here, and lets pass what asks for nothing. */
function checkFields(message: HttpConnectionManager, place: Place): void {
  place.only(message, [
    'codec_type',
    'stat_prefix',
    'rds',
    'route_config',
    'http_filters',
    'common_http_protocol_options',
    'http_protocol_options',
    'http2_protocol_options',
    'server_name',
    'max_request_headers_kb',
    'stream_idle_timeout',
    'request_timeout',
    'request_headers_timeout',
    'drain_timeout',
    'access_log',
    'use_remote_address',
    'xff_num_trusted_hops',
    'via',
    'generate_request_id',
    'preserve_external_request_id',
    'upgrade_configs',
    'normalize_path',
    'path_with_escaped_slashes_action',
    'strip_matching_host_port',
    'strip_any_host_port',
  ]);
  const codec = message.codec_type ?? 'AUTO';
  if (!codecs[codec]) place.at('codec_type').unsupported(codec);
  if (message.http_protocol_options && !booleanOf(message.http_protocol_options.allow_absolute_url, true)) {
    place.at('http_protocol_options').at('allow_absolute_url').unsupported('always allowed');
  }
  if (booleanOf(message.normalize_path, false)) place.at('normalize_path').unsupported();
  const slashes = message.path_with_escaped_slashes_action ?? 'KEEP_UNCHANGED';
  if (slashes !== 'KEEP_UNCHANGED' && slashes !== 'IMPLEMENTATION_SPECIFIC_DEFAULT') {
    place.at('path_with_escaped_slashes_action').unsupported(slashes);
  }
}

function rdsName(message: HttpConnectionManager, place: Place): string {
  const rds = message.rds;
  if (!rds) {
    if (!message.route_config) place.wrong('one of rds or route_config is required');
    return '';
  }
  const at = place.at('rds');
  checkAdsSource(rds.config_source, at.at('config_source'));
  if (!rds.route_config_name) at.at('route_config_name').wrong('is required');
  return rds.route_config_name ?? '';
}

/** Discovery comes by the one aggregated stream, or from the server that sent the message at hand, which is the same. */
export function checkAdsSource(source: ConfigSource | undefined, place: Place): void {
  if (!source?.ads && !source?.self) place.wrong('must be "ads: {}" or "self: {}"');
  if (source?.resource_api_version === 'V2') place.at('resource_api_version').wrong('must be V3');
}

/** The connection manager among a filter chain's network filters. */
export function httpManagerOf(
  filter: { typed_config?: HttpFilter['typed_config'] },
  listener: string,
  place: Place,
): HttpManagerResult | undefined {
  const at = place.at('typed_config');
  const type = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
  const message = extensionOf(type, filter.typed_config, at);
  return message && httpManager(message, listener, at);
}
