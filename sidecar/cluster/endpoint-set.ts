import type { LocalityPlan } from '../core/plan/balancer.ts';
import type { EndpointsPlan } from '../core/plan/cluster.ts';
import { endpointName, type LiveEndpoint } from './live-endpoint.ts';

/** Endpoints of one priority, in the plan's order. */
export interface Level {
  readonly priority: number;
  readonly endpoints: readonly LiveEndpoint[];
}

export interface EndpointUpdate {
  readonly set: EndpointSet;
  /** Endpoints that the new plan does not name: to be drained. */
  readonly removed: readonly LiveEndpoint[];
}

/**
 * The endpoints of a cluster as one plan names them. An endpoint is its address and port: what stays keeps its
 * LiveEndpoint, and with it pool, counts and ejection, whatever else about it changes.
 */
export class EndpointSet {
  static readonly empty = new EndpointSet([], []);

  readonly endpoints: readonly LiveEndpoint[];
  /** By rising priority number; a priority without endpoints has no level. */
  readonly levels: readonly Level[];
  readonly localities: readonly LocalityPlan[];
  /** Null until somebody asks. */
  #byName: ReadonlyMap<string, LiveEndpoint> | null = null;

  private constructor(endpoints: readonly LiveEndpoint[], localities: readonly LocalityPlan[]) {
    this.endpoints = endpoints;
    this.localities = localities;
    this.levels = [...new Set(endpoints.map((each) => each.priority))]
      .sort((left, right) => left - right)
      .map((priority) => ({ priority, endpoints: endpoints.filter((each) => each.priority === priority) }));
  }

  /** The endpoint of this name (`ip:port`). */
  named(name: string): LiveEndpoint | undefined {
    this.#byName ??= new Map(this.endpoints.map((each) => [each.name, each]));
    return this.#byName.get(name);
  }

  /** Only some of the endpoints. */
  where(test: (endpoint: LiveEndpoint) => boolean): EndpointSet {
    return new EndpointSet(this.endpoints.filter(test), this.localities);
  }

  /** The set that `plan` names; `make` makes a LiveEndpoint for row `row` of the plan. A repeated address counts once. */
  update(plan: EndpointsPlan, make: (plan: EndpointsPlan, row: number) => LiveEndpoint): EndpointUpdate {
    const before = new Map(this.endpoints.map((each) => [each.name, each]));
    const after = new Map<string, LiveEndpoint>();
    for (let row = 0; row < plan.addresses.length; row += 1) {
      const name = endpointName(plan.addresses[row] ?? '', plan.ports[row] ?? 0);
      if (after.has(name)) continue;
      const old = before.get(name);
      // Another slot means that the address left and came back: the old one is another endpoint, about to drain.
      const endpoint = old && old.slotIndex === plan.slots[row] ? old : make(plan, row);
      endpoint.hostname = plan.hostnames[row] ?? '';
      endpoint.weight = plan.weights[row] ?? 1;
      endpoint.priority = plan.priorities[row] ?? 0;
      endpoint.locality = plan.locality[row] ?? 0;
      endpoint.metadata = plan.metadata?.[row] ?? null;
      after.set(name, endpoint);
    }
    const removed = this.endpoints.filter((each) => after.get(each.name) !== each);
    return { set: new EndpointSet([...after.values()], plan.localities), removed };
  }
}
