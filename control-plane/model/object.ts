import { randomHex } from '../../shared/struct/random-hex.ts';
import { label, labelValue, qualifiedName } from './names.ts';
import { boolean, integer, list, map, object, oneOf, optional, preset, required, type Schema, text } from './schema.ts';

/** Kubernetes ObjectMeta, as far as Aya keeps it. `resourceVersion` is the store's revision: set when read, never stored. */
export interface ObjectMeta {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion?: string;
  /** Raised by a change outside metadata and status. */
  generation: number;
  /** RFC 3339, seconds. */
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** What every kind has in common. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  status?: object;
}

/** Kubernetes metav1.Condition. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  /** RFC 3339: when `status` last changed. */
  lastTransitionTime: string;
  /** The generation that this was said about. */
  observedGeneration: number;
}

/** What a person may write into metadata; the rest is the server's. */
export type WrittenMeta = Omit<Partial<ObjectMeta>, 'generation' | 'creationTimestamp' | 'deletionTimestamp'> & {
  generateName?: string;
};

/** Annotations of one object together: 256 KiB, as in Kubernetes. */
const maxAnnotationBytes = 256 * 1024;

const anything: Schema<unknown> = (value) => value;

interface MetaInput extends WrittenMeta {
  generation?: unknown;
  creationTimestamp?: unknown;
  deletionTimestamp?: unknown;
  deletionGracePeriodSeconds?: unknown;
  managedFields?: unknown;
  selfLink?: unknown;
}

const metaFields = object<MetaInput>(
  {
    // How names look depends on the kind, and is checked with it.
    name: optional(text({ max: 253 })),
    generateName: optional(text({ min: 1, max: 240 })),
    namespace: optional(label),
    uid: optional(text({ max: 64 })),
    resourceVersion: optional(
      text({ max: 20, pattern: /^\d*$/, is: 'a resourceVersion that this server gave out: decimal digits' }),
    ),
    labels: optional(map(labelValue, qualifiedName)),
    annotations: optional(map(text(), qualifiedName)),
    ownerReferences: optional(
      list<OwnerReference>(
        object<OwnerReference>({
          apiVersion: required(text({ min: 1 })),
          kind: required(text({ min: 1 })),
          name: required(text({ min: 1 })),
          uid: required(text({ min: 1 })),
          controller: optional(boolean),
          blockOwnerDeletion: optional(boolean),
        }),
        { unique: { by: (owner) => owner.uid, path: 'uid' } },
      ),
    ),
    finalizers: optional(list(qualifiedName, { unique: { by: (name) => name, path: '' } })),
    generation: optional(anything),
    creationTimestamp: optional(anything),
    deletionTimestamp: optional(anything),
    deletionGracePeriodSeconds: optional(anything),
    managedFields: optional(anything),
    selfLink: optional(anything),
  },
  {
    also: (meta, path, problems) => {
      const annotations = Object.entries(meta.annotations ?? {});
      const bytes = annotations.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
      if (bytes > maxAnnotationBytes) {
        problems.add(`${path}.annotations`, `must be at most ${maxAnnotationBytes} bytes together; got ${bytes}`);
      }
    },
  },
);

/** Metadata as a client sends it; what only the server sets (generation, timestamps, managedFields, ...) is left out. */
export const metaSchema: Schema<WrittenMeta> = (value, path, problems) => {
  const {
    generation: _generation,
    creationTimestamp: _created,
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    managedFields: _managed,
    selfLink: _link,
    ...meta
  } = metaFields(value, path, problems);
  // As in Kubernetes, what is empty is absent: taking the last label away leaves no trace.
  const { labels, annotations, ownerReferences, finalizers, ...rest } = meta;
  return {
    ...rest,
    ...(labels && Object.keys(labels).length > 0 && { labels }),
    ...(annotations && Object.keys(annotations).length > 0 && { annotations }),
    ...(ownerReferences && ownerReferences.length > 0 && { ownerReferences }),
    ...(finalizers && finalizers.length > 0 && { finalizers }),
  };
};

const conditionSchema: Schema<Condition> = object<Condition>({
  type: required(text({ min: 1, max: 316 })),
  status: required(oneOf(['True', 'False', 'Unknown'])),
  reason: required(text({ min: 1, max: 1024, pattern: /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/, is: 'one word' })),
  message: required(text({ max: 32768 })),
  lastTransitionTime: required(text({ min: 1 })),
  observedGeneration: preset(integer(0), 0),
});

export const conditionsSchema: Schema<Condition[]> = list(conditionSchema, {
  max: 16,
  unique: { by: (condition) => condition.type, path: 'type' },
});

/** A uid as Kubernetes writes it: a random UUID (RFC 9562, version 4). */
export function newUid(): string {
  const hex = randomHex(16);
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}

/** RFC 3339 with whole seconds: how Kubernetes writes times in metadata and conditions. `wall` is milliseconds. */
export function timestamp(wall: number): string {
  return `${new Date(wall).toISOString().slice(0, 19)}Z`;
}

/** Metadata of an object that is created at `wall`. */
export function newMeta(meta: WrittenMeta & { name: string; namespace: string }, wall: number): ObjectMeta {
  const { generateName: _prefix, resourceVersion: _version, ...kept } = meta;
  return { ...kept, uid: newUid(), generation: 1, creationTimestamp: timestamp(wall) };
}
