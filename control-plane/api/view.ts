import { type AnyObject, apiVersionOf, type Kind } from '../model/kinds.ts';
import { type ApiContext, fleetOf } from './context.ts';
import { present } from './present.ts';
import { columnDefinitions, tableRow } from './table.ts';

/** How a client wants objects: as they are, or as a table for people. */
export interface View {
  one(object: AnyObject): object;
  list(items: readonly AnyObject[]): object;
  /** The object of a watch event. */
  event(object: AnyObject): object;
}

/** By the Accept header: kubectl asks for `application/json;as=Table;v=v1;g=meta.k8s.io` when it prints for people. */
export function viewFor(context: ApiContext, kind: Kind, accept: string | undefined): View {
  const first = accept?.split(',')[0] ?? '';
  const table = /;\s*as=Table\b/.test(first) && /;\s*v=v1\b/.test(first) && /;\s*g=meta\.k8s\.io\b/.test(first);
  return table ? tables(context, kind) : documents(context, kind);
}

function documents(context: ApiContext, kind: Kind): View {
  return {
    one: (object) => present(context, object),
    list: (items) => ({
      kind: `${kind.kind}List`,
      apiVersion: apiVersionOf(kind),
      metadata: { resourceVersion: String(context.objects.cache.revision) },
      items: items.map((each) => present(context, each)),
    }),
    event: (object) => present(context, object),
  };
}

function tables(context: ApiContext, kind: Kind): View {
  let defined = false;
  const table = (resourceVersion: string | undefined, items: readonly AnyObject[], head: boolean): object => ({
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: resourceVersion === undefined ? {} : { resourceVersion },
    columnDefinitions: head ? columnDefinitions(kind.kind) : [],
    rows: items.map((each) => tableRow(each, { wall: context.clock.wall(), fleet: fleetOf(context, each) })),
  });
  return {
    one: (object) => table(object.metadata.resourceVersion, [object], true),
    list: (items) => table(String(context.objects.cache.revision), items, true),
    event(object) {
      // The columns are told once; every event is one row.
      const head = !defined;
      defined = true;
      return table(object.metadata.resourceVersion, [object], head);
    },
  };
}
