import { fromJSON, type MessageTypeDefinition, type PackageDefinition } from '@grpc/proto-loader';
import { schema } from './schema.gen.ts';
import type { Schema } from './schema.ts';

let loaded: PackageDefinition | undefined;

/**
 * The codec of a message as proto-loader makes it, all of them at first use. 64-bit integers are numbers, enums names,
 * bytes Buffers; repeated fields and maps are always there.
 */
export function definitionOf(type: string): MessageTypeDefinition<object, object> {
  loaded ??= fromJSON(toProtobufjs(schema), { longs: Number, enums: String, arrays: true, objects: true });
  const found = loaded[flat(type)];
  if (!found || !('deserialize' in found)) throw new Error(`${type} is not in proto/`);
  return found as MessageTypeDefinition<object, object>;
}

/** proto-loader gives no codecs for nested types, so they stand beside the outer one, under a name that no other has. */
const flat = (full: string): string => full.replace(/(?<=[A-Z][^.]*)\./g, '_');

interface Namespace {
  nested?: Record<string, Namespace>;
  edition?: string;
  [key: string]: unknown;
}

/** Our compact rows as the tree that protobufjs reads. */
function toProtobufjs({ messages, enums }: Schema): Namespace {
  const root: Namespace = { edition: 'proto3', nested: {} };
  const place = (full: string): Namespace => {
    let at = root;
    for (const part of flat(full).split('.')) at = (at.nested ??= {})[part] ??= {};
    return at;
  };
  for (const [full, rows] of Object.entries(messages)) {
    const fields: Record<string, object> = {};
    const oneofs: Record<string, { oneof: string[] }> = {};
    for (const [id, name, named, label, oneof] of rows) {
      const type = flat(named);
      fields[name] =
        label === 'map' ? { id, type, keyType: 'string' } : label ? { id, type, rule: label } : { id, type };
      if (oneof) (oneofs[oneof] ??= { oneof: [] }).oneof.push(name);
    }
    Object.assign(place(full), { fields, oneofs });
  }
  for (const [full, values] of Object.entries(enums)) Object.assign(place(full), { values });
  return root;
}
