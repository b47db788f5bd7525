import { toJson } from '../../shared/xds/json.ts';
import type { ClusterLbSubsetConfig, Metadata, Struct } from '../../shared/xds/messages.gen.ts';
import type { SubsetKey, SubsetsPlan } from '../core/plan/subset.ts';
import type { Place } from './place.ts';

/** Under which load balancing finds its metadata. */
const LB_METADATA = 'envoy.lb';

/** The metadata that load balancing sees, by name, each value as JSON; nothing when there is none. */
export function lbMetadata(metadata: Metadata | undefined): { metadata?: Readonly<Record<string, string>> } {
  const struct = metadata?.filter_metadata[LB_METADATA];
  return struct ? { metadata: valuesOf(struct) } : {};
}

/** Those of a route, and of one of its clusters, which count more. */
export function subsetKey(...metadata: readonly (Metadata | undefined)[]): SubsetKey {
  return keyOf(Object.assign({}, ...metadata.map((each) => lbMetadata(each).metadata)));
}

const fallbacks = { NO_FALLBACK: 'none', ANY_ENDPOINT: 'any', DEFAULT_SUBSET: 'default' } as const;
const selectorFallbacks = { ...fallbacks, NOT_DEFINED: 'cluster', KEYS_SUBSET: 'keys' } as const;

/** Envoy's lb_subset_config; null without selectors, when it means nothing. */
export function subsets(config: ClusterLbSubsetConfig | undefined, place: Place): SubsetsPlan | null {
  if (!config || config.subset_selectors.length === 0) return null;
  return {
    fallback: fallbacks[config.fallback_policy ?? 'NO_FALLBACK'],
    defaultSubset: config.default_subset ? keyOf(valuesOf(config.default_subset)) : [],
    selectors: config.subset_selectors.map((each, index) => {
      const at = place.index('subset_selectors', index);
      const keys = [...new Set(each.keys)].sort();
      if (keys.length === 0) at.at('keys').wrong('at least one is required');
      const fallback = selectorFallbacks[each.fallback_policy ?? 'NOT_DEFINED'];
      const fewer = each.fallback_keys_subset.length > 0 && each.fallback_keys_subset.length < keys.length;
      if (fallback === 'keys' && !(fewer && each.fallback_keys_subset.every((key) => keys.includes(key)))) {
        at.at('fallback_keys_subset').wrong('must be some of the keys, not all');
      }
      return { keys, fallback, fallbackKeys: [...each.fallback_keys_subset].sort() };
    }),
    panicModeAny: config.panic_mode_any ?? false,
    listAsAny: config.list_as_any ?? false,
  };
}

function keyOf(values: Readonly<Record<string, string>>): SubsetKey {
  return Object.entries(values).sort(([left], [right]) => (left < right ? -1 : 1));
}

function valuesOf(struct: Struct): Record<string, string> {
  const json = toJson('google.protobuf.Struct', struct) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, JSON.stringify(value)]));
}
