import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import { schema } from './schema.gen.ts';
import type { Schema } from './schema.ts';

let loaded: PackageDefinition | undefined;

/**
 * Codecs and services as proto-loader makes them, at first use. 64-bit integers are numbers, enums names, bytes Buffers;
 * repeated fields and maps are always there.
 */
export function definitions(): PackageDefinition {
  loaded ??= fromJSON(toProtobufjs(schema), { longs: Number, enums: String, arrays: true, objects: true });
  return loaded;
}

interface Namespace {
  nested?: Record<string, Namespace>;
  edition?: string;
  [key: string]: unknown;
}

/** Our compact rows as the tree that protobufjs reads. */
function toProtobufjs({ messages, enums, services }: Schema): Namespace {
  const root: Namespace = { edition: 'proto3', nested: {} };
  const place = (full: string): Namespace => {
    let at = root;
    for (const part of full.split('.')) at = (at.nested ??= {})[part] ??= {};
    return at;
  };
  for (const [full, rows] of Object.entries(messages)) {
    const fields: Record<string, object> = {};
    const oneofs: Record<string, { oneof: string[] }> = {};
    for (const [id, name, type, label, oneof] of rows) {
      fields[name] =
        label === 'map' ? { id, type, keyType: 'string' } : label ? { id, type, rule: label } : { id, type };
      if (oneof) (oneofs[oneof] ??= { oneof: [] }).oneof.push(name);
    }
    Object.assign(place(full), { fields, oneofs });
  }
  for (const [full, values] of Object.entries(enums)) Object.assign(place(full), { values });
  for (const [full, methods] of Object.entries(services)) {
    const all = methods.map(([name, request, response]) => {
      return [name, { requestType: request, responseType: response, requestStream: true, responseStream: true }];
    });
    Object.assign(place(full), { methods: Object.fromEntries(all) });
  }
  return root;
}
