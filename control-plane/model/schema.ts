import { parseDuration } from '../../shared/struct/duration.ts';
import { closest } from './closest.ts';
import { at, type Problems } from './problem.ts';

/**
 * Reads one value of an object that a person wrote: names every problem by its path, fills defaults, and returns a fresh
 * value that holds known fields only. What it returns means something only while no problem was added.
 */
export type Schema<T> = (value: unknown, path: string, problems: Problems) => T;

/** How a field of an object is read. `preset` is the value that an absent field is stored with. */
export interface Field<T> {
  schema: Schema<T>;
  required: boolean;
  preset?: T;
}

export const required = <T>(schema: Schema<T>): Field<T> => ({ schema, required: true });
export const optional = <T>(schema: Schema<T>): Field<T> => ({ schema, required: false });
export const preset = <T>(schema: Schema<T>, value: T): Field<T> => ({ schema, required: false, preset: value });

/** The fields of `T`, each exactly once: a field of the interface without a schema does not compile. */
export type Fields<T> = { [K in keyof T]-?: Field<Exclude<T[K], undefined>> };

export interface ObjectRules<T> {
  /** Fields of the API that Aya does not implement yet: refused by name, never dropped. */
  later?: readonly string[];
  /** Checks over several fields; runs only when each field for itself is right. */
  also?: (value: T, path: string, problems: Problems) => void;
}

/** An object with the given fields. Fields that are null count as absent, as in Kubernetes. */
export function object<T extends object>(fields: Fields<T>, rules: ObjectRules<T> = {}): Schema<T> {
  const entries = Object.entries(fields) as [string, Field<unknown>][];
  const names = entries.map(([name]) => name);
  return (value, path, problems) => {
    const result: Record<string, unknown> = {};
    if (!isObject(value)) {
      problems.add(path, `must be an object; got ${typeName(value)}`, 'FieldValueTypeInvalid');
      return result as T;
    }
    const before = problems.all.length;
    for (const name of Object.keys(value)) {
      if (names.includes(name) || value[name] === null) continue;
      if (rules.later?.includes(name)) problems.add(at(path, name), 'not supported yet', 'FieldValueNotSupported');
      else problems.add(at(path, name), unknownField(name, names), 'FieldUnknown');
    }
    for (const [name, field] of entries) {
      const given = value[name];
      if (given !== undefined && given !== null) result[name] = field.schema(given, at(path, name), problems);
      else if (field.preset !== undefined) result[name] = structuredClone(field.preset);
      else if (field.required) problems.add(at(path, name), 'required', 'FieldValueRequired');
    }
    const wrong = problems.all.slice(before).some((each) => each.reason !== 'FieldUnknown');
    if (!wrong) rules.also?.(result as T, path, problems);
    return result as T;
  };
}

export interface TextRules {
  min?: number;
  max?: number;
  /** What the text must look like, and how to say so in an error: "must be ...". */
  pattern?: RegExp;
  is?: string;
}

export function text(rules: TextRules = {}): Schema<string> {
  const { min = 0, max = Number.POSITIVE_INFINITY, pattern, is = `match ${pattern}` } = rules;
  return (value, path, problems) => {
    if (typeof value !== 'string') {
      problems.add(path, `must be a string; got ${typeName(value)}`, 'FieldValueTypeInvalid');
      return '';
    }
    if (value.length < min)
      problems.add(path, min === 1 ? 'must not be empty' : `must have at least ${min} characters`);
    else if (value.length > max) problems.add(path, `must have at most ${max} characters; got ${value.length}`);
    else if (pattern && !pattern.test(value)) problems.add(path, `must be ${is}; got ${JSON.stringify(value)}`);
    return value;
  };
}

/** One of `values`. Those in `later` are known to the API but not supported yet. */
export function oneOf<const T extends string>(values: readonly T[], later: readonly string[] = []): Schema<T> {
  return (value, path, problems) => {
    if (typeof value === 'string' && (values as readonly string[]).includes(value)) return value as T;
    if (typeof value === 'string' && later.includes(value)) {
      problems.add(path, `${value}: not supported yet; use ${listed(values)}`, 'FieldValueNotSupported');
    } else {
      const guess = typeof value === 'string' ? closest(value, values) : undefined;
      const hint = guess && values.length > 2 ? `; did you mean ${guess}?` : '';
      problems.add(path, `must be ${listed(values)}; got ${JSON.stringify(value)}${hint}`, 'FieldValueNotSupported');
    }
    return values[0] as T;
  };
}

