import { isDeepStrictEqual } from 'node:util';
import { randomHex } from '../../shared/struct/random-hex.ts';
import type { AnyObject, Kind } from '../model/kinds.ts';
import { timestamp } from '../model/object.ts';
import { isObject } from '../model/schema.ts';
import { encodeObject, storeKey } from '../model/stored.ts';
import type { Written } from '../store/contract.ts';
import { type Admitted, admit, admitStatus, preconditions, type Refusable, type WriteOptions } from './admission.ts';
import type { ApiContext } from './context.ts';
import { alreadyExists, badRequest, conflict, Failure, forbidden, notFound, unavailable } from './failure.ts';
import { applyPatch } from './patch/apply.ts';

/** Which object a request is about. `status`: only its status is written. */
export interface Target {
  kind: Kind;
  namespace: string;
  name: string;
  status: boolean;
}

export interface Patch {
  body: unknown;
  contentType: string;
}

/**
 * How often a write starts again because somebody else was faster. A write that names a resourceVersion fails then by its
 * own precondition.
 */
const attempts = 10;

/** Kinds whose objects are checked against each other: one write at a time, so that no two can slip past each other. */
const exclusive = new Set(['TrafficPolicy']);
const queues = new WeakMap<ApiContext, Promise<unknown>>();

function inTurn<T>(context: ApiContext, kind: Kind, work: () => Promise<T>): Promise<T> {
  if (!exclusive.has(kind.kind)) return work();
  const turn = (queues.get(context) ?? Promise.resolve()).then(work);
  queues.set(
    context,
    turn.catch(() => undefined),
  );
  return turn;
}

export function create(
  context: ApiContext,
  kind: Kind,
  namespace: string,
  body: unknown,
  options: WriteOptions,
): Promise<Refusable<Admitted>> {
  return inTurn(context, kind, async () => {
    const admitted = admit(context, kind, namespace, named(body), undefined, options);
    if (admitted instanceof Failure) return admitted;
    const { name } = admitted.object.metadata;
    if (context.objects.cache.get(storeKey(kind, namespace, name))) return alreadyExists(kind, name);
    if (options.dryRun) return admitted;
    const written = await store(context, kind, admitted.object, 0);
    if (!written.ok && written.reason === 'conflict') return alreadyExists(kind, name);
    return stored(written, kind, admitted);
  });
}

/** PUT: the whole object, which must be there. */
export function replace(
  context: ApiContext,
  target: Target,
  body: unknown,
  options: WriteOptions,
): Promise<Refusable<Admitted>> {
  return update(context, target, () => body, options);
}

/** PATCH: what the patch makes of the object that is there. */
export function patch(
  context: ApiContext,
  target: Target,
  { body, contentType }: Patch,
  options: WriteOptions,
): Promise<Refusable<Admitted>> {
  const { strategic, restored } = target.kind;
  const restoredBody = restored?.(body) ?? body;
  return update(context, target, (current) => applyPatch(current, restoredBody, contentType, strategic), options);
}

function update(
  context: ApiContext,
  target: Target,
  change: (current: AnyObject) => unknown,
  options: WriteOptions,
): Promise<Refusable<Admitted>> {
  const { kind, namespace, name } = target;
  const { cache } = context.objects;
  return inTurn(context, kind, async () => {
    for (let attempt = 1; ; attempt++) {
      const current = cache.get(storeKey(kind, namespace, name));
      if (!current) return notFound(kind, name);
      const input = change(structuredClone(current));
      if (input instanceof Failure) return input;
      const meta = isObject(input) ? input.metadata : undefined;
      const failed = preconditions(kind, meta, current);
      if (failed) return failed;
      const admitted = target.status
        ? admitStatus(kind, input, current, options)
        : admit(context, kind, namespace, input, current, options);
      if (admitted instanceof Failure) return admitted;
      const { object } = admitted;
      const unchanged = isDeepStrictEqual(JSON.parse(encodeObject(object)), JSON.parse(encodeObject(current)));
      if (options.dryRun || unchanged)
        return { ...admitted, object: revised(object, current.metadata.resourceVersion) };
      const expected = Number(current.metadata.resourceVersion);
      const written = freed(object)
        ? await cache.delete(storeKey(kind, namespace, name), expected)
        : await store(context, kind, object, expected);
      if (written.ok || written.reason !== 'conflict') return stored(written, kind, admitted);
      if (attempt >= attempts) return conflict(kind, name);
    }
  });
}

