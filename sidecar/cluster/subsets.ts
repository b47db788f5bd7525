import type { ClusterPlan } from '../core/plan/cluster.ts';
import type { SubsetKey, SubsetsPlan } from '../core/plan/subset.ts';
import type { PickerSurroundings } from './balancer/build.ts';
import type { EndpointSet } from './endpoint-set.ts';
import type { LiveEndpoint } from './live-endpoint.ts';
import { Selection } from './selection.ts';

/** Among whom a request is balanced. */
export interface Scope {
  readonly set: EndpointSet;
  readonly selection: Selection;
}

/**
 * The subsets of a cluster's endpoints while availability stays as it is, each made when first asked for. A subset that has
 * endpoints is used even when none of them is available: falling back is for subsets that do not exist. Source: Envoy, "Load
 * Balancer Subsets".
 */
export class Subsets {
  readonly #set: EndpointSet;
  readonly #plan: ClusterPlan;
  readonly #subsets: SubsetsPlan;
  readonly #around: PickerSurroundings;
  /** By the JSON of the key; null = nobody. */
  readonly #scopes = new Map<string, Scope | null>();

  constructor(set: EndpointSet, plan: ClusterPlan, subsets: SubsetsPlan, around: PickerSurroundings) {
    this.#set = set;
    // Weights of localities are about all their endpoints.
    this.#plan = { ...plan, locality: { kind: 'none' } };
    this.#subsets = subsets;
    this.#around = around;
  }

  /** `text`: the JSON of a SubsetKey, '' = the route wants none. */
  scope(text: string): Scope | null {
    let scope = this.#scopes.get(text);
    if (scope === undefined) {
      scope = this.#find(text === '' ? [] : (JSON.parse(text) as SubsetKey));
      this.#scopes.set(text, scope);
    } else if (scope !== null && scope.selection.due !== Number.POSITIVE_INFINITY) {
      const now = this.#around.now();
      if (now >= scope.selection.due) scope.selection.reweigh(now);
    }
    return scope;
  }

  #find(key: SubsetKey): Scope | null {
    const { selectors, fallback } = this.#subsets;
    const selector = selectors.find(
      ({ keys }) => keys.length === key.length && keys.every((name, index) => key[index]?.[0] === name),
    );
    const scope = selector ? this.#matching(key) : null;
    if (scope) return scope;
    if (selector?.fallback === 'keys') return this.#find(key.filter(([name]) => selector.fallbackKeys.includes(name)));
    const way = selector === undefined || selector.fallback === 'cluster' ? fallback : selector.fallback;
    return this.#fallback(way as SubsetsPlan['fallback']);
  }

  #fallback(way: SubsetsPlan['fallback']): Scope | null {
    if (way === 'any') return this.#over(this.#set);
    const { defaultSubset, panicModeAny } = this.#subsets;
    const scope = way === 'default' ? this.#matching(defaultSubset) : null;
    return scope === null && panicModeAny ? this.#over(this.#set) : scope;
  }

  #matching(key: SubsetKey): Scope | null {
    const set = this.#set.where((endpoint) => key.every(([name, value]) => this.#has(endpoint, name, value)));
    return set.endpoints.length === 0 ? null : this.#over(set);
  }

  #has({ metadata }: LiveEndpoint, name: string, value: string): boolean {
    const own = metadata?.[name];
    if (own === undefined || own === value) return own === value;
    if (!this.#subsets.listAsAny || !own.startsWith('[')) return false;
    return (JSON.parse(own) as unknown[]).some((each) => JSON.stringify(each) === value);
  }

  #over(set: EndpointSet): Scope {
    return { set, selection: new Selection(set, this.#plan, this.#around) };
  }
}
