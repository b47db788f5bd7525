import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../model/schema.ts';

/** A patch that cannot be applied: `message` says which part of it. */
export interface PatchError {
  error: string;
}

export type Patched = { value: unknown } | PatchError;

/** RFC 6902. All operations or none; the document is not changed. */
export function jsonPatch(document: unknown, patch: unknown): Patched {
  if (!Array.isArray(patch)) return { error: 'a JSON patch must be a list of operations' };
  const root = { value: structuredClone(document) };
  for (const [index, operation] of patch.entries()) {
    const error = isObject(operation) ? apply(root, operation) : 'must be an object';
    if (error !== undefined) return { error: `operation ${index}: ${error}` };
  }
  return root;
}

function apply(root: { value: unknown }, operation: Record<string, unknown>): string | undefined {
  const { op, path, from, value } = operation;
  if (typeof path !== 'string') return 'path is required';
  const moving = op === 'move' || op === 'copy';
  if (moving && typeof from !== 'string') return `from is required for ${op}`;
  if ((op === 'add' || op === 'replace' || op === 'test') && !('value' in operation))
    return `value is required for ${op}`;
  switch (op) {
    case 'add':
      return set(root, path, structuredClone(value), true);
    case 'replace':
      return read(root, path).error ?? set(root, path, structuredClone(value), false);
    case 'remove':
      return remove(root, path);
    case 'test': {
      const found = read(root, path);
      if (found.error !== undefined) return found.error;
      return isDeepStrictEqual(found.value, value)
        ? undefined
        : `test failed: ${path} is ${JSON.stringify(found.value)}`;
    }
    case 'move':
    case 'copy': {
      const source = String(from);
      const found = read(root, source);
      if (found.error !== undefined) return found.error;
      if (op === 'move' && path.startsWith(`${source}/`)) return `${source} cannot be moved into itself`;
      const taken = structuredClone(found.value);
      return (op === 'move' ? remove(root, source) : undefined) ?? set(root, path, taken, true);
    }
    default:
      return `op must be add, remove, replace, move, copy or test; got ${JSON.stringify(op)}`;
  }
}

/** RFC 6901: "/a~1b/0" is ["a/b", "0"]. */
function tokens(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replace(/~1/g, '/').replace(/~0/g, '~'));
}

function read(root: { value: unknown }, pointer: string): { value?: unknown; error?: string } {
  let value: unknown = root.value;
  if (pointer !== '' && !pointer.startsWith('/')) return { error: `${pointer} must begin with "/"` };
  for (const token of tokens(pointer)) {
    const here = Array.isArray(value)
      ? /^(0|[1-9]\d*)$/.test(token)
        ? value[Number(token)]
        : undefined
      : own(value, token);
    if (here === undefined) return { error: `${pointer} does not exist` };
    value = here;
  }
  return { value };
}

function own(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function set(root: { value: unknown }, pointer: string, value: unknown, insert: boolean): string | undefined {
  if (pointer === '') {
    root.value = value;
    return undefined;
  }
  const { parent, last, error } = parentOf(root, pointer);
  if (error !== undefined) return error;
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!/^(-|0|[1-9]\d*)$/.test(last) || index > parent.length) return `${pointer} is not in the list`;
    parent.splice(index, insert ? 0 : 1, value);
    return undefined;
  }
  if (!isObject(parent)) return `${pointer} has no object or list above it`;
  parent[last] = value;
  return undefined;
}

function remove(root: { value: unknown }, pointer: string): string | undefined {
  const missing = read(root, pointer).error;
  if (missing !== undefined) return missing;
  if (pointer === '') return 'the whole object cannot be removed';
  const { parent, last } = parentOf(root, pointer);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isObject(parent)) delete parent[last];
  return undefined;
}

function parentOf(root: { value: unknown }, pointer: string): { parent?: unknown; last: string; error?: string } {
  const last = tokens(pointer).at(-1) ?? '';
  if (last === '__proto__') return { last, error: `${pointer} is not allowed` };
  const { value, error } = read(root, pointer.slice(0, pointer.lastIndexOf('/')));
  return error === undefined ? { parent: value, last } : { last, error };
}
