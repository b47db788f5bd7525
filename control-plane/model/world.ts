import type { EndpointSlice } from './endpoint-slice.ts';
import type { FaultPolicy } from './fault-policy.ts';
import type { GrpcRoute } from './grpc-route.ts';
import type { HttpRoute } from './http-route.ts';
import type { KindName, ObjectOf } from './kinds.ts';
import type { Service } from './service.ts';
import type { TrafficPolicy } from './traffic-policy.ts';

/** All objects of the mesh, by `namespace/name`: what translation reads. Live: it may change between two turns, never within one. */
export interface World {
  readonly services: ReadonlyMap<string, Service>;
  readonly endpointSlices: ReadonlyMap<string, EndpointSlice>;
  readonly httpRoutes: ReadonlyMap<string, HttpRoute>;
  readonly grpcRoutes: ReadonlyMap<string, GrpcRoute>;
  readonly trafficPolicies: ReadonlyMap<string, TrafficPolicy>;
  readonly faultPolicies: ReadonlyMap<string, FaultPolicy>;
}

/** Which part of the world holds a kind. */
export const placeOf = {
  Service: 'services',
  EndpointSlice: 'endpointSlices',
  HTTPRoute: 'httpRoutes',
  GRPCRoute: 'grpcRoutes',
  TrafficPolicy: 'trafficPolicies',
  FaultPolicy: 'faultPolicies',
} as const satisfies Record<KindName, keyof World>;

/** The objects of one kind. */
export function objectsOf<K extends KindName>(world: World, kind: K): ReadonlyMap<string, ObjectOf[K]> {
  return world[placeOf[kind]] as ReadonlyMap<string, ObjectOf[K]>;
}

/** `namespace/name`: the key of an object in the world. */
export function keyOf(object: { metadata: { namespace: string; name: string } }): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}
