import type { AnyObject } from './kinds.ts';
import type { World } from './world.ts';

/** A Service that something refers to and that is not there (or lacks the port): a condition, never an error. */
export interface MissingReference {
  /** Where it is named: `spec.rules[0].backendRefs[1]`. */
  path: string;
  message: string;
}

/** Says what is wrong with a reference to a Service, or undefined. */
export function missingService(world: World, namespace: string, name: string, port?: number): string | undefined {
  const service = world.services.get(`${namespace}/${name}`);
  if (!service) return `Service ${namespace}/${name} does not exist`;
  if (port === undefined || service.spec.ports.some((each) => each.port === port)) return undefined;
  const ports = service.spec.ports.map((each) => each.port).join(', ');
  return `Service ${namespace}/${name} has no port ${port}; it has ${ports}`;
}

/** What the targets of a policy, the callers of a fault, or the backends of a route refer to in vain. */
export function missingReferences(object: AnyObject, world: World): MissingReference[] {
  const home = object.metadata.namespace;
  const found: MissingReference[] = [];
  const look = (path: string, namespace: string, name: string, port?: number): void => {
    const message = missingService(world, namespace, name, port);
    if (message !== undefined) found.push({ path, message });
  };
  switch (object.kind) {
    case 'TrafficPolicy':
    case 'FaultPolicy':
      for (const [index, ref] of object.spec.targetRefs.entries()) look(`spec.targetRefs[${index}]`, home, ref.name);
      break;
    case 'HTTPRoute':
    case 'GRPCRoute':
      for (const [index, rule] of object.spec.rules.entries()) {
        for (const [which, ref] of rule.backendRefs.entries()) {
          look(`spec.rules[${index}].backendRefs[${which}]`, ref.namespace ?? home, ref.name, ref.port);
        }
      }
      break;
  }
  return found;
}
