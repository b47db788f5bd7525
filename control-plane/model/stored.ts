import { type AnyObject, type Kind, kinds } from './kinds.ts';

/** Where objects stand in the store. */
export const objectPrefix = 'objects/';

/** `objects/trafficpolicies.aya.dev/`: all objects of a kind, or those of one namespace. */
export function storePrefix(kind: Pick<Kind, 'plural' | 'group'>, namespace?: string): string {
  const all = `${objectPrefix}${kind.plural}.${kind.group === '' ? 'core' : kind.group}/`;
  return namespace === undefined ? all : `${all}${namespace}/`;
}

/** `objects/trafficpolicies.aya.dev/shop/cart`. */
export function storeKey(kind: Pick<Kind, 'plural' | 'group'>, namespace: string, name: string): string {
  return `${storePrefix(kind, namespace)}${name}`;
}

const kindByPrefix = new Map(kinds.map((kind) => [storePrefix(kind), kind]));

/** The kind whose objects stand under such a key; undefined for what another version of Aya left there. */
export function kindOfKey(key: string): Kind | undefined {
  return kindByPrefix.get(key.slice(0, key.indexOf('/', objectPrefix.length) + 1));
}

/** The object's text in the store: its resourceVersion is the revision it is stored at, and not in it. */
export function encodeObject(object: AnyObject): string {
  const { resourceVersion: _revision, ...metadata } = object.metadata;
  return JSON.stringify({ ...object, metadata });
}

export function decodeObject(_key: string, text: string, revision: number): AnyObject {
  const object = JSON.parse(text) as AnyObject;
  object.metadata.resourceVersion = String(revision);
  return object;
}
