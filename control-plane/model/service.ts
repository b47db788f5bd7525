import { label, qualifiedName } from './names.ts';
import type { Condition, Resource } from './object.ts';
import { conditionsSchema } from './object.ts';
import type { Problems } from './problem.ts';
import { integer, list, map, object, oneOf, optional, preset, required, type Schema, text } from './schema.ts';

/**
 * Kubernetes core/v1 Service: a name that can be called, and its ports. Where it runs is said by EndpointSlices.
 * `selector` and the cluster IP fields mean something on Kubernetes only; they are kept so that the same file serves there.
 */
export interface Service extends Resource {
  apiVersion: 'v1';
  kind: 'Service';
  spec: ServiceSpec;
  status?: ServiceStatus;
}

export interface ServiceSpec {
  ports: ServicePort[];
  selector?: Record<string, string>;
  type: 'ClusterIP';
  clusterIP?: string;
  clusterIPs?: string[];
  sessionAffinity?: 'None';
  internalTrafficPolicy?: 'Cluster';
  ipFamilies?: ('IPv4' | 'IPv6')[];
  ipFamilyPolicy?: string;
}

export interface ServicePort {
  /** Required when there are several. The port of an EndpointSlice of the same name serves it. */
  name?: string;
  protocol: 'TCP';
  port: number;
  /** Absent in the file: the same as `port`. Only Kubernetes uses it: here an endpoint says its own port. */
  targetPort: number | string;
  /** `http`, `http2`, `kubernetes.io/h2c`, `grpc`, `tcp`, ...; else the name's prefix says it, else the proxy sniffs. */
  appProtocol?: string;
}

export interface ServiceStatus {
  loadBalancer?: Record<string, never>;
  conditions?: Condition[];
}

interface PortInput extends Omit<ServicePort, 'targetPort'> {
  targetPort?: number | string;
}

const targetPort: Schema<number | string> = (value, path, problems) =>
  typeof value === 'string' ? label(value, path, problems) : integer(1, 65535)(value, path, problems);

const portInput = object<PortInput>(
  {
    name: optional(label),
    protocol: preset(oneOf(['TCP'], ['UDP', 'SCTP']), 'TCP'),
    port: required(integer(1, 65535)),
    targetPort: optional(targetPort),
    appProtocol: optional(qualifiedName),
  },
  { later: ['nodePort'] },
);

const port: Schema<ServicePort> = (value, path, problems) => {
  const read = portInput(value, path, problems);
  return { ...read, targetPort: read.targetPort ?? read.port };
};

function namedWhenSeveral(spec: ServiceSpec, path: string, problems: Problems): void {
  if (spec.ports.length < 2) return;
  for (const [index, each] of spec.ports.entries()) {
    if (each.name === undefined) {
      problems.add(`${path}.ports[${index}].name`, 'required when a service has several ports', 'FieldValueRequired');
    }
  }
}

const spec = object<ServiceSpec>(
  {
    ports: required((value, path, problems) => {
      const ports = list(port, { min: 1, max: 100, unique: { by: (each) => String(each.port), path: 'port' } });
      const read = ports(value, path, problems);
      const names = new Set<string>();
      for (const [index, each] of read.entries()) {
        if (each.name === undefined) continue;
        if (names.has(each.name))
          problems.add(`${path}[${index}].name`, `"${each.name}" is used twice`, 'FieldValueDuplicate');
        names.add(each.name);
      }
      return read;
    }),
    selector: optional(map(text({ max: 63 }), qualifiedName)),
    type: preset(oneOf(['ClusterIP'], ['NodePort', 'LoadBalancer', 'ExternalName']), 'ClusterIP'),
    clusterIP: optional(text({ max: 64 })),
    clusterIPs: optional(list(text({ max: 64 }), { max: 2 })),
    sessionAffinity: optional(oneOf(['None'], ['ClientIP'])),
    internalTrafficPolicy: optional(oneOf(['Cluster'], ['Local'])),
    ipFamilies: optional(list(oneOf(['IPv4', 'IPv6']), { max: 2 })),
    ipFamilyPolicy: optional(text({ max: 64 })),
  },
  {
    later: [
      'externalName',
      'externalIPs',
      'externalTrafficPolicy',
      'loadBalancerIP',
      'loadBalancerClass',
      'loadBalancerSourceRanges',
      'allocateLoadBalancerNodePorts',
      'healthCheckNodePort',
      'publishNotReadyAddresses',
      'sessionAffinityConfig',
      'trafficDistribution',
    ],
    also: namedWhenSeveral,
  },
);

export const serviceBody: Schema<Pick<Service, 'spec'>> = object<Pick<Service, 'spec'>>({ spec: required(spec) });

export const serviceStatus: Schema<ServiceStatus> = object<ServiceStatus>({
  loadBalancer: optional(object<Record<string, never>>({})),
  conditions: optional(conditionsSchema),
});