export interface DeleteOptions {
  uid?: string;
  resourceVersion?: string;
}

/** Deletes, or marks for deletion what finalizers hold. Returns the object as it was, or as it is now. */
export function remove(
  context: ApiContext,
  { kind, namespace, name }: Target,
  asked: DeleteOptions,
  options: WriteOptions,
): Promise<Refusable<AnyObject>> {
  const { cache } = context.objects;
  const key = storeKey(kind, namespace, name);
  return inTurn(context, kind, async () => {
    for (let attempt = 1; ; attempt++) {
      const current = cache.get(key);
      if (!current) return notFound(kind, name);
      const failed = preconditions(kind, asked, current);
      if (failed) return failed;
      const owner = context.ownerOf(current);
      if (owner !== undefined) return forbidden(kind, name, owner);
      if (options.dryRun || current.metadata.deletionTimestamp !== undefined) return current;
      const expected = Number(current.metadata.resourceVersion);
      const held = (current.metadata.finalizers ?? []).length > 0;
      const metadata = { ...current.metadata, deletionTimestamp: timestamp(context.clock.wall()) };
      const marked = { ...current, metadata } as AnyObject;
      const written = held ? await store(context, kind, marked, expected) : await cache.delete(key, expected);
      if (written.ok) return held ? revised(marked, String(written.revision)) : current;
      if (written.reason === 'unavailable') return unavailable(written.message);
      if (attempt >= attempts || asked.resourceVersion !== undefined) return conflict(kind, name);
    }
  });
}

/** `preconditions` of a DeleteOptions body. */
export function deleteOptions(body: unknown): Refusable<DeleteOptions> {
  if (body === undefined || body === null || body === '') return {};
  if (!isObject(body)) return badRequest('the body of a DELETE must be DeleteOptions');
  const { uid, resourceVersion } = isObject(body.preconditions) ? body.preconditions : {};
  return {
    ...(typeof uid === 'string' && { uid }),
    ...(typeof resourceVersion === 'string' && { resourceVersion }),
  };
}

function store(context: ApiContext, kind: Kind, object: AnyObject, expected: number): Promise<Written> {
  const { namespace, name } = object.metadata;
  return context.objects.cache.put(storeKey(kind, namespace, name), encodeObject(object), expected);
}

/** The last finalizer of an object that is to be deleted is gone. */
function freed({ metadata }: AnyObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
}

function stored(written: Written, kind: Kind, admitted: Admitted): Refusable<Admitted> {
  if (written.ok) return { ...admitted, object: revised(admitted.object, String(written.revision)) };
  if (written.reason === 'unavailable') return unavailable(written.message);
  return conflict(kind, admitted.object.metadata.name);
}

function revised(object: AnyObject, resourceVersion: string | undefined): AnyObject {
  const metadata = { ...object.metadata, ...(resourceVersion !== undefined && { resourceVersion }) };
  return { ...object, metadata } as AnyObject;
}

/** `generateName`: the name is this prefix and five random letters or digits. */
function named(body: unknown): unknown {
  if (!isObject(body) || !isObject(body.metadata)) return body;
  const { name, generateName } = body.metadata;
  if ((name !== undefined && name !== '') || typeof generateName !== 'string') return body;
  return { ...body, metadata: { ...body.metadata, name: `${generateName}${randomHex(3).slice(0, 5)}` } };
}
