import type { Any, TcpProxy } from '../../shared/xds/messages.gen.ts';
import type { TcpProxyPlan } from '../core/plan/tcp-proxy.ts';
import { accessLog } from './access-log.ts';
import { messageOf } from './extension.ts';
import type { Place } from './place.ts';
import { durationOf, numberOf } from './value.ts';

/** Envoy's default of idle_timeout. */
const idleTimeout = 3_600_000;

/** A TCP proxy with Envoy's defaults. `config` is known to be one. */
export function tcpProxyOf(config: Any, place: Place): TcpProxyPlan | undefined {
  const message = messageOf('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', config, place);
  if (!message) return undefined;
  place.only(message, [
    'stat_prefix',
    'cluster',
    'weighted_clusters',
    'idle_timeout',
    'access_log',
    'max_connect_attempts',
  ]);
  if (!message.stat_prefix) place.at('stat_prefix').wrong('is required');
  const attempts = numberOf(message.max_connect_attempts, 1);
  if (attempts < 1) place.at('max_connect_attempts').wrong('must be at least 1');
  const logs = message.access_log.map((each, at) => accessLog(each, place.index('access_log', at)));
  return {
    statPrefix: message.stat_prefix ?? '',
    clusters: clustersOf(message, place),
    idleTimeout: durationOf(message.idle_timeout, idleTimeout, place.at('idle_timeout')),
    maxConnectAttempts: Math.max(1, attempts),
    accessLogs: logs.filter((each) => each !== undefined),
  };
}

function clustersOf({ cluster, weighted_clusters: split }: TcpProxy, place: Place): TcpProxyPlan['clusters'] {
  if (split) {
    const at = place.at('weighted_clusters');
    if (split.clusters.length === 0) at.at('clusters').wrong('at least one is required');
    return split.clusters.map(({ name = '', weight = 0 }, index) => {
      const here = at.index('clusters', index);
      if (name === '') here.at('name').wrong('is required');
      if (weight < 1) here.at('weight').wrong('must be at least 1');
      return { name, weight };
    });
  }
  if (!cluster) place.wrong('one of cluster or weighted_clusters is required');
  return [{ name: cluster ?? '', weight: 1 }];
}
