import { type EndpointSlice, serviceNameLabel } from '../model/endpoint-slice.ts';
import { expiry, type FaultPolicy } from '../model/fault-policy.ts';
import type { AnyObject } from '../model/kinds.ts';
import type { Route } from '../model/route-conflicts.ts';
import type { Service } from '../model/service.ts';
import type { TrafficPolicy } from '../model/traffic-policy.ts';
import { keyOf, type World } from '../model/world.ts';

/** A service with all that says something about it. Policies and routes are in order of age, then of name. */
export interface ServiceEntry {
  readonly key: string;
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  /** The oldest policy wins (Gateway API, conflict resolution); the others have no effect. */
  readonly policies: readonly TrafficPolicy[];
  /** Routes whose parent it is, from whichever namespace. */
  readonly routes: readonly Route[];
  /** Faults whose lease has not ended. */
  readonly faults: readonly FaultPolicy[];
  /** The services that its routes send to, by key. */
  readonly backends: ReadonlyMap<string, Backend>;
}

/** `service` is undefined when there is none of the name. */
export interface Backend {
  readonly service: Service | undefined;
  readonly policies: readonly TrafficPolicy[];
  readonly faults: readonly FaultPolicy[];
}

export interface Catalog {
  readonly services: ReadonlyMap<string, ServiceEntry>;
  /** Callers, as `namespace/service`, that some fault is about: only for them it matters who they are. */
  readonly named: ReadonlySet<string>;
  /** The generation of every route and policy that is in it, by kind and key. */
  readonly generations: ReadonlyMap<string, number>;
  /** Wall-clock milliseconds when the first lease ends, and the catalog with it. */
  readonly until: number;
}

/** What is in the world at `wall`, arranged by service. */
export function catalogOf(world: World, wall: number): Catalog {
  const slices = group([...world.endpointSlices.values()], ({ metadata: { namespace, labels } }) => {
    const service = labels?.[serviceNameLabel];
    return service === undefined ? [] : [`${namespace}/${service}`];
  });
  const policies = byAge(group([...world.trafficPolicies.values()], targets));
  const routes = byAge(
    group<Route>([...world.httpRoutes.values(), ...world.grpcRoutes.values()], ({ metadata, spec }) => [
      ...new Set(spec.parentRefs.map((parent) => `${parent.namespace ?? metadata.namespace}/${parent.name}`)),
    ]),
  );
  const active = [...world.faultPolicies.values()].filter((each) => expiry(each) > wall);
  const faults = byAge(group(active, targets));
  const named = active.flatMap(({ metadata, spec }) =>
    spec.from.map(({ namespace, service }) => `${namespace ?? metadata.namespace}/${service}`),
  );
  const services = new Map<string, ServiceEntry>();
  for (const [key, service] of world.services) {
    const own = routes.get(key) ?? [];
    const backend = (name: string): Backend => ({
      service: world.services.get(name),
      policies: policies.get(name) ?? [],
      faults: faults.get(name) ?? [],
    });
    services.set(key, {
      key,
      service,
      slices: slices.get(key) ?? [],
      policies: policies.get(key) ?? [],
      routes: own,
      faults: faults.get(key) ?? [],
      backends: new Map(own.flatMap(backendKeys).map((name) => [name, backend(name)])),
    });
  }
  const said = [world.httpRoutes, world.grpcRoutes, world.trafficPolicies, world.faultPolicies].flatMap((all) => [
    ...all.values(),
  ]);
  const generations = new Map(said.map((each) => [identityOf(each), each.metadata.generation]));
  return {
    services,
    generations,
    named: new Set(named),
    until: Math.min(Number.POSITIVE_INFINITY, ...active.map(expiry)),
  };
}

/** The key of `generations`. */
export function identityOf(object: AnyObject): string {
  return `${object.kind} ${keyOf(object)}`;
}

/** True when both entries were made of the same objects: their translations are the same. */
export function sameEntry(one: ServiceEntry | undefined, other: ServiceEntry | undefined): boolean {
  if (!one || !other) return one === other;
  return (
    one.service === other.service &&
    sameItems(one.slices, other.slices) &&
    sameItems(one.policies, other.policies) &&
    sameItems(one.routes, other.routes) &&
    sameItems(one.faults, other.faults) &&
    sameItems(backendObjects(one), backendObjects(other))
  );
}

function sameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}

function backendObjects(entry: ServiceEntry): unknown[] {
  return [...entry.backends.values()].flatMap(({ service, policies, faults }) => [service, ...policies, ...faults]);
}

function targets({ metadata, spec }: TrafficPolicy | FaultPolicy): string[] {
  return spec.targetRefs.map(({ name }) => `${metadata.namespace}/${name}`);
}

function backendKeys({ metadata, spec }: Route): string[] {
  return spec.rules.flatMap((rule) =>
    rule.backendRefs.map(({ namespace, name }) => `${namespace ?? metadata.namespace}/${name}`),
  );
}

function group<T>(objects: readonly T[], keys: (object: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const object of objects) {
    for (const key of keys(object)) {
      const members = groups.get(key);
      if (members) members.push(object);
      else groups.set(key, [object]);
    }
  }
  return groups;
}

interface Aged {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly creationTimestamp: string };
}

function byAge<T extends Aged>(groups: Map<string, T[]>): Map<string, T[]> {
  for (const members of groups.values()) members.sort(older);
  return groups;
}

function older(one: Aged, other: Aged): number {
  const [a, b] = [one.metadata.creationTimestamp, other.metadata.creationTimestamp];
  if (a !== b) return a < b ? -1 : 1;
  return keyOf(one) < keyOf(other) ? -1 : 1;
}
