import { CLUSTER, FAULT_ASSIGNMENT, ROUTE, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';
import type { AnyObject } from '../model/kinds.ts';
import type { World } from '../model/world.ts';
import type { NodeKind } from '../translate/caller.ts';
import { faultsFor } from '../translate/fault.ts';
import { outboundRoutes } from '../translate/listener.ts';
import { clusterName, virtualHostName } from '../translate/names.ts';
import type { TranslationProblem } from '../translate/problem.ts';
import type { Fleet, FleetMember } from './fleet.ts';

/** On how many clients an object is in force: of those that use what it is about, who has it and who refused it. */
export interface Standing {
  applied: number;
  total: number;
  nacks: { node: string; message: string }[];
  /** What kinds of client leave out of it, with how many of them use what it is about. */
  limits: string[];
}

/**
 * Undefined for kinds that are about no client. The world must be the one that clients see by now; `problems` are those of
 * the object.
 */
export function standingOf(
  object: AnyObject,
  world: World,
  fleet: Fleet,
  problems: readonly TranslationProblem[],
): Standing | undefined {
  const targets = targetsOf(object);
  if (!targets) return undefined;
  const standing: Standing = { applied: 0, total: 0, nacks: [], limits: [] };
  const kinds = new Map<NodeKind, number>();
  for (const member of fleet.members()) {
    if (object.kind === 'FaultPolicy' && faultsFor([object], member.node).length === 0) continue;
    const states = targets.flatMap((key) =>
      resourcesOf(object, key, world, member).map(([type, name]) => member.session.state(type, name, member.view)),
    );
    const known = states.filter((state) => state !== 'absent');
    if (known.length === 0) continue;
    standing.total += 1;
    kinds.set(member.node.kind, (kinds.get(member.node.kind) ?? 0) + 1);
    if (known.includes('refused')) {
      standing.nacks.push({ node: member.node.id, message: fleet.lastRefusal(member)?.error ?? '' });
    } else if (known.every((state) => state === 'current')) standing.applied += 1;
  }
  for (const [kind, count] of kinds) {
    const clients = `${count} ${kind} client${count === 1 ? '' : 's'}`;
    for (const { nodes, message } of problems) if (nodes === kind) standing.limits.push(`${clients}: ${message}`);
    if (object.kind === 'FaultPolicy' && kind !== 'aya') standing.limits.push(`${clients}: ${needsUs}`);
  }
  return standing;
}

/** Aya's sidecars end a fault by themselves; others only know what they were told last. */
const needsUs = 'the lease ends only while a control plane runs';

/** The services that an object changes calls to, by key. */
function targetsOf(object: AnyObject): string[] | undefined {
  const home = object.metadata.namespace;
  switch (object.kind) {
    case 'TrafficPolicy':
    case 'FaultPolicy':
      return object.spec.targetRefs.map(({ name }) => `${home}/${name}`);
    case 'HTTPRoute':
    case 'GRPCRoute':
      return object.spec.parentRefs.map(({ namespace = home, name }) => `${namespace}/${name}`);
    default:
      return undefined;
  }
}

/** The resources that carry an object to a client: none when it is about the calls of others. */
function resourcesOf(object: AnyObject, key: string, world: World, { node }: FleetMember): [string, string][] {
  const service = world.services.get(key);
  if (!service) return [];
  const { name, namespace } = service.metadata;
  const home = object.metadata.namespace;
  // A consumer route is for callers of its own namespace.
  const route = object.kind === 'HTTPRoute' || object.kind === 'GRPCRoute';
  if (route && home !== namespace && home !== node.namespace) return [];
  if (object.kind === 'FaultPolicy' && node.kind === 'aya') return [[FAULT_ASSIGNMENT, `${name}.${namespace}`]];
  return service.spec.ports.flatMap(({ port }) => {
    const cluster = clusterName(name, namespace, port);
    const routes: Record<typeof node.kind, [string, string]> = {
      aya: [VIRTUAL_HOST, virtualHostName(cluster)],
      envoy: [ROUTE, outboundRoutes],
      grpc: [ROUTE, cluster],
    };
    return object.kind === 'TrafficPolicy' ? [[CLUSTER, cluster], routes[node.kind]] : [routes[node.kind]];
  });
}
