import type { Http2ProtocolOptions } from '../../shared/xds/messages.gen.ts';
import { DEFAULT_CLIENT_OPTIONS } from '../codec/http2/client-options.ts';
import { DEFAULT_SERVER_SETTINGS } from '../codec/http2/server-options.ts';
import type { Http2ClientPlan } from '../core/plan/cluster.ts';
import type { Http2Plan } from '../core/plan/http-manager.ts';
import type { Place } from './place.ts';
import { numberOf, positiveDurationOf } from './value.ts';

/** HPACK tables larger than this serve nobody, and each connection could fill one. */
const MOST_TABLE_BYTES = 65_536;
/** RFC 9113 6.9.1. Both sides begin with the least, so that a smaller one could not be kept. */
const [LEAST_WINDOW, MOST_WINDOW] = [65_535, 2_147_483_647];

const both = [
  'hpack_table_size',
  'max_concurrent_streams',
  'initial_stream_window_size',
  'initial_connection_window_size',
  'allow_connect',
] as const;

/** What a connection manager says to clients. Envoy's defaults are larger windows; ours bound what a client may make us hold. */
export function http2Server(options: Http2ProtocolOptions | undefined, place: Place): Http2Plan {
  if (options) place.only(options, both);
  return { ...common(options, DEFAULT_SERVER_SETTINGS, place), extendedConnect: options?.allow_connect ?? false };
}

/** The same towards the endpoints of a cluster, and how it is found out that one is gone. Null = nothing is said. */
export function http2Client(options: Http2ProtocolOptions, place: Place): Http2ClientPlan | null {
  place.only(options, [...both, 'connection_keepalive']);
  if (both.every((name) => options[name] === undefined) && !options.connection_keepalive) return null;
  const keepalive = options.connection_keepalive;
  const at = place.at('connection_keepalive');
  if (keepalive && !keepalive.timeout) at.at('timeout').wrong('is required');
  return {
    ...common(options, DEFAULT_CLIENT_OPTIONS, place),
    keepaliveInterval: positiveDurationOf(keepalive?.interval, 0, at.at('interval')),
    keepaliveTimeout: positiveDurationOf(keepalive?.timeout, DEFAULT_CLIENT_OPTIONS.keepaliveTimeout, at.at('timeout')),
    keepaliveIdle: positiveDurationOf(keepalive?.connection_idle_interval, 0, at.at('connection_idle_interval')),
  };
}

type Common = Pick<Http2ClientPlan, 'maxConcurrentStreams' | 'streamWindow' | 'connectionWindow' | 'tableBytes'>;

function common(options: Http2ProtocolOptions | undefined, defaults: Common, place: Place): Common {
  const streams = numberOf(options?.max_concurrent_streams, defaults.maxConcurrentStreams);
  if (streams === 0) place.at('max_concurrent_streams').wrong('must be at least 1');
  return {
    maxConcurrentStreams: streams,
    streamWindow: windowOf(options, 'initial_stream_window_size', defaults.streamWindow, place),
    connectionWindow: windowOf(options, 'initial_connection_window_size', defaults.connectionWindow, place),
    tableBytes: tableOf(options, place),
  };
}

function windowOf(
  options: Http2ProtocolOptions | undefined,
  name: 'initial_stream_window_size' | 'initial_connection_window_size',
  fallback: number,
  place: Place,
): number {
  const bytes = numberOf(options?.[name], fallback);
  if (bytes < LEAST_WINDOW || bytes > MOST_WINDOW)
    place.at(name).wrong(`must be from ${LEAST_WINDOW} to ${MOST_WINDOW}, is ${bytes}`);
  return bytes;
}

function tableOf(options: Http2ProtocolOptions | undefined, place: Place): number {
  const bytes = numberOf(options?.hpack_table_size, DEFAULT_SERVER_SETTINGS.tableBytes);
  if (bytes > MOST_TABLE_BYTES) place.at('hpack_table_size').wrong(`must not be more than ${MOST_TABLE_BYTES}`);
  return bytes;
}
