import type { ClusterPlan, EndpointsPlan } from '../core/plan/cluster.ts';
import type { Piece, PieceName, PlanDelta } from '../core/plan/delta.ts';
import type { FaultAssignmentPlan } from '../core/plan/fault.ts';
import type { ListenerPlan } from '../core/plan/listener.ts';
import type { RouteConfigPlan, VirtualHostPlan } from '../core/plan/route.ts';

/** All pieces of the plan by kind and name, as the deltas so far have left them. */
export class Pieces {
  readonly listener = new Map<string, ListenerPlan>();
  readonly route = new Map<string, RouteConfigPlan>();
  readonly vhost = new Map<string, VirtualHostPlan>();
  readonly cluster = new Map<string, ClusterPlan>();
  readonly endpoints = new Map<string, EndpointsPlan>();
  readonly fault = new Map<string, FaultAssignmentPlan>();
  epoch = 0;

  apply(delta: PlanDelta): void {
    this.epoch = delta.epoch;
    for (const { kind, name } of delta.del) this[kind].delete(name);
    for (const { kind, name, value } of delta.put) (this[kind] as Map<string, typeof value>).set(name, value);
  }

  /** Everything, as the one delta that brings an empty set of pieces here. */
  whole(): PlanDelta {
    const put: Piece[] = [];
    for (const kind of ['cluster', 'endpoints', 'fault', 'vhost', 'route', 'listener'] as const) {
      for (const [name, value] of this[kind]) put.push({ kind, name, value } as Piece);
    }
    return { epoch: this.epoch, put, del: [] };
  }
}

/** Names of one kind that a delta touches. */
export function touched(delta: PlanDelta, kind: Piece['kind']): Set<string> {
  const names = new Set<string>();
  for (const piece of [...delta.put, ...delta.del] as readonly PieceName[])
    if (piece.kind === kind) names.add(piece.name);
  return names;
}
