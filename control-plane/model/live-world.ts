import { Cache } from '../store/cache.ts';
import type { Store } from '../store/contract.ts';
import type { AnyObject } from './kinds.ts';
import { decodeObject, kindOfKey, objectPrefix } from './stored.ts';
import { keyOf, placeOf, type World } from './world.ts';

/** The objects of the mesh: stored, cached, and arranged as the world that translation reads. */
export interface Objects {
  readonly cache: Cache<AnyObject>;
  /** Up to date before any later subscriber of the cache is called. */
  readonly world: World;
}

/** Resolves when all objects in the store are there. */
export async function openObjects(store: Store): Promise<Objects> {
  const cache = await Cache.open({ store, prefix: objectPrefix, decode: decodeObject });
  const maps: Record<string, Map<string, AnyObject>> = {};
  for (const place of Object.values(placeOf)) maps[place] = new Map();
  const place = (key: string, object: AnyObject, present: boolean): void => {
    const kind = kindOfKey(key);
    const map = kind && maps[placeOf[kind.kind]];
    if (present) map?.set(keyOf(object), object);
    else map?.delete(keyOf(object));
  };
  for (const object of cache.list(objectPrefix)) {
    const map = maps[placeOf[object.kind]];
    map?.set(keyOf(object), object);
  }
  cache.subscribe((changes) => {
    for (const { key, value, previous } of changes) {
      if (value) place(key, value, true);
      else if (previous) place(key, previous, false);
    }
  });
  return { cache, world: maps as unknown as World };
}
