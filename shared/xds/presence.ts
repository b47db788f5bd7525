import { messageOf } from './schema.ts';

type Plain = Record<string, unknown>;

/** Where in a message something may have to be filled in: a field, and what is to be done with each of its values. */
interface Step {
  readonly name: string;
  readonly label: 'singular' | 'repeated' | 'map';
  readonly fill: (value: Plain) => void;
}

const empty = Buffer.alloc(0);
const plans = new Map<string, readonly Step[]>();

/**
 * Durations, wrappers and Any that are set get all their members, also those that proto3 does not send because they are 0:
 * a wrapper around 0 is `{ value: 0 }`, never `{}`, so that `limit?.value ?? 1024` means what it says. In place.
 */
export function fillPresent(type: string, message: Plain): void {
  const own = alwaysThere(type);
  if (own) addMissing(message, own);
  else fillBelow(type, message);
}

function fillBelow(type: string, message: Plain): void {
  for (const { name, label, fill } of planOf(type)) {
    const value = message[name];
    if (value === undefined) continue;
    if (label === 'repeated') for (const each of value as Plain[]) fill(each);
    else if (label === 'map') for (const each of Object.values(value as Record<string, Plain>)) fill(each);
    else fill(value as Plain);
  }
}

/** Members that are always there, with the default they have when they were not sent. */
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

function planOf(type: string): readonly Step[] {
  const known = plans.get(type);
  if (known) return known;
  const steps: Step[] = [];
  // Set before it is complete: a type that holds itself finds it here.
  plans.set(type, steps);
  for (const { name, label, kind, type: inner } of messageOf(type)?.fields ?? []) {
    if (kind !== 'message') continue;
    const members = alwaysThere(inner);
    if (members) steps.push({ name, label, fill: (value) => addMissing(value, members) });
    else if (matters(inner)) steps.push({ name, label, fill: (value) => fillBelow(inner, value) });
  }
  return steps;
}

/** Whether anything below `type` has to be filled in. */
function matters(type: string, seen = new Set<string>()): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  const fields = messageOf(type)?.fields ?? [];
  return fields.some(({ kind, type: inner }) => kind === 'message' && (alwaysThere(inner) || matters(inner, seen)));
}

function addMissing(value: Plain, members: Readonly<Record<string, unknown>>): void {
  for (const name in members) value[name] ??= members[name];
}
