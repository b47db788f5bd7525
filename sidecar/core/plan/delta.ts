import type { ClusterPlan, EndpointsPlan } from './cluster.ts';
import type { FaultAssignmentPlan } from './fault.ts';
import type { ListenerPlan } from './listener.ts';
import type { RouteConfigPlan, VirtualHostPlan } from './route.ts';

/**
 * The plan is what main resolved from bootstrap and xDS, as plain data with defaults filled, one piece per resource; this
 * folder has a file per concept. It crosses to the workers by structured clone, so it holds no functions and no class
 * instances. Durations are milliseconds (0 = none), percentages are 0..100 with decimals, sizes are bytes. Header names are
 * lower case.
 */

/** Only changed pieces travel. `epoch` rises by one per delta; a worker shows it in its row once it is in force. */
export interface PlanDelta {
  readonly epoch: number;
  readonly put: readonly Piece[];
  readonly del: readonly PieceName[];
}

export type Piece =
  | { readonly kind: 'listener'; readonly name: string; readonly value: ListenerPlan }
  | { readonly kind: 'route'; readonly name: string; readonly value: RouteConfigPlan }
  | { readonly kind: 'vhost'; readonly name: string; readonly value: VirtualHostPlan }
  | { readonly kind: 'cluster'; readonly name: string; readonly value: ClusterPlan }
  | { readonly kind: 'endpoints'; readonly name: string; readonly value: EndpointsPlan }
  | { readonly kind: 'fault'; readonly name: string; readonly value: FaultAssignmentPlan };

export interface PieceName {
  readonly kind: Piece['kind'];
  readonly name: string;
}
