import { type AnyObject, apiVersionOf, type Kind } from './kinds.ts';
import { metaSchema, type WrittenMeta } from './object.ts';
import type { Problems } from './problem.ts';
import { isObject } from './schema.ts';

/** What a client may say about an object: the rest is the server's. */
export interface Written {
  meta: WrittenMeta;
  /** The checked fields of the kind, defaults filled in. */
  body: object;
}

/** Reads a whole object that a client wrote, but for its status. Means something only when no problem was added. */
export function readObject(kind: Kind, value: unknown, problems: Problems): Written {
  if (!isObject(value)) {
    problems.add('', `must be a ${kind.kind} object`, 'FieldValueTypeInvalid');
    return { meta: {}, body: {} };
  }
  const { apiVersion, kind: named, metadata, status: _status, ...rest } = value;
  const expected = apiVersionOf(kind);
  if (apiVersion !== undefined && apiVersion !== expected) {
    problems.add('apiVersion', `must be ${expected} here; got ${JSON.stringify(apiVersion)}`);
  }
  if (named !== undefined && named !== kind.kind) {
    problems.add('kind', `must be ${kind.kind} here; got ${JSON.stringify(named)}`);
  }
  const meta = metaSchema(metadata ?? {}, 'metadata', problems);
  if (meta.name !== undefined) kind.name(meta.name, 'metadata.name', problems);
  else if (meta.generateName === undefined) problems.add('metadata.name', 'required', 'FieldValueRequired');
  return { meta, body: kind.body(rest, '', problems) };
}

/** Reads the status that a client wrote to the status subresource. */
export function readStatus(kind: Kind, value: unknown, problems: Problems): object | undefined {
  if (!isObject(value) || value.status === undefined || value.status === null || !kind.status) return undefined;
  return kind.status(value.status, 'status', problems);
}

/** The fields of a stored object that `generation` counts: all but metadata and status. */
export function bodyOf(object: AnyObject): object {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, status: _status, ...body } = object;
  return body;
}
