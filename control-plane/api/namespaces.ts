import { createHash } from 'node:crypto';
import { objectPrefix } from '../model/stored.ts';
import type { ApiContext } from './context.ts';

/** Namespaces exist implicitly (decision D25): those in use, and `default`. */
export function listNamespaces(context: ApiContext): object {
  const names = new Set(['default']);
  for (const { metadata } of context.objects.cache.list(objectPrefix)) names.add(metadata.namespace);
  return {
    kind: 'NamespaceList',
    apiVersion: 'v1',
    metadata: { resourceVersion: String(context.objects.cache.revision) },
    items: [...names].toSorted().map(namespaceDocument),
  };
}

/** Any name: whatever is created in it makes it real. The uid follows from the name, so that it is stable. */
export function namespaceDocument(name: string): object {
  const hex = createHash('sha256').update(name).digest('hex');
  const uid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
  return {
    kind: 'Namespace',
    apiVersion: 'v1',
    metadata: { name, uid, labels: { 'kubernetes.io/metadata.name': name } },
    status: { phase: 'Active' },
  };
}
