import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../api/object.ts';

/**
 * Lists whose items have an identity, by path in any resource, and the field that holds it: Kubernetes' own merge keys.
 * Every other list is one value, replaced whole.
 */
const mergeKeys: Record<string, string> = {
  'spec.ports': 'port',
  'status.conditions': 'type',
  'metadata.ownerReferences': 'uid',
};

/**
 * The three-way merge of `kubectl apply`: what `mine` says holds; what `last` said and `mine` no longer says goes; whatever
 * else is in `live` (the server's defaults, other people's fields) stays. A null in `mine` removes the field.
 */
export function threeWayMerge(last: unknown, mine: unknown, live: unknown, path = ''): unknown {
  if (isRecord(mine) && isRecord(live)) {
    const before = isRecord(last) ? last : {};
    const merged: Record<string, unknown> = { ...live };
    for (const key of Object.keys(before)) if (!(key in mine)) delete merged[key];
    for (const [key, value] of Object.entries(mine)) {
      if (value === null) delete merged[key];
      else merged[key] = threeWayMerge(before[key], value, live[key], path === '' ? key : `${path}.${key}`);
    }
    return merged;
  }
  const key = mergeKeys[path];
  if (key !== undefined && Array.isArray(mine) && isKeyed(live, key)) {
    return mergeKeyed(isKeyed(last, key) ? last : [], mine, live, key);
  }
  return mine;
}

type Keyed = Record<string, unknown>[];

function isKeyed(value: unknown, key: string): value is Keyed {
  return Array.isArray(value) && value.every((each) => isRecord(each) && each[key] !== undefined);
}

function mergeKeyed(last: Keyed, mine: unknown[], live: Keyed, key: string): unknown[] {
  const find = (list: Keyed, id: unknown) => list.find((each) => each[key] === id);
  const ids = mine.map((each) => (isRecord(each) ? each[key] : undefined));
  const merged = mine.map((each, at) => {
    const same = find(live, ids[at]);
    return same === undefined ? each : threeWayMerge(find(last, ids[at]), each, same);
  });
  const others = live.filter((each) => !ids.includes(each[key]) && !find(last, each[key]));
  return [...merged, ...others];
}

/** The merge patch (RFC 7396) that turns `from` into `to`; undefined when they are equal. */
export function mergePatchOf(
  from: Record<string, unknown>,
  to: Record<string, unknown>,
): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    const before = from[key];
    if (isDeepStrictEqual(before, value)) continue;
    patch[key] = isRecord(before) && isRecord(value) ? mergePatchOf(before, value) : value;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}
