import type { Bootstrap } from '../../shared/xds/messages.gen.ts';
import { endpointRows } from './endpoints.ts';
import type { HostPort } from './listener.ts';
import type { Place } from './place.ts';

/** Where discovery comes from, and what it is asked for. */
export interface AdsServers {
  /** Name of the static cluster that holds the servers. */
  readonly cluster: string;
  /** Tried in turn. A host may be a name. */
  readonly servers: readonly HostPort[];
  /** Whether listeners and clusters come by discovery, too. */
  readonly listeners: boolean;
  readonly clusters: boolean;
}

/**
 * dynamic_resources: one aggregated delta stream to a static cluster, which must therefore not itself be discovered.
 * Of that cluster only the addresses are ours to honour: gRPC brings its own transport.
 */
export function adsServers(message: Bootstrap, root: Place): AdsServers | null {
  const dynamic = message.dynamic_resources ?? {};
  const place = root.at('dynamic_resources');
  for (const name of ['lds_config', 'cds_config'] as const) {
    const source = dynamic[name];
    if (source && !source.ads) place.at(name).wrong('must be "ads: {}"');
  }
  const ads = dynamic.ads_config;
  const at = place.at('ads_config');
  if (!ads) {
    at.wrong('is required');
    return null;
  }
  at.only(ads, ['api_type', 'transport_api_version', 'grpc_services', 'set_node_on_first_message_only']);
  if (ads.api_type !== 'DELTA_GRPC') at.at('api_type').unsupported(`${ads.api_type ?? 'unset'}, use DELTA_GRPC`);
  if (ads.transport_api_version !== 'V3') at.at('transport_api_version').wrong('must be V3');
  if (ads.grpc_services.length !== 1) at.at('grpc_services').wrong('exactly one is required');
  const service = ads.grpc_services[0];
  const target = at.index('grpc_services', 0).at('envoy_grpc');
  const name = service?.envoy_grpc?.cluster_name ?? '';
  if (name === '') target.at('cluster_name').wrong('is required');
  if (service?.envoy_grpc) target.only(service.envoy_grpc, ['cluster_name']);
  return {
    cluster: name,
    servers: name === '' ? [] : serversOf(message, name, root, target),
    listeners: dynamic.lds_config !== undefined,
    clusters: dynamic.cds_config !== undefined,
  };
}

function serversOf(message: Bootstrap, name: string, root: Place, target: Place): HostPort[] {
  const clusters = message.static_resources?.clusters ?? [];
  const index = clusters.findIndex((each) => each.name === name);
  const cluster = clusters[index];
  if (!cluster) {
    target.at('cluster_name').wrong(`there is no static cluster "${name}"`);
    return [];
  }
  const place = root.at('static_resources').index('clusters', index);
  if (cluster.transport_socket) place.at('transport_socket').refuse('plaintext only');
  const type = cluster.type ?? 'STATIC';
  if (type === 'EDS' || type === 'ORIGINAL_DST') place.at('type').wrong(`${type} cannot hold the control plane itself`);
  const assignment = cluster.load_assignment ?? { endpoints: [] };
  const rows = endpointRows(assignment, type === 'STATIC' ? 'ip' : 'name', place.at('load_assignment'));
  if (rows.length === 0) place.at('load_assignment').wrong('at least one endpoint is required');
  // By priority, so that a second control plane may stand by.
  return rows.toSorted((one, other) => one.priority - other.priority).map(({ host, port }) => ({ host, port }));
}
