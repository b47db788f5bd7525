import { fromJson } from '../../shared/xds/json.ts';
import type { Bootstrap, Node } from '../../shared/xds/messages.gen.ts';
import { type AdsServers, adsServers } from './ads-servers.ts';
import { type ClusterResult, cluster } from './cluster.ts';
import { type HostPort, type ListenerResult, listener, socketAddress } from './listener.ts';
import { type Findings, noFindings, Place, sortFindings } from './place.ts';
import { clustersOfHost, routesOfListener } from './references.ts';

/** A bootstrap, checked. Static pieces are what was read without a problem that forbids it. */
export interface BootstrapResult {
  readonly message: Bootstrap;
  readonly node: Node;
  /** Null = no admin interface. */
  readonly admin: HostPort | null;
  readonly listeners: readonly ListenerResult[];
  /** Without the cluster of the control plane, which is ours and not for requests. */
  readonly clusters: readonly ClusterResult[];
  /** Null = everything is static. */
  readonly ads: AdsServers | null;
  readonly findings: Findings;
}

/** Checks a parsed bootstrap document. */
export function bootstrapOf(document: unknown): BootstrapResult {
  const { message, problems } = fromJson('envoy.config.bootstrap.v3.Bootstrap', document);
  return resolveBootstrap(message, sortFindings(problems));
}

/** Checks a bootstrap message and resolves what is static in it. */
export function resolveBootstrap(message: Bootstrap, findings: Findings = noFindings()): BootstrapResult {
  const place = new Place('', findings);
  place.only(message, ['node', 'admin', 'static_resources', 'dynamic_resources', 'cluster_manager']);
  const node = message.node ?? { client_features: [] };
  const ads = message.dynamic_resources ? adsServers(message, place) : null;
  if (ads && !node.id) place.at('node').at('id').wrong('is required with dynamic_resources');
  const resources = message.static_resources;
  const at = place.at('static_resources');
  if (resources) at.only(resources, ['listeners', 'clusters']);
  const clusters: ClusterResult[] = [];
  resources?.clusters.forEach((each, index) => {
    if (ads && each.name === ads.cluster) return;
    const here = at.index('clusters', index);
    const result = cluster(each, here, true);
    if (clusters.some(({ plan }) => plan.name === result.plan.name)) here.at('name').wrong(`"${each.name}" is taken`);
    if (result.source.kind === 'eds' && !ads) here.at('type').wrong('EDS needs dynamic_resources.ads_config');
    clusters.push(result);
  });
  const listeners: ListenerResult[] = [];
  resources?.listeners.forEach((each, index) => {
    const here = at.index('listeners', index);
    const result = listener(each, here);
    if (!result) return;
    checkReferences(result, clusters, ads, here);
    if (listeners.some(({ listener: { name } }) => name === result.listener.name)) {
      here.at('name').wrong(`"${result.listener.name}" is taken`);
    }
    listeners.push(result);
  });
  return { message, node, admin: adminAddress(message, place), listeners, clusters, ads, findings };
}

function adminAddress({ admin }: Bootstrap, place: Place): HostPort | null {
  if (!admin) return null;
  place.at('admin').only(admin, ['address']);
  return (admin.address && socketAddress(admin.address, place.at('admin').at('address'))) ?? null;
}

/** Routes that stand in a static listener name clusters that must be there (Envoy: validate_clusters). */
function checkReferences(
  { listener, routes }: ListenerResult,
  clusters: readonly ClusterResult[],
  ads: AdsServers | null,
  place: Place,
): void {
  const inline = new Set(routes.map(({ config }) => config.name));
  for (const name of routesOfListener(listener)) {
    if (!ads && !inline.has(name)) place.wrong(`route configuration "${name}" needs dynamic_resources.ads_config`);
  }
  for (const { config, validateClusters } of routes) {
    if (!validateClusters) continue;
    for (const host of config.virtualHosts) {
      for (const name of clustersOfHost(host)) {
        if (name === '' || clusters.some(({ plan }) => plan.name === name)) continue;
        place.wrong(`listener "${listener.name}", virtual host "${host.name}": there is no static cluster "${name}"`);
      }
    }
  }
}
