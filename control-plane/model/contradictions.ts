import type { AnyObject } from './kinds.ts';
import type { Problem } from './problem.ts';
import type { TrafficPolicy } from './traffic-policy.ts';
import { keyOf, type World } from './world.ts';

/** What `object` cannot be together with: an error that names both documents. */
export function contradictions(object: AnyObject, world: World): Problem[] {
  if (object.kind !== 'TrafficPolicy') return [];
  const problems: Problem[] = [];
  for (const [index, { name }] of object.spec.targetRefs.entries()) {
    const other = otherPolicy(object, name, world);
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
 * The TrafficPolicy in force for each Service that has one, by `namespace/service`. More than one can only come from two
 * control planes that accepted them at the same moment: then the older one is in force, of the same age the first by name.
 */
export function policiesInForce(world: World): ReadonlyMap<string, TrafficPolicy> {
  const inForce = new Map<string, TrafficPolicy>();
  for (const policy of world.trafficPolicies.values()) {
    for (const { name } of policy.spec.targetRefs) {
      const service = `${policy.metadata.namespace}/${name}`;
      const other = inForce.get(service);
      if (!other || age(policy) < age(other)) inForce.set(service, policy);
    }
  }
  return inForce;
}

/** Why a stored policy is not in force, or undefined: another one of the same Service came first. */
export function conflictOf(object: AnyObject, inForce: ReadonlyMap<string, TrafficPolicy>): string | undefined {
  if (object.kind !== 'TrafficPolicy') return undefined;
  for (const { name } of object.spec.targetRefs) {
    const service = `${object.metadata.namespace}/${name}`;
    const first = inForce.get(service);
    if (first && keyOf(first) !== keyOf(object))
      return `Service ${service} follows the older TrafficPolicy ${keyOf(first)}`;
  }
  return undefined;
}

const age = (policy: TrafficPolicy): string => `${policy.metadata.creationTimestamp}/${policy.metadata.name}`;

function otherPolicy(policy: TrafficPolicy, service: string, world: World): TrafficPolicy | undefined {
  const { name, namespace } = policy.metadata;
  for (const other of world.trafficPolicies.values()) {
    if (other.metadata.namespace !== namespace || other.metadata.name === name) continue;
    if (other.spec.targetRefs.some((ref) => ref.name === service)) return other;
  }
  return undefined;
}
