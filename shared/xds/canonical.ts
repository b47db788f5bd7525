import { enumOf, type Field, messageOf } from './schema.ts';

/** A message to be encoded: everything optional, at every depth. */
export type Input<T> = T extends Uint8Array
  ? Uint8Array
  : T extends readonly (infer U)[]
    ? readonly Input<U>[]
    : T extends object
      ? { readonly [K in keyof T]?: Input<T[K]> | undefined }
      : T;

type Plain = Record<string, unknown>;

/**
 * `message` in the one form that is encoded, so that equal content gives equal bytes (versions are content hashes): no
 * undefined, no default where proto3 does not send it, map keys in order. Throws on a field or enum value that the type
 * does not have.
 */
export function canonical(type: string, message: object): Plain {
  const known = messageOf(type);
  if (!known) throw new Error(`${type} is not in proto/`);
  const out: Plain = {};
  let oneofs: Map<string, string> | undefined;
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined) continue;
    const field = known.byName.get(name);
    if (field?.name !== name) throw new TypeError(`${type} has no field ${name}`);
    if (field.label === 'repeated') {
      out[name] = (value as unknown[]).map((each) => one(field, each));
    } else if (field.label === 'map') {
      const entries = Object.entries(value as Plain).filter(([, each]) => each !== undefined);
      out[name] = Object.fromEntries(entries.sort(byKey).map(([key, each]) => [key, one(field, each)]));
    } else if (field.oneof !== undefined) {
      const other = (oneofs ??= new Map()).get(field.oneof);
      if (other !== undefined) throw new TypeError(`${type} has both ${other} and ${name}, of which one may be set`);
      oneofs.set(field.oneof, name);
      out[name] = one(field, value);
    } else if (!isImplicitDefault(field, value)) {
      out[name] = one(field, value);
    }
  }
  return out;
}

function one(field: Field, value: unknown): unknown {
  if (field.kind === 'message') return canonical(field.type, value as object);
  if (field.kind === 'enum' && !enumOf(field.type).byName.has(value as string)) {
    throw new TypeError(`${field.name}: ${String(value)} is no ${field.type}`);
  }
  return value;
}

/** True for what proto3 does not send, and a decoded message therefore does not show: scalars and enums at their default. */
export function isImplicitDefault(field: Field, value: unknown): boolean {
  if (field.kind === 'message' || field.oneof !== undefined) return false;
  if (field.kind === 'enum') return enumOf(field.type).byName.get(value as string) === 0;
  return value === 0 || value === '' || value === false || (value instanceof Uint8Array && value.length === 0);
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);
