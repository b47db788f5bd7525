import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import type { FieldRow, Schema } from '../schema.ts';

/** A schema, and the services, which need no code made for them. */
export interface Protos extends Schema {
  services: Record<string, [method: string, request: string, response: string][]>;
}

/** The parts of descriptor.proto that matter here, as proto-loader decodes them. */
interface FieldDescriptor {
  name: string;
  number: number;
  label?: string;
  type: string;
  typeName?: string;
  oneofIndex?: number;
  proto3Optional?: boolean;
}
interface EnumDescriptor {
  name: string;
  value: { name: string; number?: number }[];
}
interface MessageDescriptor {
  name: string;
  field?: FieldDescriptor[];
  nestedType?: MessageDescriptor[];
  enumType?: EnumDescriptor[];
  oneofDecl?: { name: string }[];
  options?: { mapEntry?: boolean };
}
interface FileDescriptor {
  package?: string;
  messageType?: MessageDescriptor[];
  enumType?: EnumDescriptor[];
  service?: { name: string; method: { name: string; inputType: string; outputType: string }[] }[];
}

/** Reads .proto `files`, found below `directories`, and what they import. Field names as written. */
export function readProtos(files: string[], directories: string[]): Protos {
  const loaded = loadSync(files, { keepCase: true, includeDirs: directories });
  const first = Object.values(loaded).find((each): each is MessageTypeDefinition<object, object> => 'format' in each);
  const decoder = loadSync('google/protobuf/descriptor.proto', { keepCase: true, enums: String });
  const file = decoder['google.protobuf.FileDescriptorProto'] as MessageTypeDefinition<object, FileDescriptor>;
  return toSchema((first?.fileDescriptorProtos ?? []).map((bytes) => file.deserialize(bytes)));
}

function toSchema(files: FileDescriptor[]): Protos {
  const messages = new Map<string, MessageDescriptor>();
  const enums = new Map<string, EnumDescriptor>();
  const collect = (scope: string, message: MessageDescriptor): void => {
    const full = join(scope, message.name);
    messages.set(full, message);
    for (const each of message.nestedType ?? []) collect(full, each);
    for (const each of message.enumType ?? []) enums.set(join(full, each.name), each);
  };
  for (const file of files) {
    for (const each of file.messageType ?? []) collect(file.package ?? '', each);
    for (const each of file.enumType ?? []) enums.set(join(file.package ?? '', each.name), each);
  }

  const resolve = (scope: string, name: string): string => {
    if (name.startsWith('.')) return name.slice(1);
    for (let at = scope; ; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const full = join(at, name);
      if (messages.has(full) || enums.has(full)) return full;
      if (at === '') throw new Error(`${scope}: type ${name} not found`);
    }
  };
  const typeOf = (scope: string, field: FieldDescriptor): string =>
    field.typeName ? `.${resolve(scope, field.typeName)}` : field.type.replace('TYPE_', '').toLowerCase();
  const row = (full: string, message: MessageDescriptor, field: FieldDescriptor): FieldRow => {
    const name = full.startsWith('google.protobuf.') ? snake(field.name) : field.name;
    if (field.proto3Optional) return [field.number, name, typeOf(full, field)];
    const entry = field.typeName === undefined ? undefined : messages.get(resolve(full, field.typeName));
    if (entry?.options?.mapEntry) {
      const [key, value] = entry.field ?? [];
      if (key?.type !== 'TYPE_STRING' || !value) throw new Error(`${full}.${name}: only string keys are supported`);
      return [field.number, name, typeOf(`${full}.${entry.name}`, value), 'map'];
    }
    const type = typeOf(full, field);
    if (field.label === 'LABEL_REPEATED') return [field.number, name, type, 'repeated'];
    const oneof = field.oneofIndex === undefined ? undefined : message.oneofDecl?.[field.oneofIndex]?.name;
    return oneof === undefined ? [field.number, name, type] : [field.number, name, type, '', oneof];
  };

  const schema: Protos = { messages: {}, enums: {}, services: {} };
  for (const [full, message] of sorted(messages)) {
    if (message.options?.mapEntry) continue;
    schema.messages[full] = (message.field ?? []).map((field) => row(full, message, field)).sort((a, b) => a[0] - b[0]);
  }
  for (const [full, each] of sorted(enums)) {
    schema.enums[full] = Object.fromEntries(each.value.map(({ name, number }) => [name, number ?? 0]));
  }
  for (const file of files) {
    for (const service of file.service ?? []) {
      const full = join(file.package ?? '', service.name);
      schema.services[full] = service.method.map(({ name, inputType, outputType }) => [
        name,
        resolve(full, inputType),
        resolve(full, outputType),
      ]);
    }
  }
  return schema;
}

const join = (scope: string, name: string): string => (scope === '' ? name : `${scope}.${name}`);
const sorted = <T>(map: Map<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
/** protobufjs has google.protobuf in camelCase; its wire names are snake_case like all others. */
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
