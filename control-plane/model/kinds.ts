import { type EndpointSlice, endpointSliceBody } from './endpoint-slice.ts';
import { type FaultPolicy, faultPolicyBody, faultPolicyStatus } from './fault-policy.ts';
import { type GrpcRoute, grpcRouteBody } from './grpc-route.ts';
import { type HttpRoute, httpRouteBody } from './http-route.ts';
import { serviceName, subdomain } from './names.ts';
import type { Resource } from './object.ts';
import { routeStatus } from './route.ts';
import type { Schema } from './schema.ts';
import { type Service, serviceBody, serviceStatus } from './service.ts';
import { type TrafficPolicy, trafficPolicyBody, trafficPolicyStatus } from './traffic-policy.ts';
import { withRetryOn } from './yaml-on.ts';

/** Every kind by name, and the type of its objects. */
export interface ObjectOf {
  Service: Service;
  EndpointSlice: EndpointSlice;
  HTTPRoute: HttpRoute;
  GRPCRoute: GrpcRoute;
  TrafficPolicy: TrafficPolicy;
  FaultPolicy: FaultPolicy;
}

export type KindName = keyof ObjectOf;
export type AnyObject = ObjectOf[KindName];

/** All that the store and the API need to know about a kind. All kinds live in namespaces. */
export interface Kind<K extends KindName = KindName> {
  kind: K;
  /** '' is Kubernetes' core group, whose paths begin with /api instead of /apis. */
  group: string;
  version: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  name: Schema<string>;
  /** The top-level fields but apiVersion, kind, metadata and status. */
  body: Schema<Omit<ObjectOf[K], keyof Resource>>;
  /** Undefined: the kind has no status. */
  status: Schema<object> | undefined;
  /** Whether strategic merge patch is defined for it: for Kubernetes' own kinds only. */
  strategic: boolean;
  /** Undoes what readers of YAML do to documents and merge patches of this kind. */
  restored?: (document: unknown) => unknown;
}

const service: Kind<'Service'> = {
  kind: 'Service',
  group: '',
  version: 'v1',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  name: serviceName,
  body: serviceBody,
  status: serviceStatus,
  strategic: true,
};

const endpointSlice: Kind<'EndpointSlice'> = {
  kind: 'EndpointSlice',
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  singular: 'endpointslice',
  shortNames: [],
  name: subdomain,
  body: endpointSliceBody,
  status: undefined,
  strategic: true,
};

const httpRoute: Kind<'HTTPRoute'> = {
  kind: 'HTTPRoute',
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'httproutes',
  singular: 'httproute',
  shortNames: [],
  name: subdomain,
  body: httpRouteBody,
  status: routeStatus,
  strategic: false,
};

const grpcRoute: Kind<'GRPCRoute'> = {
  kind: 'GRPCRoute',
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'grpcroutes',
  singular: 'grpcroute',
  shortNames: [],
  name: subdomain,
  body: grpcRouteBody,
  status: routeStatus,
  strategic: false,
};

const trafficPolicy: Kind<'TrafficPolicy'> = {
  kind: 'TrafficPolicy',
  group: 'aya.dev',
  version: 'v1alpha1',
  plural: 'trafficpolicies',
  singular: 'trafficpolicy',
  shortNames: ['tp'],
  name: subdomain,
  body: trafficPolicyBody,
  status: trafficPolicyStatus,
  strategic: false,
  restored: withRetryOn,
};

const faultPolicy: Kind<'FaultPolicy'> = {
  kind: 'FaultPolicy',
  group: 'aya.dev',
  version: 'v1alpha1',
  plural: 'faultpolicies',
  singular: 'faultpolicy',
  shortNames: ['fp'],
  name: subdomain,
  body: faultPolicyBody,
  status: faultPolicyStatus,
  strategic: false,
};

export const kinds: readonly Kind[] = [
  service,
  endpointSlice,
  httpRoute,
  grpcRoute,
  trafficPolicy,
  faultPolicy,
] as Kind[];

export function kindNamed(name: string): Kind | undefined {
  return kinds.find((each) => each.kind === name);
}

/** `v1`, `aya.dev/v1alpha1`. */
export function apiVersionOf(kind: Pick<Kind, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}
