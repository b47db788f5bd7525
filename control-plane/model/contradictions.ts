import type { AnyObject } from './kinds.ts';
import type { Problem } from './problem.ts';
import type { TrafficPolicy } from './traffic-policy.ts';
import { keyOf, type World } from './world.ts';

/** What `object` cannot be together with: an error that names both documents. */
export function contradictions(object: AnyObject, world: World): Problem[] {
  if (object.kind !== 'TrafficPolicy') return [];
  const problems: Problem[] = [];
  for (const [index, { name }] of object.spec.targetRefs.entries()) {
    const other = policiesFor(world, object.metadata.namespace, name).find((each) => keyOf(each) !== keyOf(object));
    if (!other) continue;
    problems.push({
      path: `spec.targetRefs[${index}]`,
      message:
        `TrafficPolicy ${keyOf(object)} and TrafficPolicy ${keyOf(other)} both target Service ` +
        `${object.metadata.namespace}/${name}: put the settings into one of them, or delete ${keyOf(other)} first`,
      reason: 'FieldValueDuplicate',
    });
  }
  return problems;
}

/**
 * The TrafficPolicies of a Service, the one in force first. More than one can only come from two control planes that
 * accepted them at the same moment: then the older one is in force, and of the same age the one first by name.
 */
export function policiesFor(world: World, namespace: string, service: string): TrafficPolicy[] {
  return [...world.trafficPolicies.values()]
    .filter((each) => each.metadata.namespace === namespace && targets(each, service))
    .toSorted((a, b) => compare(age(a), age(b)));
}

/** Why a stored policy is not in force, or undefined: another one of the same Service came first. */
export function conflictOf(object: AnyObject, world: World): string | undefined {
  if (object.kind !== 'TrafficPolicy') return undefined;
  const { namespace } = object.metadata;
  for (const { name } of object.spec.targetRefs) {
    const first = policiesFor(world, namespace, name)[0];
    if (first && keyOf(first) !== keyOf(object)) {
      return `Service ${namespace}/${name} follows the older TrafficPolicy ${keyOf(first)}`;
    }
  }
  return undefined;
}

const targets = (policy: TrafficPolicy, service: string): boolean =>
  policy.spec.targetRefs.some((ref) => ref.name === service);
const age = (policy: TrafficPolicy): string => `${policy.metadata.creationTimestamp}/${policy.metadata.name}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
