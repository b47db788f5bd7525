import type { ApiClient } from '../api/client.ts';
import { displayName, kindOfDocument, pathOf, type ResourceKind } from '../api/discovery.ts';
import type { ApiObject } from '../api/object.ts';
import { Refusal } from '../api/refusal.ts';
import { Failure } from '../failure.ts';
import type { ManifestDocument } from './documents.ts';
import { lastAppliedOf, withLastApplied } from './last-applied.ts';
import { mergePatchOf, threeWayMerge } from './merge.ts';

export interface Applied {
  readonly name: string;
  readonly what: 'created' | 'configured' | 'unchanged';
  /** What the server held before, if anything, and what it holds (or, in a dry run, would hold) now. */
  readonly before: ApiObject | undefined;
  readonly after: ApiObject;
}

export interface ApplyOptions {
  /** For documents that name none. */
  readonly namespace: string;
  readonly dryRun: boolean;
}

/** Others may write between our read and our write; the version in the patch notices, and we merge again. */
const attempts = 5;

/** Makes one object be as its document says, by a three-way merge with what was applied last and what is there. */
export async function applyOne(
  client: ApiClient,
  kinds: readonly ResourceKind[],
  { object, at }: ManifestDocument,
  { namespace, dryRun }: ApplyOptions,
): Promise<Applied | Failure> {
  const kind = kindOfDocument(kinds, object);
  if (kind instanceof Failure) return located(kind, at);
  const home = object.metadata.namespace ?? namespace;
  const metadata = kind.namespaced ? { ...object.metadata, namespace: home } : object.metadata;
  const mine = withLastApplied({ ...object, metadata });
  const path = pathOf(kind, home, object.metadata.name);
  const name = displayName(kind, object.metadata.name);
  const query = { fieldManager: 'aya', fieldValidation: 'Strict', dryRun: dryRun ? 'All' : undefined };

  let answer: ApiObject | Failure = new Failure(`${name} changes faster than it can be applied`);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const live = await client.get<ApiObject>(path);
    if (live instanceof Refusal && live.status === 404) {
      answer = await client.create<ApiObject>(pathOf(kind, home), mine, query);
      if (!(answer instanceof Failure)) return { name, what: 'created', before: undefined, after: answer };
    } else if (live instanceof Failure) {
      return located(live, at);
    } else {
      const merged = threeWayMerge(lastAppliedOf(live), mine, live) as Record<string, unknown>;
      const patch = mergePatchOf(live, merged);
      if (!patch) return { name, what: 'unchanged', before: live, after: live };
      answer = await client.mergePatch<ApiObject>(path, expecting(live, patch), query);
      if (!(answer instanceof Failure)) {
        const same = answer.metadata.resourceVersion === live.metadata.resourceVersion;
        return { name, what: same && !dryRun ? 'unchanged' : 'configured', before: live, after: answer };
      }
    }
    if (!(answer instanceof Refusal && answer.status === 409)) break;
  }
  return located(answer as Failure, at);
}

/** The patch, which holds only for the version that it was computed from. */
function expecting(live: ApiObject, patch: Record<string, unknown>): Record<string, unknown> {
  const metadata = (patch.metadata ?? {}) as Record<string, unknown>;
  return { ...patch, metadata: { ...metadata, resourceVersion: live.metadata.resourceVersion } };
}

function located(failure: Failure, at: string): Failure {
  return new Failure(`${at}: ${failure.message}`, failure.hints, failure.code);
}
