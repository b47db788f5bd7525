import { checkRegex as problemOf } from '../route/regex.ts';
import type { Place } from './place.ts';

/**
 * Notes a problem when `pattern` is no regular expression, or one that could take exponential time (decision D29). True when
 * it is fine.
 */
export function checkRegex(pattern: string, place: Place): boolean {
  const problem = pattern === '' ? 'a regular expression must not be empty' : problemOf(pattern);
  if (problem !== null) place.wrong(problem);
  return problem === null;
}
