import { conflictOf } from '../model/contradictions.ts';
import { expiry } from '../model/fault-policy.ts';
import type { AnyObject } from '../model/kinds.ts';
import { type Condition, timestamp } from '../model/object.ts';
import { missingReferences, missingService } from '../model/references.ts';
import type { ParentRef, RouteParentStatus } from '../model/route.ts';
import { conflictAtParent, type Route } from '../model/route-conflicts.ts';
import type { TrafficPolicy } from '../model/traffic-policy.ts';
import type { World } from '../model/world.ts';

/** On how many sidecars a policy is in force: of those that it is about, how many acknowledged it, and who refused it. */
export interface FleetStatus {
  applied: number;
  total: number;
  nacks: { node: string; message: string }[];
  /** What kinds of client cannot do, one sentence each, with how many there are. */
  limits?: readonly string[];
}

/** What conditions are derived from. */
export interface Facts {
  world: World;
  /** Wall-clock milliseconds. */
  wall: number;
  /** Undefined when it is not known yet: nothing was translated since the object changed. */
  fleet: FleetStatus | undefined;
  /** The TrafficPolicy in force for each Service. */
  inForce: ReadonlyMap<string, TrafficPolicy>;
}

/** What is said about an object, before it is known since when. */
type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const controllerName = 'aya.dev/control-plane';

/** The status that the object should have by these facts; undefined for kinds without conditions. */
export function settledStatus(object: AnyObject, facts: Facts): object | undefined {
  switch (object.kind) {
    case 'HTTPRoute':
    case 'GRPCRoute':
      return { ...object.status, parents: routeParents(object, facts) };
    case 'TrafficPolicy':
    case 'FaultPolicy': {
      const verdicts = [accepted(object, facts), resolved(object, facts), programmed(object, facts)];
      if (object.kind === 'FaultPolicy') verdicts.push(expired(expiry(object), facts.wall));
      const conditions = dated(verdicts, object.status?.conditions, object.metadata.generation, facts.wall);
      return { ...object.status, conditions };
    }
    default:
      return undefined;
  }
}

function accepted(object: AnyObject, { inForce }: Facts): Verdict {
  const conflict = conflictOf(object, inForce);
  return conflict === undefined
    ? valid
    : { type: 'Accepted', status: 'False', reason: 'Conflicted', message: conflict };
}

const valid: Verdict = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'the specification is valid' };

function acceptedBy(route: Route, parent: ParentRef, { world }: Facts): Verdict {
  const { namespace = route.metadata.namespace, name, port } = parent;
  const missing = missingService(world, namespace, name, port);
  if (missing !== undefined) return { type: 'Accepted', status: 'False', reason: 'NoMatchingParent', message: missing };
  const conflict = conflictAtParent(route, parent, world);
  if (!conflict) return valid;
  if (conflict.whole) return { type: 'Accepted', status: 'False', reason: 'Conflicted', message: conflict.message };
  return { ...valid, message: `${valid.message}; ${conflict.message}` };
}

function resolved(object: AnyObject, { world }: Facts): Verdict {
  const missing = missingReferences(object, world).map(({ path, message }) => `${path}: ${message}`);
  if (missing.length === 0) {
    return { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: 'all references exist' };
  }
  const route = object.kind === 'HTTPRoute' || object.kind === 'GRPCRoute';
  const reason = route ? 'BackendNotFound' : 'TargetNotFound';
  return { type: 'ResolvedRefs', status: 'False', reason, message: missing.join('; ') };
}

/** Without counts: these are stored nowhere, but said when the object is read. */
function programmed(object: AnyObject, { fleet, wall }: Facts): Verdict {
  const say = (status: Condition['status'], reason: string, message: string): Verdict => ({
    type: 'Programmed',
    status,
    reason,
    message,
  });
  if (object.kind === 'FaultPolicy' && expiry(object) <= wall) return say('False', 'Expired', 'its lease has ended');
  if (!fleet) return say('Unknown', 'Pending', 'not yet sent to sidecars');
  if (fleet.nacks.length > 0) return say('False', 'Rejected', 'refused by sidecars');
  if (fleet.total === 0) return say('Unknown', 'NoSidecars', 'no connected sidecar is concerned');
  if (fleet.applied < fleet.total) return say('False', 'Pending', 'not yet acknowledged by all sidecars');
  return say('True', 'Programmed', 'in force on all sidecars that are concerned');
}

function expired(end: number, wall: number): Verdict {
  return end <= wall
    ? {
        type: 'Expired',
        status: 'True',
        reason: 'LeaseEnded',
        message: 'the lease has ended; a changed spec starts a new one',
      }
    : { type: 'Expired', status: 'False', reason: 'LeaseRunning', message: 'the lease is running' };
}

function routeParents(route: Route, facts: Facts): RouteParentStatus[] {
  const shared = [resolved(route, facts), programmed(route, facts)];
  return route.spec.parentRefs.map((parentRef) => {
    const { name, port } = parentRef;
    const before = route.status?.parents.find(
      (each) =>
        each.parentRef.name === name &&
        each.parentRef.port === port &&
        (each.parentRef.namespace ?? '') === (parentRef.namespace ?? ''),
    );
    const conditions = dated(
      [acceptedBy(route, parentRef, facts), ...shared],
      before?.conditions,
      route.metadata.generation,
      facts.wall,
    );
    return { parentRef, controllerName, conditions };
  });
}

/** Conditions of other writers stay; `lastTransitionTime` moves only with `status`. */
function dated(
  verdicts: readonly Verdict[],
  before: readonly Condition[] | undefined,
  generation: number,
  wall: number,
): Condition[] {
  const ours = verdicts.map((verdict) => {
    const previous = before?.find((each) => each.type === verdict.type);
    const since = previous?.status === verdict.status ? previous.lastTransitionTime : timestamp(wall);
    return { ...verdict, lastTransitionTime: since, observedGeneration: generation };
  });
  const others = before?.filter((each) => !verdicts.some((verdict) => verdict.type === each.type)) ?? [];
  return [...ours, ...others];
}

/** Says "11/12" in the condition that Programmed is, for readers only. */
export function withCounts(conditions: readonly Condition[], fleet: FleetStatus): Condition[] {
  return conditions.map((each) =>
    each.type === 'Programmed' && fleet.total > 0
      ? { ...each, message: `applied on ${fleet.applied}/${fleet.total} sidecars${refusals(fleet)}${limits(fleet)}` }
      : each,
  );
}

const limits = (fleet: FleetStatus): string => (fleet.limits ?? []).map((each) => `; ${each}`).join('');

function refusals({ nacks }: FleetStatus): string {
  const [first] = nacks;
  if (!first) return '';
  const more = nacks.length > 1 ? ` (and ${nacks.length - 1} more)` : '';
  return `; refused by ${first.node}: ${first.message}${more}`;
}
