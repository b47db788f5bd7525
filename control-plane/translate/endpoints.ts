import { ENDPOINT } from '../../shared/xds/type-url.ts';
import type { Endpoint, EndpointSlice } from '../model/endpoint-slice.ts';
import type { ServicePort } from '../model/service.ts';
import { weightAnnotation } from '../registry/written.ts';
import type { ServiceEntry } from './catalog.ts';
import type { Draft, Message } from './message.ts';
import { clusterName } from './names.ts';

type Assignment = Message<'envoy.config.endpoint.v3.ClusterLoadAssignment'>;

interface Live {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly zone: string;
}

/** Where a service port runs: every ready endpoint, by locality. All kinds of client get the same. */
export function endpointsOf(entry: ServiceEntry, port: ServicePort): Draft {
  const { name, namespace } = entry.service.metadata;
  const cluster = clusterName(name, namespace, port.port);
  const live = new Map<string, Live>();
  for (const slice of entry.slices) {
    for (const each of liveIn(slice, port)) live.set(`${each.address}:${each.port}`, each);
  }
  return draft(cluster, [...live.values()]);
}

/** Of a service that does not exist (any more). */
export function noEndpoints(cluster: string): Draft {
  return draft(cluster, []);
}

/** A slice's port serves the service's port of the same name (decisions D17). */
function liveIn(slice: EndpointSlice, port: ServicePort): Live[] {
  const served = slice.ports.find((each) => (each.name ?? '') === (port.name ?? ''));
  if (!served) return [];
  const weight = Number(slice.metadata.annotations?.[weightAnnotation] ?? 1);
  return slice.endpoints.filter(isReady).map((endpoint) => ({
    address: endpoint.addresses[0] ?? '',
    port: served.port,
    weight: Number.isSafeInteger(weight) && weight > 0 ? weight : 1,
    zone: endpoint.zone ?? '',
  }));
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions.ready && conditions.terminating !== true;
}

function draft(cluster: string, live: readonly Live[]): Draft {
  const zones = new Map<string, Live[]>();
  for (const each of live.toSorted(byAddress)) {
    const members = zones.get(each.zone);
    if (members) members.push(each);
    else zones.set(each.zone, [each]);
  }
  const message: Assignment = {
    cluster_name: cluster,
    endpoints: [...zones.keys()].sort().map((zone) => localityOf(zone, zones.get(zone) ?? [])),
  };
  return { type: ENDPOINT, name: cluster, aliases: [], message };
}

/** gRPC clients refuse endpoints without a locality, and send nothing to a locality without a weight. */
function localityOf(zone: string, live: readonly Live[]): NonNullable<Assignment['endpoints']>[number] {
  const slash = zone.indexOf('/');
  return {
    locality: slash < 0 ? { zone } : { region: zone.slice(0, slash), zone: zone.slice(slash + 1) },
    load_balancing_weight: { value: live.reduce((sum, { weight }) => sum + weight, 0) },
    lb_endpoints: live.map(({ address, port, weight }) => ({
      endpoint: { address: { socket_address: { address, port_value: port } } },
      health_status: 'HEALTHY',
      load_balancing_weight: { value: weight },
    })),
  };
}

function byAddress(one: Live, other: Live): number {
  if (one.address !== other.address) return one.address < other.address ? -1 : 1;
  return one.port - other.port;
}
