import { Failure, misuse } from '../failure.ts';
import { kindNamed, type ResourceKind } from './discovery.ts';

/** A kind, and one object of it or (no name) all of them. */
export interface Selected {
  readonly kind: ResourceKind;
  readonly name?: string;
}

/** What words like `svc`, `svc,httproutes`, `svc cart web`, `svc/cart tp/cart` or `all` mean. */
export function selectionOf(kinds: readonly ResourceKind[], words: readonly string[]): Selected[] | Failure {
  const [first, ...names] = words;
  if (first === undefined) return misuse('no resource named', 'for example: services, svc/cart, trafficpolicies cart');
  if (words.some((word) => word.includes('/'))) {
    const selected: Selected[] = [];
    for (const word of words) {
      const [type, name, ...more] = word.split('/');
      if (!type || !name || more.length > 0) return misuse(`"${word}" is not TYPE/NAME`);
      const kind = kindNamed(kinds, type);
      if (kind instanceof Failure) return kind;
      selected.push({ kind, name });
    }
    return selected;
  }
  const selected: Selected[] = [];
  for (const type of first.split(',')) {
    const found = type === 'all' ? kinds.filter(({ namespaced }) => namespaced) : kindNamed(kinds, type);
    if (found instanceof Failure) return found;
    for (const kind of [found].flat()) {
      if (names.length === 0) selected.push({ kind });
      else selected.push(...names.map((name) => ({ kind, name })));
    }
  }
  return selected;
}
