import { isDeepStrictEqual } from 'node:util';
import { contradictions } from '../model/contradictions.ts';
import { leased } from '../model/fault-policy.ts';
import { type AnyObject, apiVersionOf, type Kind } from '../model/kinds.ts';
import { newMeta, type ObjectMeta, type WrittenMeta } from '../model/object.ts';
import { type Problem, Problems, problemText } from '../model/problem.ts';
import { bodyOf, readObject, readStatus } from '../model/read.ts';
import { isObject } from '../model/schema.ts';
import { settledStatus } from './conditions.ts';
import type { ApiContext } from './context.ts';
import { conflict, type Failure, forbidden, invalid } from './failure.ts';
import { computedField } from './present.ts';

export interface WriteOptions {
  /** Check everything, store nothing. */
  dryRun: boolean;
  /** What becomes of fields that no schema knows: kubectl's `--validate`. */
  unknownFields: 'Strict' | 'Warn' | 'Ignore';
}

/** An object that may be stored, and what the client should be warned of. */
export interface Admitted {
  object: AnyObject;
  warnings: string[];
}

/** An error as an exception would be, but a value. */
export type Refusable<T> = T | Failure;

/** Decides about a whole object that a client wrote; `existing` is what it replaces. */
export function admit(
  context: ApiContext,
  kind: Kind,
  namespace: string,
  input: unknown,
  existing: AnyObject | undefined,
  options: WriteOptions,
): Refusable<Admitted> {
  const problems = new Problems();
  const written = readObject(kind, kind.restored?.(input) ?? input, problems);
  const name = written.meta.name ?? existing?.metadata.name ?? '';
  if (written.meta.namespace !== undefined && written.meta.namespace !== namespace) {
    problems.add('metadata.namespace', `must be ${namespace}, as in the request's path; got ${written.meta.namespace}`);
  }
  const [unknown, wrong] = split(problems.all, options);
  if (existing) wrong.push(...unchangeable(existing, name, written.body));
  if (wrong.length > 0) return invalid(kind, name, wrong);
  const metadata = existing
    ? updatedMeta(existing.metadata, written.meta)
    : newMeta({ ...written.meta, name, namespace }, context.clock.wall());
  const head = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata };
  const object = { ...head, ...written.body, ...(existing?.status && { status: existing.status }) } as AnyObject;
  if (existing && !isDeepStrictEqual(bodyOf(object), bodyOf(existing))) object.metadata.generation += 1;
  const owner = context.ownerOf(existing ?? object) ?? context.ownerOf(object);
  if (owner !== undefined) return forbidden(kind, name, owner);
  const contradicting = contradictions(object, context.objects.world);
  if (contradicting.length > 0) return invalid(kind, name, contradicting);
  const renewed = object.metadata.generation !== existing?.metadata.generation;
  if (renewed && !options.dryRun) settle(context, object);
  return { object, warnings: unknown.map(problemText) };
}

/** Decides about a status that a client wrote: everything else of the object stays. */
export function admitStatus(
  kind: Kind,
  input: unknown,
  existing: AnyObject,
  options: WriteOptions,
): Refusable<Admitted> {
  const problems = new Problems();
  const status = readStatus(kind, withoutComputed(input), problems);
  const [unknown, wrong] = split(problems.all, options);
  if (wrong.length > 0) return invalid(kind, existing.metadata.name, wrong);
  const { status: before, ...rest } = existing;
  // A lease is given by the server alone.
  const lease = existing.kind === 'FaultPolicy' && {
    expiresAt: existing.status?.expiresAt,
    leasedGeneration: existing.status?.leasedGeneration,
  };
  const object = { ...rest, ...((status ?? before) && { status: { ...status, ...lease } }) } as AnyObject;
  return { object, warnings: unknown.map(problemText) };
}

/** Preconditions that a written object carries in its own metadata. */
export function preconditions(kind: Kind, meta: unknown, existing: AnyObject): Failure | undefined {
  if (!isObject(meta)) return undefined;
  const { name, uid, resourceVersion } = existing.metadata;
  if (typeof meta.uid === 'string' && meta.uid !== '' && meta.uid !== uid) {
    return conflict(kind, name, `it is another object of that name now: its uid is ${uid}, not ${meta.uid}`);
  }
  const asked = meta.resourceVersion;
  if (typeof asked === 'string' && asked !== '' && asked !== '0' && asked !== resourceVersion)
    return conflict(kind, name);
  return undefined;
}

/** Conditions and lease of a new generation, stored in the same write. */
function settle(context: ApiContext, object: AnyObject): void {
  const wall = context.clock.wall();
  if (object.kind === 'FaultPolicy') object.status = leased(object, wall);
  // Contradictions were refused before, so that no other policy can be in force.
  const status = settledStatus(object, { world: context.objects.world, wall, fleet: undefined, inForce: new Map() });
  if (status) object.status = status as NonNullable<typeof object.status>;
}

function split(all: readonly Problem[], options: WriteOptions): [unknown: Problem[], wrong: Problem[]] {
  if (options.unknownFields === 'Strict') return [[], [...all]];
  const unknown = all.filter((each) => each.reason === 'FieldUnknown');
  const wrong = all.filter((each) => each.reason !== 'FieldUnknown');
  return [options.unknownFields === 'Warn' ? unknown : [], wrong];
}

function unchangeable(existing: AnyObject, name: string, body: object): Problem[] {
  const problems: Problem[] = [];
  const fixed = (path: string, before: string, now: unknown): void => {
    if (now === undefined || now === before) return;
    const message = `cannot be changed from ${before} to ${String(now)}: delete the object and create another`;
    problems.push({ path, message, reason: 'FieldValueForbidden' });
  };
  fixed('metadata.name', existing.metadata.name, name);
  if (existing.kind === 'EndpointSlice' && 'addressType' in body) {
    fixed('addressType', existing.addressType, body.addressType);
  }
  return problems;
}

function updatedMeta(before: ObjectMeta, written: WrittenMeta): ObjectMeta {
  const { uid, name, namespace, generation, creationTimestamp, deletionTimestamp } = before;
  const { generateName: _prefix, resourceVersion: _version, ...kept } = written;
  const ours = { uid, name, namespace, generation, creationTimestamp };
  return { ...kept, ...ours, ...(deletionTimestamp !== undefined && { deletionTimestamp }) };
}

function withoutComputed(input: unknown): unknown {
  if (!isObject(input) || !isObject(input.status)) return input;
  const { [computedField]: _computed, ...status } = input.status;
  return { ...input, status };
}
