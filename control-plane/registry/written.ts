import { isIP } from 'node:net';
import { type EndpointSlice, managedByLabel, registryManager, serviceNameLabel } from '../model/endpoint-slice.ts';
import { newMeta } from '../model/object.ts';
import type { Service, ServicePort } from '../model/service.ts';
import { type Lease, sliceName } from './lease.ts';

/** Annotation of an EndpointSlice: the weight of its endpoints, a whole number from 1 on. */
export const weightAnnotation = 'aya.dev/weight';
/** Annotation of a Service that nobody wrote: its ports are those that its workloads serve. */
const createdBy = 'aya.dev/created-by';
/** Annotation that names the sidecar behind an endpoint. */
const nodeAnnotation = 'aya.dev/node';

/**
 * The slice that stands for a lease. Its ports bear the names that the Service gives them now; undefined for ports that the
 * Service does not have.
 */
export function sliceFor(
  lease: Lease,
  service: Service | undefined,
  existing: EndpointSlice | undefined,
  wall: number,
): EndpointSlice {
  const { namespace, address, weight, zone, node } = lease;
  const meta = {
    name: sliceName(lease),
    namespace,
    labels: { ...lease.labels, [serviceNameLabel]: lease.service, [managedByLabel]: registryManager },
    annotations: { [nodeAnnotation]: node, ...(weight !== 1 && { [weightAnnotation]: String(weight) }) },
  };
  const { uid, generation, creationTimestamp } = existing?.metadata ?? newMeta(meta, wall);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...meta, uid, generation, creationTimestamp },
    addressType: isIP(address) === 6 ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true }, ...(zone !== '' && { zone }) }],
    ports: lease.ports.flatMap(({ port, servicePort, appProtocol }) => {
      const served = service?.spec.ports.find((each) => each.port === servicePort);
      if (!served) return [];
      const name = served.name === undefined ? {} : { name: served.name };
      return [{ ...name, protocol: 'TCP' as const, port, ...(appProtocol !== '' && { appProtocol }) }];
    }),
  };
}

/** The Service that a workload needs and nobody has written. It stays when the workload leaves. */
export function serviceFor(lease: Lease, wall: number): Service {
  const meta = { name: lease.service, namespace: lease.namespace, annotations: { [createdBy]: registryManager } };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: newMeta(meta, wall),
    spec: { type: 'ClusterIP', ports: lease.ports.map(servicePort) },
  };
}

/** A Service of ours with the ports that a workload serves and it lacks; undefined when nothing has to be added. */
export function widened(service: Service, lease: Lease): Service | undefined {
  if (service.metadata.annotations?.[createdBy] !== registryManager) return undefined;
  const missing = missingPorts(lease, service);
  const added = lease.ports.filter((each) => missing.includes(each.servicePort)).map(servicePort);
  if (added.length === 0) return undefined;
  const metadata = { ...service.metadata, generation: service.metadata.generation + 1 };
  // Several ports need names, and each its own.
  const ports = [...service.spec.ports, ...added].map((port) => ({ ...port, name: port.name ?? `port-${port.port}` }));
  return { ...service, metadata, spec: { ...service.spec, ports } };
}

function servicePort({ name, port, servicePort, appProtocol }: Lease['ports'][number]): ServicePort {
  return {
    ...(name !== '' && { name }),
    protocol: 'TCP',
    port: servicePort,
    targetPort: port,
    ...(appProtocol !== '' && { appProtocol }),
  };
}

/** Ports that a workload serves and its Service does not have. */
export function missingPorts(lease: Lease, service: Service): number[] {
  const known = service.spec.ports.map(({ port }) => port);
  return lease.ports.map(({ servicePort }) => servicePort).filter((port) => !known.includes(port));
}
