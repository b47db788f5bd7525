import { isIP } from 'node:net';
import { label, qualifiedName, subdomain } from './names.ts';
import type { Resource } from './object.ts';
import type { Problems } from './problem.ts';
import { boolean, integer, list, object, oneOf, optional, preset, required, type Schema, text } from './schema.ts';

/** The label that ties a slice to its Service, in the same namespace. */
export const serviceNameLabel = 'kubernetes.io/service-name';
/** The label that says who writes a slice. */
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
/** The value of `managedByLabel` on slices that stand for registered workloads: only the registry writes them. */
export const registryManager = 'registry.aya.dev';

/** discovery.k8s.io/v1 EndpointSlice: a part of the endpoints of one Service. Its fields stand at the top, not in a spec. */
export interface EndpointSlice extends Resource {
  apiVersion: 'discovery.k8s.io/v1';
  kind: 'EndpointSlice';
  addressType: 'IPv4' | 'IPv6';
  endpoints: Endpoint[];
  ports: EndpointPort[];
}

export interface Endpoint {
  /** At least one; only the first is used, the others are the same endpoint. */
  addresses: string[];
  conditions: EndpointConditions;
  hostname?: string;
  nodeName?: string;
  zone?: string;
  targetRef?: TargetReference;
}

export interface EndpointConditions {
  /** May take traffic. */
  ready: boolean;
  serving?: boolean;
  terminating?: boolean;
}

export interface EndpointPort {
  /** Serves the Service port of the same name; absent or '' for the only port of a Service. */
  name?: string;
  protocol: 'TCP';
  port: number;
  appProtocol?: string;
}

export interface TargetReference {
  apiVersion?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  fieldPath?: string;
  resourceVersion?: string;
}

export type EndpointSliceBody = Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'>;

const short = text({ max: 253 });

const endpoint = object<Endpoint>(
  {
    addresses: required(list(text({ min: 1, max: 64 }), { min: 1, max: 100 })),
    conditions: preset(
      object<EndpointConditions>({
        ready: preset(boolean, true),
        serving: optional(boolean),
        terminating: optional(boolean),
      }),
      { ready: true },
    ),
    hostname: optional(label),
    nodeName: optional(subdomain),
    zone: optional(short),
    targetRef: optional(
      object<TargetReference>({
        apiVersion: optional(short),
        kind: optional(short),
        namespace: optional(short),
        name: optional(short),
        uid: optional(short),
        fieldPath: optional(short),
        resourceVersion: optional(short),
      }),
    ),
  },
  { later: ['hints', 'deprecatedTopology'] },
);

const portName: Schema<string> = (value, path, problems) => (value === '' ? '' : label(value, path, problems));

const port = object<EndpointPort>({
  name: optional(portName),
  protocol: preset(oneOf(['TCP'], ['UDP', 'SCTP']), 'TCP'),
  port: required(integer(1, 65535)),
  appProtocol: optional(qualifiedName),
});

function addressesOfType(slice: EndpointSliceBody, path: string, problems: Problems): void {
  const family = slice.addressType === 'IPv4' ? 4 : 6;
  const where = path === '' ? '' : `${path}.`;
  for (const [index, each] of slice.endpoints.entries()) {
    for (const [which, address] of each.addresses.entries()) {
      if (isIP(address) === family) continue;
      const at = `${where}endpoints[${index}].addresses[${which}]`;
      problems.add(at, `must be an ${slice.addressType} address, as addressType says; got "${address}"`);
    }
  }
}

export const endpointSliceBody: Schema<EndpointSliceBody> = object<EndpointSliceBody>(
  {
    addressType: required(oneOf(['IPv4', 'IPv6'], ['FQDN'])),
    endpoints: preset(list(endpoint, { max: 1000 }), []),
    ports: preset(list(port, { max: 100, unique: { by: (each) => each.name ?? '', path: 'name' } }), []),
  },
  { also: addressesOfType },
);
