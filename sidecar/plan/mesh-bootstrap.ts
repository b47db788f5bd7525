import { isIP } from 'node:net';
import type { Input } from '../../shared/xds/canonical.ts';
import { decode, encode } from '../../shared/xds/codec.ts';
import { fromJson } from '../../shared/xds/json.ts';
import type { Bootstrap } from '../../shared/xds/messages.gen.ts';
import { hostPort } from './host-port.ts';
import type { HostPort } from './listener.ts';

/** The level of our own messages that this sidecar knows (decision D19). */
export const CLIENT_FEATURE = 'aya.v1.3';

/** What makes a sidecar a member of a mesh. Ports are real ones: the control plane has to name them in listeners. */
export interface Membership {
  readonly node: string;
  readonly service: string;
  readonly namespace: string;
  /** Where the sidecar accepts calls of its program. */
  readonly outbound: HostPort;
  /**
   * Where it accepts calls of others, the program that they are for, and the port that the service is called on; null when
   * the program only calls.
   */
  readonly inbound: { readonly listen: HostPort; readonly app: HostPort; readonly servicePort: number } | null;
  readonly admin: HostPort;
  readonly controlPlane: readonly HostPort[];
  readonly locality: { readonly region: string; readonly zone: string } | null;
  readonly version: string;
}

/** Name of the static cluster that holds the control plane. */
const controlPlane = 'aya-control-plane';

/** The bootstrap that a member of a mesh starts from: everything but its own sockets comes from the control plane. */
export function meshBootstrap(member: Membership): Bootstrap {
  const { inbound, locality } = member;
  const metadata = {
    kind: 'aya-sidecar',
    service: member.service,
    namespace: member.namespace,
    outbound: hostPort(member.outbound),
    ...(inbound && { inbound: hostPort(inbound.listen), app: hostPort(inbound.app) }),
  };
  const ads = { ads: {}, resource_api_version: 'V3' } as const;
  const bootstrap: Input<Bootstrap> = {
    node: {
      id: member.node,
      cluster: member.service,
      metadata: fromJson('google.protobuf.Struct', metadata).message,
      ...(locality && { locality }),
      user_agent_name: 'aya',
      user_agent_version: member.version,
      client_features: [CLIENT_FEATURE],
    },
    admin: { address: address(member.admin) },
    // Where others like us are, for zone-aware balancing.
    ...(inbound && {
      cluster_manager: { local_cluster_name: `${member.service}.${member.namespace}:${inbound.servicePort}` },
    }),
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: controlPlane } }],
      },
      lds_config: ads,
      cds_config: ads,
    },
    static_resources: {
      clusters: [
        {
          name: controlPlane,
          type: member.controlPlane.every(({ host }) => isIP(host) !== 0) ? 'STATIC' : 'STRICT_DNS',
          load_assignment: {
            cluster_name: controlPlane,
            endpoints: [
              { lb_endpoints: member.controlPlane.map((each) => ({ endpoint: { address: address(each) } })) },
            ],
          },
        },
      ],
    },
  };
  const type = 'envoy.config.bootstrap.v3.Bootstrap';
  // Through the codec, so that it has the shape of a message that was read.
  return decode(type, encode(type, bootstrap));
}

const address = ({ host, port }: HostPort) => ({ socket_address: { address: host, port_value: port } });
