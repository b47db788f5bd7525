import type { Log } from '../../shared/log/log.ts';
import { type Resource, type ResourceKind, readResource } from '../plan/resource.ts';
import type { World } from '../plan/world.ts';
import { type Inventory, typeOfKind } from './session.ts';

/** The world as discovery fills it. `lenient`: what is not supported is warned about and left out, not refused. */
export function inventoryOf(world: World, lenient: boolean, log: Log): Inventory {
  return {
    put(kind: ResourceKind, name: string, bytes: Uint8Array, kept: boolean) {
      const { resource, problems, warnings } = readResource(typeOfKind(kind), name, bytes, lenient);
      for (const each of warnings) log.warn({ resource: name }, `${each}; ignored`);
      if (!resource) return problems;
      const refused = world.put(name, kept ? withoutHealth(resource) : resource);
      return refused === undefined ? [] : [refused];
    },
    remove: (kind, name) => world.remove(kind, name),
    forget: (kind, name) => world.forget(kind, name),
    waits: (kind, name) => world.waits(kind, name),
  };
}

/** What a file says of the health of endpoints is old: they are used whatever it was (decision D31). */
function withoutHealth(resource: Resource): Resource {
  if (resource.kind !== 'endpoints') return resource;
  return { kind: 'endpoints', value: resource.value.map((row) => ({ ...row, flags: 0 })) };
}
