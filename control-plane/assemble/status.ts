import type { ApiContext } from '../api/context.ts';
import type { Fleet } from '../discovery/fleet.ts';
import { standingOf } from '../discovery/standing.ts';
import type { KindName } from '../model/kinds.ts';
import { objectsOf, type World } from '../model/world.ts';
import type { HealthReports } from '../registry/endpoint-health.ts';
import type { Registry } from '../registry/registry.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** Answers the API's question on how many clients an object is in force; undefined while it is not translated yet. */
export function fleetStatusOf(world: World, snapshot: Snapshot, fleet: Fleet): ApiContext['fleetStatus'] {
  return (kind: KindName, namespace, name, generation) => {
    const object = objectsOf(world, kind).get(`${namespace}/${name}`);
    if (!object || object.metadata.generation !== generation || !snapshot.shows(object)) return undefined;
    return standingOf(object, world, fleet, snapshot.problems(object));
  };
}

/** The document of `GET /aya/v1/status`. */
export function statusDocument(parts: {
  identifier: string;
  version: string;
  fleet: Fleet;
  snapshot: Snapshot;
  registry: Registry;
  health: HealthReports;
}): () => object {
  const { identifier, version, fleet, snapshot, registry, health } = parts;
  return () => ({
    controlPlane: { identifier, version },
    nodes: fleet.entries(),
    leases: registry.leases(),
    endpointHealth: health.all(),
    problems: snapshot.problems(),
  });
}
