import type { GrpcRoute } from './grpc-route.ts';
import type { HttpRoute } from './http-route.ts';
import type { ParentRef } from './route.ts';
import { keyOf, type World } from './world.ts';

/** Any kind of route. */
export type Route = HttpRoute | GrpcRoute;

/** What of an HTTPRoute is not in force at one of its parents. */
export interface Conflict {
  /** Nothing of it is. */
  readonly whole: boolean;
  readonly message: string;
}

/**
 * One kind of route holds for a port of a Service: where there is a GRPCRoute, the HTTPRoutes beside it have no effect
 * (GEP-1294, "Route types"). Routes of different namespaces do not meet: for each caller those of one namespace hold.
 */
export function conflictAtParent(route: Route, parent: ParentRef, world: World): Conflict | undefined {
  if (route.kind === 'GRPCRoute') return undefined;
  const home = route.metadata.namespace;
  const key = `${parent.namespace ?? home}/${parent.name}`;
  const ports = world.services.get(key)?.spec.ports.map(({ port }) => port) ?? [];
  const own = parent.port === undefined ? ports : ports.filter((port) => port === parent.port);
  const taken = new Set<number>();
  const winners = new Set<string>();
  for (const other of world.grpcRoutes.values()) {
    if (other.metadata.namespace !== home) continue;
    for (const port of own) {
      if (!attachedTo(other, key, port)) continue;
      taken.add(port);
      winners.add(keyOf(other));
    }
  }
  if (taken.size === 0) return undefined;
  const whole = taken.size === own.length;
  const where = whole ? '' : ` on port ${[...taken].sort((a, b) => a - b).join(', ')}`;
  return { whole, message: `Service ${key} follows GRPCRoute ${[...winners].sort().join(', ')}${where}` };
}

/** Whether a port of a Service (`namespace/name`) is one of a route's parents. */
export function attachedTo({ metadata, spec }: Route, service: string, port: number): boolean {
  return spec.parentRefs.some(
    (parent) =>
      `${parent.namespace ?? metadata.namespace}/${parent.name}` === service &&
      (parent.port === undefined || parent.port === port),
  );
}
