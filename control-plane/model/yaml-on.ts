import { isObject } from './schema.ts';

/**
 * YAML 1.1 readers, kubectl's among them, take an unquoted key `on` for the boolean true, and send `spec.retry.true`. A
 * TrafficPolicy, or a merge patch of one, gets its `spec.retry.on` back; a patch that takes away the one and brings the
 * other (somebody added quotes) brings it. Source: yaml.org/type/bool.html.
 */
export function withRetryOn(document: unknown): unknown {
  if (!isObject(document) || !isObject(document.spec) || !isObject(document.spec.retry)) return document;
  if (!('true' in document.spec.retry)) return document;
  const { true: unquoted, on: quoted, ...retry } = document.spec.retry;
  return { ...document, spec: { ...document.spec, retry: { ...retry, on: quoted ?? unquoted } } };
}
