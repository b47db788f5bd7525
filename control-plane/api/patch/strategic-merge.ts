import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../model/schema.ts';
import type { Patched } from './json-patch.ts';

type Dict = Record<string, unknown>;

/**
 * How lists are merged, by their path below the object. Lists of objects by the field that tells their items apart, lists
 * of plain values as sets. Every other list is replaced whole, EndpointSlice's too.
 * Source: the patchMergeKey and patchStrategy tags of the Kubernetes API types.
 */
const mergeKeys: Record<string, string> = {
  'spec.ports': 'port',
  'status.conditions': 'type',
  'metadata.ownerReferences': 'uid',
};
const sets = new Set(['metadata.finalizers']);

/** Thrown inside this file only: the patch says what cannot be done. */
class Refused extends Error {}

/**
 * Kubernetes' strategic merge patch, with its directives `$patch`, `$setElementOrder/...`, `$deleteFromPrimitiveList/...`
 * and `$retainKeys`. Nothing in the result begins with `$`. Neither argument is changed.
 * Source: kubernetes/community, contributors/devel/sig-api-machinery/strategic-merge-patch.md.
 */
export function strategicMerge(document: unknown, patch: unknown): Patched {
  try {
    if (!isObject(patch)) throw new Refused('a strategic merge patch must be an object');
    return { value: mergeObject(isObject(document) ? document : {}, patch, '') };
  } catch (error) {
    if (error instanceof Refused) return { error: error.message };
    throw error;
  }
}

function mergeObject(target: Dict, patch: Dict, path: string): Dict | undefined {
  const directive = patch.$patch;
  if (directive === 'delete') return undefined;
  if (directive !== undefined && directive !== 'replace' && directive !== 'merge') {
    throw new Refused(`${path}.$patch must be replace, merge or delete; got ${JSON.stringify(directive)}`);
  }
  const result = retained(directive === 'replace' ? {} : { ...target }, patch, path);
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) {
      if (!known(name)) throw new Refused(`${path}: unknown directive ${name}`);
      continue;
    }
    const below = path === '' ? name : `${path}.${name}`;
    const merged = value === null ? undefined : mergeValue(result[name], value, below, patch, name);
    if (merged === undefined) delete result[name];
    else result[name] = merged;
  }
  for (const directive of Object.keys(patch)) removeAndOrder(result, patch, directive, path);
  return result;
}

function known(directive: string): boolean {
  return /^\$(patch|retainKeys)$|^\$(setElementOrder|deleteFromPrimitiveList)\/./.test(directive);
}

/** `$retainKeys`: of the fields that are there, only the listed ones stay. */
function retained(target: Dict, patch: Dict, path: string): Dict {
  const keys = patch.$retainKeys;
  if (keys === undefined) return target;
  if (!Array.isArray(keys)) throw new Refused(`${path}.$retainKeys must be a list`);
  return Object.fromEntries(Object.entries(target).filter(([name]) => keys.includes(name)));
}

function mergeValue(target: unknown, value: unknown, path: string, patch: Dict, name: string): unknown {
  if (Array.isArray(value)) {
    const key = mergeKeys[path];
    const old = Array.isArray(target) ? target : [];
    if (key !== undefined) return mergeList(old, value, key, path);
    if (sets.has(path)) return [...new Set([...old, ...value])];
    return value.map((item) => clean(item, path));
  }
  if (!isObject(value)) return value;
  if (`$setElementOrder/${name}` in patch) throw new Refused(`${path}: must be a list`);
  return mergeObject(isObject(target) ? target : {}, value, path);
}

/** A value that is taken whole from the patch: directives in it would mean nothing. */
function clean(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => clean(item, path));
  if (!isObject(value)) return value;
  for (const name of Object.keys(value)) {
    if (name.startsWith('$')) throw new Refused(`${path} is replaced whole: ${name} has no meaning in it`);
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, clean(each, path)]));
}

function mergeList(target: unknown[], patch: unknown[], key: string, path: string): unknown[] {
  const replacing = patch.some((item) => isObject(item) && item.$patch === 'replace' && !(key in item));
  let result = replacing ? [] : [...target];
  for (const item of patch) {
    if (!isObject(item)) throw new Refused(`${path}: its items must be objects`);
    if (item.$patch === 'replace' && !(key in item)) continue;
    if (item[key] === undefined)
      throw new Refused(`${path}: every item needs ${key}, by which the items are told apart`);
    const index = result.findIndex((each) => isObject(each) && each[key] === item[key]);
    if (item.$patch === 'delete') {
      result = result.filter((each) => !isObject(each) || each[key] !== item[key]);
      continue;
    }
    const merged = mergeObject((result[index] as Dict | undefined) ?? {}, item, path);
    if (index < 0) result.push(merged);
    else result[index] = merged;
  }
  return result;
}

function removeAndOrder(result: Dict, patch: Dict, directive: string, path: string): void {
  const [verb, name = ''] = directive.split('/');
  const listed = patch[directive];
  if (verb !== '$deleteFromPrimitiveList' && verb !== '$setElementOrder') return;
  const below = path === '' ? name : `${path}.${name}`;
  if (!Array.isArray(listed)) throw new Refused(`${path}.${directive} must be a list`);
  const list = result[name];
  if (!Array.isArray(list)) return;
  if (verb === '$deleteFromPrimitiveList') {
    result[name] = list.filter((each) => !listed.some((gone) => isDeepStrictEqual(gone, each)));
  } else {
    result[name] = ordered(list, listed, mergeKeys[below]);
  }
}

/**
 * Items that `order` names stand in that order; the others keep their place before the first named item that they stood
 * before.
 */
function ordered(list: unknown[], order: unknown[], key: string | undefined): unknown[] {
  const identity = (item: unknown): unknown => (key !== undefined && isObject(item) ? item[key] : item);
  const wanted = order.map(identity);
  const place = (item: unknown): number => wanted.findIndex((each) => isDeepStrictEqual(each, identity(item)));
  const named = list.filter((item) => place(item) >= 0).sort((a, b) => place(a) - place(b));
  const result: unknown[] = [];
  for (const item of list) {
    if (place(item) < 0) result.push(item);
    else {
      // This named item stood here: all that come up to it in the wanted order stand before what follows it in the list.
      while (named.length > 0 && place(named[0]) <= place(item)) result.push(named.shift());
    }
  }
  return [...result, ...named];
}
