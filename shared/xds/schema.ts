import { schema } from './schema.gen.ts';

/**
 * One field as `npm run generate` writes it: number, name, type (a scalar, or `.full.Name` of a message or enum), label,
 * oneof. Maps have string keys; their type is that of the value.
 */
export type FieldRow = readonly [
  number: number,
  name: string,
  type: string,
  label?: '' | 'repeated' | 'map',
  oneof?: string,
];

/** The messages and enums of proto/, by full name. */
export interface Schema {
  messages: Record<string, FieldRow[]>;
  enums: Record<string, Record<string, number>>;
}

export interface Field {
  readonly number: number;
  /** As in the .proto: snake_case. */
  readonly name: string;
  /** As proto3 JSON writes it: lowerCamelCase. */
  readonly jsonName: string;
  readonly kind: 'scalar' | 'enum' | 'message';
  /** The scalar type, or the full name of the message or enum, without a leading dot. */
  readonly type: string;
  readonly label: 'singular' | 'repeated' | 'map';
  readonly oneof: string | undefined;
}

export interface Message {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
  /** By either spelling of the name. */
  readonly byName: ReadonlyMap<string, Field>;
}

export interface Enum {
  readonly name: string;
  readonly byName: ReadonlyMap<string, number>;
  readonly byNumber: ReadonlyMap<number, string>;
}

const messages = new Map<string, Message>();
const enums = new Map<string, Enum>();

/** The message called `name` (full name), or undefined when Aya does not have it. */
export function messageOf(name: string): Message | undefined {
  const known = messages.get(name);
  if (known) return known;
  const rows = Object.hasOwn(schema.messages, name) ? schema.messages[name] : undefined;
  if (!rows) return undefined;
  const fields = rows.map(toField);
  const message: Message = {
    name,
    fields,
    byNumber: new Map(fields.map((field) => [field.number, field])),
    byName: new Map(fields.flatMap((field) => [[field.jsonName, field] as const, [field.name, field] as const])),
  };
  messages.set(name, message);
  return message;
}

/** The enum called `name`. Only names that a field carries are asked for, so a missing one is a bug. */
export function enumOf(name: string): Enum {
  const known = enums.get(name);
  if (known) return known;
  const values = schema.enums[name];
  if (!values) throw new Error(`enum ${name} is not in proto/`);
  const entries = Object.entries(values);
  const made: Enum = {
    name,
    byName: new Map(entries),
    byNumber: new Map(entries.map(([key, number]) => [number, key])),
  };
  enums.set(name, made);
  return made;
}

/** A name as proto3 JSON writes it. */
export const lowerCamel = (name: string): string =>
  name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function toField([number, name, type, label, oneof]: FieldRow): Field {
  const reference = type.startsWith('.') ? type.slice(1) : undefined;
  const isEnum = reference !== undefined && Object.hasOwn(schema.enums, reference);
  return {
    number,
    name,
    jsonName: lowerCamel(name),
    kind: reference === undefined ? 'scalar' : isEnum ? 'enum' : 'message',
    type: reference ?? type,
    label: label || 'singular',
    oneof,
  };
}
