import { parseDuration } from '../../shared/struct/duration.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import { CLUSTER } from '../../shared/xds/type-url.ts';
import type { Service, ServicePort } from '../model/service.ts';
import type { ConnectionPool, TrafficPolicy } from '../model/traffic-policy.ts';
import type { Caller, NodeKind } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import { healthChecks } from './health-check.ts';
import { httpVersion } from './http-version.ts';
import { protectionKnownTo } from './levels.ts';
import { limits, ownOptions } from './limits.ts';
import { balancing, isOfLevel1 } from './load-balancing.ts';
import { ads, type Draft, type Message } from './message.ts';
import { clusterName } from './names.ts';
import { outlierDetection } from './outlier.ts';
import type { Note } from './problem.ts';
import { protocolOf } from './protocol.ts';

type Cluster = Message<'envoy.config.cluster.v3.Cluster'>;

/** One service port as callers of a kind use it. Endpoints come by EDS under the same name (decisions D17). */
export function clusterOf(entry: ServiceEntry, port: ServicePort, caller: Caller, note: Note): Draft {
  const { name, namespace } = entry.service.metadata;
  let http2 = protocolOf(port) === 'http2';
  // Level 2 of Aya's sidecar is the first that speaks HTTP/2 (decisions D19).
  if (http2 && caller.kind === 'aya' && caller.level < 2) {
    note(
      entry.service,
      `port ${port.port} speaks HTTP/2: sidecars of level ${caller.level} call it by HTTP/1.1`,
      'aya',
    );
    http2 = false;
  }
  const policy = protectionKnownTo(caller, knownTo(caller, entry.policies[0], note), note);
  const message = {
    ...discovered(clusterName(name, namespace, port.port), policy, http2, caller.kind, note),
    ...checked(policy, entry.service, http2, caller.kind, note),
  };
  return { type: CLUSTER, name: message.name ?? '', aliases: [], message };
}

/** The policy without balancing that an older sidecar would refuse (decisions D19). */
function knownTo({ kind, level }: Caller, policy: TrafficPolicy | undefined, note: Note): TrafficPolicy | undefined {
  const block = policy?.spec.loadBalancing;
  if (!policy || !block || kind !== 'aya' || level >= 2 || isOfLevel1(block)) return policy;
  note(policy, `loadBalancing: sidecars of level ${level} know only plain LeastRequest, RoundRobin and Random`, 'aya');
  const { loadBalancing: _, ...spec } = policy.spec;
  return { ...policy, spec };
}

/** What a gRPC client gets for a service that does not exist (any more): without endpoints its calls fail at once. */
export function emptyCluster(name: string): Draft {
  const message = discovered(name, undefined, true, 'grpc', () => {});
  return { type: CLUSTER, name, aliases: [], message };
}

function discovered(
  name: string,
  policy: TrafficPolicy | undefined,
  http2: boolean,
  kind: NodeKind,
  note: Note,
): Cluster {
  const spec = policy?.spec;
  const detection = spec?.outlierDetection;
  // gRPC ignores the counters of consecutive failures, and compares endpoints as Envoy does.
  if (kind === 'grpc' && policy && detection) {
    note(policy, 'outlierDetection: consecutive failures are not counted by gRPC clients', 'grpc');
  }
  const compares = detection?.successRate ?? detection?.failurePercentage;
  return {
    name,
    type: 'EDS',
    eds_cluster_config: { eds_config: ads },
    connect_timeout: fromMs(parseDuration(spec?.timeouts?.connect ?? '1s') ?? 1_000),
    ...balancing(policy, kind, note),
    ...limits(policy, kind, note),
    ...(kind === 'grpc' && !compares ? {} : { outlier_detection: outlierDetection(detection) }),
    ...(kind === 'grpc' ? {} : upstreamHttp(policy, http2, note)),
    ...(kind === 'aya' ? ownOptions(policy) : {}),
  };
}

/** Who checks the health of endpoints. */
function checked(
  policy: TrafficPolicy | undefined,
  service: Service,
  http2: boolean,
  kind: NodeKind,
  note: Note,
): Cluster {
  const block = policy?.spec.healthCheck;
  if (!policy || !block) return {};
  if (kind === 'grpc') {
    note(policy, 'healthCheck: gRPC clients check no endpoints', 'grpc');
    return {};
  }
  return { health_checks: healthChecks(block, service, http2) };
}

/** The version of HTTP, how long connections live, and what only HTTP/2 has. */
function upstreamHttp(policy: TrafficPolicy | undefined, http2: boolean, note: Note): Cluster {
  const pool = policy?.spec.connectionPool;
  if (!pool && !http2) return {};
  const idle = pool?.idleTimeout;
  const requests = pool?.maxRequestsPerConnection ?? 0;
  const lives = {
    ...(idle !== undefined && { idle_timeout: fromMs(parseDuration(idle) ?? 0) }),
    ...(requests > 0 && { max_requests_per_connection: { value: requests } }),
  };
  if (http2) return httpVersion('http2', pool && lives, http2Options(pool));
  for (const name of ['maxStreamsPerConnection', 'keepalive'] as const)
    if (policy && pool?.[name] !== undefined)
      note(policy, `connectionPool.${name}: only ports that speak HTTP/2 have it`);
  return httpVersion('http1', pool && lives);
}

function http2Options(pool: ConnectionPool = {}): Message<'envoy.config.core.v3.Http2ProtocolOptions'> {
  const { keepalive, maxStreamsPerConnection } = pool;
  const ms = (text: string): number => parseDuration(text) ?? 0;
  return {
    ...(maxStreamsPerConnection !== undefined && { max_concurrent_streams: { value: maxStreamsPerConnection } }),
    ...(keepalive && {
      connection_keepalive: { interval: fromMs(ms(keepalive.interval)), timeout: fromMs(ms(keepalive.timeout)) },
    }),
  };
}
