import { CLUSTER } from '../../shared/xds/type-url.ts';
import type { MeshNode } from './caller.ts';
import { emptyCluster } from './cluster.ts';
import { noEndpoints } from './endpoints.ts';
import { httpVersion } from './http-version.ts';
import { inboundCluster, inboundListener, outboundListener } from './listener.ts';
import type { Draft, Message } from './message.ts';
import { nowhere } from './names.ts';

/** What only one sidecar gets: its sockets, and the way to its own program. gRPC clients have none of it, but one way that ends. */
export function ownResources(node: MeshNode): Draft[] {
  if (node.kind === 'grpc') return [emptyCluster(nowhere), noEndpoints(nowhere)];
  return [...inboundClusterOf(node), ...outboundListener(node), ...inboundListener(node)];
}

function inboundClusterOf({ app, level }: MeshNode): Draft[] {
  if (!app) return [];
  const address = { socket_address: { address: app.host, port_value: app.port } };
  const message: Message<'envoy.config.cluster.v3.Cluster'> = {
    name: inboundCluster,
    type: 'STATIC',
    connect_timeout: { seconds: 1 },
    // Common servers close connections that were idle for 5 s, some while the next request is on its way.
    ...httpVersion(level === 1 ? 'http1' : 'downstream', { idle_timeout: { seconds: 4 } }),
    load_assignment: { cluster_name: inboundCluster, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
  return [{ type: CLUSTER, name: inboundCluster, aliases: [], message }];
}
