/** Metadata that endpoints must have: name and value (as JSON), sorted by name. */
export type SubsetKey = readonly (readonly [name: string, value: string])[];

/** A cluster that is balanced by subsets of its endpoints. */
export interface SubsetsPlan {
  /** For requests whose metadata make no subset. `any`: all endpoints; `default`: those of `defaultSubset`. */
  readonly fallback: 'none' | 'any' | 'default';
  readonly defaultSubset: SubsetKey;
  readonly selectors: readonly SubsetSelectorPlan[];
  /** Where the fall-back finds nobody, all endpoints do. */
  readonly panicModeAny: boolean;
  /** An endpoint whose value is a list matches by any element of it. */
  readonly listAsAny: boolean;
}

/** Names by which routes may choose a subset; sorted. */
export interface SubsetSelectorPlan {
  readonly keys: readonly string[];
  /** When no endpoint matches: as the cluster says, or another way. `keys`: by `fallbackKeys` alone. */
  readonly fallback: 'cluster' | 'none' | 'any' | 'default' | 'keys';
  readonly fallbackKeys: readonly string[];
}
