import type { KindName } from '../model/kinds.ts';
import type { NodeKind } from './caller.ts';

/** Why an object, or a part of it, has no effect on some clients. */
export interface TranslationProblem {
  readonly kind: KindName;
  readonly namespace: string;
  readonly name: string;
  /** The kind of client that it is left out for; absent: for all of them. */
  readonly nodes?: NodeKind;
  readonly message: string;
}

/** Notes a problem about one object. */
export type Note = (object: Named, message: string, nodes?: NodeKind) => void;

interface Named {
  readonly kind: KindName;
  readonly metadata: { readonly namespace: string; readonly name: string };
}

/** A list of problems, each once, and the function that adds to it. */
export function noteInto(problems: Map<string, TranslationProblem>): Note {
  return ({ kind, metadata: { namespace, name } }, message, nodes) => {
    const problem = { kind, namespace, name, message, ...(nodes && { nodes }) };
    problems.set(JSON.stringify(problem), problem);
  };
}
