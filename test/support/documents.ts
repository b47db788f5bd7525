import { apiVersionOf, kindNamed } from '../../control-plane/model/kinds.ts';
import { Problems, problemText } from '../../control-plane/model/problem.ts';
import { readObject } from '../../control-plane/model/read.ts';

/** An object of a kind as a person would write it; `fields` are its spec, or its top-level fields when it has none. */
export function document(kindName: string, name: string, fields: object, namespace = 'shop'): Record<string, unknown> {
  const kind = kindNamed(kindName);
  if (!kind) throw new Error(`no kind ${kindName}`);
  const head = { apiVersion: apiVersionOf(kind), kind: kindName, metadata: { name, namespace } };
  return kindName === 'EndpointSlice' ? { ...head, ...fields } : { ...head, spec: fields };
}

/** Reads a document of a kind: the checked fields, and what is wrong, one line each. */
export function check(kindName: string, fields: object): { body: Record<string, unknown>; problems: string[] } {
  const kind = kindNamed(kindName);
  if (!kind) throw new Error(`no kind ${kindName}`);
  const problems = new Problems();
  const { body } = readObject(kind, document(kindName, 'cart', fields), problems);
  return { body: body as Record<string, unknown>, problems: problems.all.map(problemText) };
}

export const cartTarget = [{ group: '', kind: 'Service', name: 'cart' }];
