import { Failure } from '../failure.ts';
import type { Found } from '../output/objects.ts';
import type { ApiClient } from './client.ts';
import { apiVersionOf, pathOf, type ResourceKind } from './discovery.ts';
import type { ApiList, ApiObject } from './object.ts';
import type { Selected } from './selection.ts';

export interface Scope {
  /** Undefined for all namespaces. */
  readonly namespace: string | undefined;
  readonly labelSelector?: string | undefined;
}

/** What is selected, one entry for each kind in the order asked for; and each failure, so that the rest can still be shown. */
export async function fetchSelected(
  client: ApiClient,
  selected: readonly Selected[],
  { namespace, labelSelector }: Scope,
): Promise<{ found: Found[]; failures: Failure[]; resourceVersion: string | undefined }> {
  const found: Found[] = [];
  const failures: Failure[] = [];
  let resourceVersion: string | undefined;
  for (const { kind, name } of selected) {
    if (name === undefined) {
      const list = await client.get<ApiList>(pathOf(kind, namespace), { labelSelector });
      if (list instanceof Failure) failures.push(list);
      else {
        resourceVersion = list.metadata.resourceVersion;
        found.push({ kind, objects: list.items.map((item) => typed(kind, item)), single: false });
      }
    } else {
      const object = await client.get<ApiObject>(pathOf(kind, namespace, name));
      if (object instanceof Failure) failures.push(object);
      else {
        resourceVersion = object.metadata.resourceVersion;
        const same = found.find((each) => each.single && each.kind === kind);
        if (same) found[found.indexOf(same)] = { ...same, objects: [...same.objects, typed(kind, object)] };
        else found.push({ kind, objects: [typed(kind, object)], single: true });
      }
    }
  }
  return { found, failures, resourceVersion };
}

/** With apiVersion and kind in front, which items of a list may leave out. */
function typed(kind: ResourceKind, { apiVersion: _a, kind: _k, ...rest }: ApiObject): ApiObject {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, ...rest };
}
