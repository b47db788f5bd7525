/** Why a field is refused: the reasons of Kubernetes status causes, and one of ours for fields that no schema knows. */
export type ProblemReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueTypeInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooMany'
  | 'FieldUnknown';

/** One thing that is wrong with an object. `path` reads like `spec.rules[0].matches[1].path.value`. */
export interface Problem {
  path: string;
  message: string;
  reason: ProblemReason;
}

/** Collects what is wrong while an object is read; the reading itself goes on, so that one answer names everything. */
export class Problems {
  readonly all: Problem[] = [];

  add(path: string, message: string, reason: ProblemReason = 'FieldValueInvalid'): void {
    this.all.push({ path, message, reason });
  }
}

/** `spec` + `ports` = `spec.ports`; names that are no identifiers are quoted: `metadata.labels["a.b/c"]`. */
export function at(path: string, name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}

/** One line for people: `spec.retry.attempts: must be at least 0; got -1`. */
export function problemText(problem: Problem): string {
  return problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`;
}
