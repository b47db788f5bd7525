import { badRequest, Failure, unsupportedMediaType } from '../failure.ts';
import { jsonPatch, type Patched } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

export const mergePatchType = 'application/merge-patch+json';
export const jsonPatchType = 'application/json-patch+json';
export const strategicPatchType = 'application/strategic-merge-patch+json';
const applyPatchTypes = ['application/apply-patch+yaml', 'application/apply-patch+cbor'];

/** Applies a patch by its content type. `strategic`: whether the kind defines strategic merge patch. */
export function applyPatch(object: object, patch: unknown, contentType: string, strategic: boolean): object | Failure {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (applyPatchTypes.includes(type)) {
    return unsupportedMediaType(
      'server-side apply is not supported: use kubectl apply without --server-side, or aya apply',
    );
  }
  if (type === strategicPatchType && !strategic) {
    return unsupportedMediaType(
      `${type} is defined for kinds of Kubernetes only: use ${mergePatchType} (kubectl patch --type=merge) or ${jsonPatchType}`,
    );
  }
  const patched = byType(object, patch, type);
  if (!patched) {
    return unsupportedMediaType(
      `the body of a PATCH must be ${jsonPatchType}, ${mergePatchType} or ${strategicPatchType}`,
    );
  }
  if ('error' in patched) {
    if (type === jsonPatchType) return new Failure(422, 'Invalid', `the patch cannot be applied: ${patched.error}`);
    return badRequest(`the patch cannot be applied: ${patched.error}`);
  }
  const { value } = patched;
  if (typeof value !== 'object' || value === null) return badRequest('the patch must leave an object');
  return value;
}

function byType(object: object, patch: unknown, type: string): Patched | undefined {
  if (type === jsonPatchType) return jsonPatch(object, patch);
  if (type === mergePatchType) return { value: mergePatch(object, patch) };
  if (type === strategicPatchType) return strategicMerge(object, patch);
  return undefined;
}
