import { messageOf } from './schema.ts';

const empty = Buffer.alloc(0);

/**
 * Members of a type that are always there, with the default they have when they were not sent. Durations, wrappers and Any
 * that are set have all of theirs, also those that proto3 does not send because they are 0: a wrapper around 0 is
 * `{ value: 0 }`, never `{}`, so that `limit?.value ?? 1024` means what it says.
 */
export function alwaysThere(type: string): Readonly<Record<string, unknown>> | undefined {
  if (!type.startsWith('google.protobuf.')) return undefined;
  if (type === 'google.protobuf.Any') return { type_url: '', value: empty };
  if (type === 'google.protobuf.Duration') return { seconds: 0, nanos: 0 };
  if (!/\wValue$/.test(type) || type === 'google.protobuf.ListValue') return undefined;
  const scalar = messageOf(type)?.fields[0]?.type;
  if (scalar === 'string') return { value: '' };
  if (scalar === 'bool') return { value: false };
  return { value: scalar === 'bytes' ? empty : 0 };
}
