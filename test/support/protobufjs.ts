import { fromJSON, type MessageTypeDefinition } from '@grpc/proto-loader';
import { schema } from '../../shared/xds/schema.gen.ts';
import type { Schema } from '../../shared/xds/schema.ts';

/** A message's codec as protobufjs makes it: a second opinion on our own. */
type Codec = Pick<MessageTypeDefinition<object, object>, 'serialize' | 'deserialize'>;

let codecs: Map<string, Codec> | undefined;

/**
 * The codec of a message, all of them made at first use. 64-bit integers are numbers, enums names,
 * bytes Buffers; repeated fields and maps are always there.
 */
export function codecOf(type: string): Codec {
  codecs ??= load();
  const found = codecs.get(flat(type));
  if (!found) throw new Error(`${type} is not in proto/`);
  return found;
}

function load(): Map<string, Codec> {
  const made = new Map<string, Codec>();
  const definitions = fromJSON(toProtobufjs(schema), { longs: Number, enums: String, arrays: true, objects: true });
  for (const [name, definition] of Object.entries(definitions)) {
    if (!('deserialize' in definition)) continue;
    const { serialize, deserialize } = definition as MessageTypeDefinition<object, object>;
    made.set(name, { serialize, deserialize });
  }
  return made;
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
