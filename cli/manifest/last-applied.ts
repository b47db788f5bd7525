import { type ApiObject, isRecord } from '../api/object.ts';

/** kubectl's own name: objects may be applied by kubectl and by us in turn, and neither undoes the other. */
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** `object` with the annotation that remembers it: the JSON as kubectl writes it (sorted keys, a newline at the end). */
export function withLastApplied(object: ApiObject): ApiObject {
  const { [lastApplied]: _, ...annotations } = object.metadata.annotations ?? {};
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      annotations: { ...annotations, [lastApplied]: `${JSON.stringify(sorted(bare))}\n` },
    },
  };
}

/** What was applied last, by whichever tool; empty when nobody did, or when the annotation is damaged. */
export function lastAppliedOf(live: ApiObject): Record<string, unknown> {
  const text = live.metadata.annotations?.[lastApplied];
  if (text === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}
