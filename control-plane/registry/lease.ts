import { createHash } from 'node:crypto';
import type { Workload } from '../../shared/xds/messages.gen.ts';
import { leasePrefix } from '../store/contract.ts';

/** One registered instance of a service, as it is stored: it survives a restart of the control plane. */
export interface Lease {
  readonly node: string;
  readonly namespace: string;
  readonly service: string;
  readonly address: string;
  readonly ports: readonly LeasePort[];
  /** `REGION/ZONE`, `ZONE` or ''. */
  readonly zone: string;
  readonly weight: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LeasePort {
  readonly name: string;
  /** What callers dial. */
  readonly port: number;
  /** What the service is called on. */
  readonly servicePort: number;
  readonly appProtocol: string;
}

/** The lease for a workload that was checked, at an address that callers can reach. */
export function leaseOf(workload: Workload, address: string): Lease {
  const { region = '', zone = '' } = workload.locality ?? {};
  return {
    node: workload.node_id ?? '',
    namespace: workload.namespace || 'default',
    service: workload.service ?? '',
    address,
    ports: workload.ports.map(({ name = '', port = 0, service_port, app_protocol = '' }) => ({
      name,
      port,
      servicePort: service_port || port,
      appProtocol: app_protocol,
    })),
    zone: region === '' ? zone : `${region}/${zone}`,
    weight: workload.weight?.value || 1,
    labels: workload.labels,
  };
}

/** Where a lease is stored. Node ids may hold anything, keys may not. */
export function leaseKey({ namespace, service, node }: Pick<Lease, 'namespace' | 'service' | 'node'>): string {
  return `${leasePrefix}${namespace}/${service}/${hash(node)}`;
}

/** The name of the EndpointSlice that stands for a lease. */
export function sliceName({ service, node }: Pick<Lease, 'service' | 'node'>): string {
  return `${service}-${hash(node)}`;
}

function hash(node: string): string {
  return createHash('sha256').update(node).digest('hex').slice(0, 10);
}
