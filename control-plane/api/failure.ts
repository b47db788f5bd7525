import type { Kind } from '../model/kinds.ts';
import { type Problem, problemText } from '../model/problem.ts';

type KindNames = Pick<Kind, 'kind' | 'group' | 'plural'>;

interface Cause {
  reason: string;
  message: string;
  field: string;
}

interface Details {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: Cause[];
  retryAfterSeconds?: number;
}

/** A refusal, as a value: becomes a Kubernetes `Status` object with its HTTP status. */
export class Failure {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details: Details | undefined;

  constructor(code: number, reason: string, message: string, details?: Details) {
    this.code = code;
    this.reason = reason;
    this.message = message;
    this.details = details;
  }

  /** The body of the response, and of an ERROR event in a watch. */
  status(): object {
    const { code, reason, message, details } = this;
    const head = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason };
    return details ? { ...head, details, code } : { ...head, code };
  }
}

const qualified = (kind: KindNames): string => (kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`);
const detailsOf = (kind: KindNames, name: string): Details => ({ name, group: kind.group, kind: kind.plural });

export const badRequest = (message: string): Failure => new Failure(400, 'BadRequest', message);

export const notFound = (kind: KindNames, name: string): Failure =>
  new Failure(404, 'NotFound', `${qualified(kind)} "${name}" not found`, detailsOf(kind, name));

export const noSuchPath = (path: string): Failure =>
  new Failure(404, 'NotFound', `the server could not find the requested resource: ${path}`, {});

export const alreadyExists = (kind: KindNames, name: string): Failure =>
  new Failure(409, 'AlreadyExists', `${qualified(kind)} "${name}" already exists`, detailsOf(kind, name));

export const conflict = (
  kind: KindNames,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): Failure =>
  new Failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${why}`,
    detailsOf(kind, name),
  );

export const forbidden = (kind: KindNames, name: string, why: string): Failure =>
  new Failure(403, 'Forbidden', `${qualified(kind)} "${name}" is forbidden: ${why}`, detailsOf(kind, name));

/** 422: what is wrong with the object, each problem as a cause that names its field. */
export function invalid(kind: KindNames, name: string, problems: readonly Problem[]): Failure {
  const texts = problems.map(problemText);
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const causes = problems.map(({ path, message, reason }) => ({ reason, message, field: path }));
  const details = { name, group: kind.group, kind: kind.kind, causes };
  return new Failure(
    422,
    'Invalid',
    `${kind.kind}${kind.group && `.${kind.group}`} "${name}" is invalid: ${all}`,
    details,
  );
}

/** 410: the client must list again. */
export const expired = (asked: number): Failure =>
  new Failure(410, 'Expired', `too old resource version: ${asked}: list again and watch from there`);

export const unsupportedMediaType = (message: string): Failure => new Failure(415, 'UnsupportedMediaType', message);

export const methodNotAllowed = (message: string): Failure => new Failure(405, 'MethodNotAllowed', message);

export const unavailable = (message: string): Failure =>
  new Failure(503, 'ServiceUnavailable', message, { retryAfterSeconds: 1 });
