import type { Cluster } from '../../shared/xds/messages.gen.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import { ayaOptions, ayaPlace } from './aya-options.ts';
import { balancing } from './balancer.ts';
import { type EndpointRow, endpointRows } from './endpoints.ts';
import { errorRate } from './error-rate.ts';
import { type FromFiles, fromFiles } from './from-files.ts';
import { healthCheck } from './health-check.ts';
import { checkAdsSource } from './http-manager.ts';
import { limits } from './limits.ts';
import { outlierDetection } from './outlier.ts';
import type { Place } from './place.ts';
import { subsets } from './subset.ts';
import { clientTls, isTls } from './transport-socket.ts';
import { upstreamHttp } from './upstream-http.ts';
import { numberOf, percentOf, positiveDurationOf } from './value.ts';

/** Where the endpoints of a cluster come from. */
export type EndpointSource =
  | { readonly kind: 'static'; readonly rows: readonly EndpointRow[] }
  /** The name under which endpoint discovery knows them. */
  | { readonly kind: 'eds'; readonly name: string }
  | {
      readonly kind: 'dns';
      readonly rows: readonly EndpointRow[];
      readonly refreshRate: number;
      readonly family: DnsFamily;
    };

/** Envoy's dns_lookup_family. */
export type DnsFamily = NonNullable<Cluster['dns_lookup_family']>;

/** A cluster whose slots are still to be given. */
export interface ClusterResult {
  readonly plan: Omit<ClusterPlan, 'slot' | 'highSlot'>;
  readonly source: EndpointSource;
  readonly fromFiles: FromFiles<ClusterResult>;
}

/**
 * A cluster with Envoy's defaults. `commands`: its health may be checked by programs of this machine, as only a bootstrap
 * file may ask for.
 */
export function cluster(message: Cluster, place: Place, commands = false): ClusterResult {
  place.only(message, [
    'name',
    'type',
    'eds_cluster_config',
    'connect_timeout',
    'lb_policy',
    'least_request_lb_config',
    'round_robin_lb_config',
    'ring_hash_lb_config',
    'maglev_lb_config',
    'lb_subset_config',
    'load_assignment',
    'circuit_breakers',
    'typed_extension_protocol_options',
    'dns_refresh_rate',
    'dns_lookup_family',
    'outlier_detection',
    'health_checks',
    'common_lb_config',
    'transport_socket',
    'metadata',
    'load_balancing_policy',
  ]);
  const name = message.name ?? '';
  if (name === '') place.at('name').wrong('is required');
  const tls = clientTls(message.transport_socket, place);
  const aya = ayaOptions('aya.v1.ClusterOptions', message.metadata, place);
  const common = message.common_lb_config;
  const at = place.at('common_lb_config');
  if (common)
    at.only(common, [
      'healthy_panic_threshold',
      'locality_weighted_lb_config',
      'zone_aware_lb_config',
      'consistent_hashing_lb_config',
    ]);
  const plan: ClusterResult['plan'] = {
    name,
    statName: name.replaceAll(':', '_'),
    endpoints: name,
    ...balancing(message, place),
    subsets: subsets(message.lb_subset_config, place.at('lb_subset_config')),
    panicThreshold: percentOf(common?.healthy_panic_threshold, 50, at.at('healthy_panic_threshold')),
    connectTimeout: positiveDurationOf(message.connect_timeout, 5_000, place.at('connect_timeout')),
    limits: limits(message.circuit_breakers, 'DEFAULT', aya, place.at('circuit_breakers')),
    highLimits: limits(message.circuit_breakers, 'HIGH', aya, place.at('circuit_breakers')),
    maxRequestsPerEndpoint: numberOf(aya?.max_requests_per_endpoint, 0),
    breaker: errorRate(aya?.error_rate, ayaPlace(place).at('error_rate')),
    outlier: message.outlier_detection
      ? outlierDetection(message.outlier_detection, aya !== undefined, place.at('outlier_detection'))
      : null,
    healthCheck: healthCheck(message.health_checks, tls, commands, place),
    ...upstreamHttp(message.typed_extension_protocol_options, isTls(message.transport_socket), place),
    tls,
    service: serviceOf(name),
  };
  checkProbes(plan, place);
  const made = fromFiles(tls?.files ?? [], (anew) => cluster(message, anew, commands));
  return { plan, source: sourceOf(message, place), fromFiles: made };
}

/** What main asks endpoints by itself, as far as it cannot do so within TLS. */
function checkProbes(
  { balancer, healthCheck, tls }: Pick<ClusterPlan, 'balancer' | 'healthCheck' | 'tls'>,
  place: Place,
): void {
  if (healthCheck?.probe.kind === 'grpc' && tls?.serverName === '') {
    place.at('transport_socket').at('typed_config').at('sni').wrong('is required with grpc_health_check');
  }
  if (tls && balancer.kind === 'client-side-weights' && balancer.reportEvery > 0) {
    place.at('load_balancing_policy').refuse('enable_oob_load_report within TLS');
  }
}

/** `cart.default` of `cart.default:80` and `cart.default:80/v2`; other names stand for themselves (design, "Names"). */
export function serviceOf(cluster: string): string {
  return /^([^:/]+):\d+(\/.+)?$/.exec(cluster)?.[1] ?? cluster;
}

function sourceOf(message: Cluster, place: Place): EndpointSource {
  const type = message.type ?? 'STATIC';
  const assignment = message.load_assignment ?? { endpoints: [] };
  const at = place.at('load_assignment');
  if (type === 'EDS') {
    if (message.load_assignment) at.wrong('an EDS cluster gets its endpoints by discovery');
    const config = place.at('eds_cluster_config');
    if (message.eds_cluster_config) checkAdsSource(message.eds_cluster_config.eds_config, config.at('eds_config'));
    else config.wrong('is required');
    return { kind: 'eds', name: message.eds_cluster_config?.service_name || (message.name ?? '') };
  }
  if (message.eds_cluster_config) place.at('eds_cluster_config').wrong('only an EDS cluster may have one');
  if (type === 'STATIC') return { kind: 'static', rows: endpointRows(assignment, 'ip', at) };
  if (type !== 'STRICT_DNS') place.at('type').unsupported(type);
  return {
    kind: 'dns',
    rows: endpointRows(assignment, 'name', at),
    refreshRate: positiveDurationOf(message.dns_refresh_rate, 5_000, place.at('dns_refresh_rate')),
    family: message.dns_lookup_family ?? 'AUTO',
  };
}
