import { setFlagsFromString } from 'node:v8';
import type { Place } from './place.ts';

// Both flags are the process's, so they hold in every thread. The first lets `l` patterns compile: they are judged by
// V8's linear engine, which accepts about what RE2 does (no back-references, no look-around). The second makes the
// ordinary engine, which is faster, hand over to the linear one when a match backtracks too much.
setFlagsFromString('--enable-experimental-regexp-engine');
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/**
 * Notes a problem when `pattern` could take exponential time or is no pattern (decision D29). What passes is executed
 * by the ordinary engine, as `new RegExp('^(?:PATTERN)$', 's')`: Envoy's safe_regex is a full match.
 */
export function checkRegex(pattern: string, place: Place): void {
  const problem = regexProblem(pattern);
  if (problem) place.wrong(problem);
}

/** Why `pattern` is refused, or undefined. */
export function regexProblem(pattern: string): string | undefined {
  if (pattern === '') return 'a regular expression must not be empty';
  try {
    new RegExp(`^(?:${pattern})$`, 's');
  } catch (error) {
    return `no regular expression: ${reasonOf(error)}`;
  }
  try {
    new RegExp(`^(?:${pattern})$`, 'sl');
    return undefined;
  } catch {
    return `may take exponential time: ${constructOf(pattern)} cannot be matched in linear time; write it without`;
  }
}

const constructs: [RegExp, string][] = [
  [/\\[1-9]|\\k</, 'a back-reference'],
  [/\(\?<?[=!]/, 'look-ahead or look-behind'],
  [/\(\?[a-z-]+[:)]/, 'an inline flag such as (?i)'],
  [/\{\d+(,\d*)?\}/, 'a counted repetition this large'],
];

const constructOf = (pattern: string): string => constructs.find(([sign]) => sign.test(pattern))?.[1] ?? 'its form';

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(text.lastIndexOf(': ') + 2).toLowerCase();
}
