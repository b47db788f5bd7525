import { VERSION } from '../../shared/lifecycle/version.ts';
import type { Workload } from '../discovery/registration.ts';
import type { HostPort } from '../plan/listener.ts';
import type { Membership } from '../plan/mesh-bootstrap.ts';
import type { MeshOptions } from './options.ts';

/** A member of a mesh whose ports are known. */
export function membershipOf(mesh: MeshOptions, outbound: HostPort, inbound: HostPort): Membership {
  return {
    node: mesh.node,
    service: mesh.service,
    namespace: mesh.namespace,
    outbound,
    inbound: mesh.app ? { listen: inbound, app: mesh.app, servicePort: mesh.servicePort } : null,
    admin: mesh.admin,
    controlPlane: mesh.controlPlane,
    locality: localityOf(mesh),
    version: VERSION,
  };
}

/**
 * How others call this member, as the registry takes it; null when it only calls. An empty address means: the one that
 * the control plane sees us come from.
 */
export function workloadOf(mesh: MeshOptions, inbound: HostPort): Workload | null {
  if (!mesh.app) return null;
  const locality = localityOf(mesh);
  return {
    node_id: mesh.node,
    namespace: mesh.namespace,
    service: mesh.service,
    address: mesh.advertise?.host ?? '',
    ports: [
      {
        name: mesh.protocol,
        port: mesh.advertise?.port ?? inbound.port,
        service_port: mesh.servicePort,
        app_protocol: mesh.protocol,
      },
    ],
    ...(locality && { locality }),
  };
}

function localityOf({ region, zone }: MeshOptions): { region: string; zone: string } | null {
  return region === '' ? null : { region, zone };
}