export function integer(min: number, max = Number.MAX_SAFE_INTEGER): Schema<number> {
  const plain = number(min, max);
  return (value, path, problems) => {
    if (typeof value !== 'number' || Number.isInteger(value)) return plain(value, path, problems);
    problems.add(path, `must be a whole number; got ${value}`, 'FieldValueTypeInvalid');
    return 0;
  };
}

export function number(min: number, max = Number.MAX_VALUE): Schema<number> {
  return (value, path, problems) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      problems.add(path, `must be a number; got ${typeName(value)}`, 'FieldValueTypeInvalid');
      return 0;
    }
    if (value < min) problems.add(path, `must be at least ${min}; got ${value}`);
    else if (value > max) problems.add(path, `must be at most ${max}; got ${value}`);
    return value;
  };
}

export const boolean: Schema<boolean> = (value, path, problems) => {
  if (typeof value !== 'boolean')
    problems.add(path, `must be true or false; got ${typeName(value)}`, 'FieldValueTypeInvalid');
  return value === true;
};

/** A share in percent: 0 to 100, decimals allowed. */
export const percent: Schema<number> = number(0, 100);

/** A time span as Gateway API ("1m30s") or proto3 JSON ("0.25s") text; stored as it was written. Bounds in milliseconds. */
export function duration(min = 0, max = Number.MAX_SAFE_INTEGER): Schema<string> {
  return (value, path, problems) => {
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    if (ms === undefined) {
      problems.add(path, `must be a duration like "250ms", "1.5s" or "1m30s"; got ${JSON.stringify(value)}`);
    } else if (ms < min) problems.add(path, `must be at least ${min}ms; got ${value}`);
    else if (ms > max) problems.add(path, `must be at most ${max / 1000}s; got ${value}`);
    return typeof value === 'string' ? value : '0s';
  };
}

export interface ListRules<T> {
  min?: number;
  max?: number;
  /** What must differ between any two items, and its path below the item ('' for the item itself). */
  unique?: { by: (item: T) => string | undefined; path: string };
}

export function list<T>(item: Schema<T>, rules: ListRules<T> = {}): Schema<T[]> {
  const { min = 0, max = Number.POSITIVE_INFINITY, unique } = rules;
  return (value, path, problems) => {
    if (!Array.isArray(value)) {
      problems.add(path, `must be a list; got ${typeName(value)}`, 'FieldValueTypeInvalid');
      return [];
    }
    if (value.length < min)
      problems.add(path, `must have at least ${min} item${min === 1 ? '' : 's'}`, 'FieldValueRequired');
    if (value.length > max)
      problems.add(path, `must have at most ${max} items; got ${value.length}`, 'FieldValueTooMany');
    const items = value.map((each, index) => item(each, `${path}[${index}]`, problems));
    if (unique) {
      const seen = new Map<string, number>();
      for (const [index, each] of items.entries()) {
        const key = unique.by(each);
        if (key === undefined) continue;
        const first = seen.get(key);
        if (first === undefined) seen.set(key, index);
        else {
          const where = unique.path === '' ? `${path}[${index}]` : at(`${path}[${index}]`, unique.path);
          problems.add(where, `${JSON.stringify(key)} is already used by ${path}[${first}]`, 'FieldValueDuplicate');
        }
      }
    }
    return items;
  };
}

/** An object whose keys are data, such as labels. */
export function map<T>(item: Schema<T>, key: Schema<string> = text({ min: 1 })): Schema<Record<string, T>> {
  return (value, path, problems) => {
    const result: Record<string, T> = {};
    if (!isObject(value)) {
      problems.add(path, `must be an object; got ${typeName(value)}`, 'FieldValueTypeInvalid');
      return result;
    }
    for (const [name, each] of Object.entries(value)) {
      if (each === null) continue;
      key(name, at(path, name), problems);
      result[name] = item(each, at(path, name), problems);
    }
    return result;
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownField(name: string, names: readonly string[]): string {
  const guess = closest(name, names);
  return guess ? `unknown field; did you mean "${guess}"?` : `unknown field; known here: ${names.join(', ')}`;
}

function listed(values: readonly string[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
