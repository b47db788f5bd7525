import { setFlagsFromString } from 'node:v8';

let linear = false;

/**
 * Internal to V8 (decision D29): the first flag lets the `l` flag of a RegExp exist, which refuses what cannot be matched in
 * linear time; the second lets an ordinary RegExp that backtracks too much go on in the linear engine.
 */
function expression(source: string, flags = ''): RegExp {
  if (!linear) {
    linear = true;
    setFlagsFromString('--enable-experimental-regexp-engine');
    setFlagsFromString('--enable-experimental-regexp_engine-on-excessive-backtracks');
  }
  return new RegExp(source, flags);
}

/** RE2's way to write what JavaScript writes otherwise, and what JavaScript would silently take for something else. */
const UNKNOWN: readonly [RegExp, string][] = [
  [/\[\[:\^?[a-z]+:\]/, 'POSIX classes like [[:alpha:]]'],
  [/\\[pP]/, 'Unicode classes like \\pL'],
  [/\\[QECAz]/, 'the escapes \\A, \\z, \\C, \\Q and \\E'],
  // V8's linear engine cannot ignore case, so nothing would stop such an expression from backtracking.
  [/\(\?[a-zA-Z-]+[:)]/, 'inline flags like (?i)'],
];

/**
 * What is wrong with a regular expression of the configuration, or null. Accepted is the part of RE2's syntax that V8 can
 * match in linear time: no look-around, no back-references, no very large counted repetitions.
 */
export function checkRegex(text: string): string | null {
  const escaped = text.replaceAll('\\\\', '');
  for (const [use, what] of UNKNOWN) if (use.test(escaped)) return `"${text}": ${what} are not supported`;
  const source = translate(text);
  try {
    expression(source);
  } catch (error) {
    return `"${text}" is not a regular expression: ${reason(error)}`;
  }
  try {
    expression(source, 'l');
  } catch {
    return `"${text}" is not supported: ${nonLinear(escaped)} cannot be matched in linear time`;
  }
  return null;
}

/** The expression, to be matched against the whole of a text (Envoy's safe_regex). Check it first. */
export function wholeRegex(text: string): RegExp {
  return expression(`^(?:${translate(text)})$`);
}

/** The expression, to be looked for everywhere in a text (Envoy's regex_rewrite). Check it first. */
export function everyRegex(text: string): RegExp {
  return expression(translate(text), 'g');
}

/** RE2 writes a named group as `(?P<name>`. */
const translate = (text: string): string => text.replaceAll('(?P<', '(?<');

function nonLinear(text: string): string {
  const look = /\(\?(?:<?[=!])/.exec(text);
  if (look) return `look-around "${look[0]}"`;
  const back = /\\(?:[1-9]|k<)/.exec(text);
  if (back) return `back-reference "${back[0]}"`;
  const counted = /\{\d+(?:,\d*)?\}/.exec(text);
  return counted ? `so large a repetition as "${counted[0]}"` : 'it';
}

/** The engine's sentence without the expression, which the caller names. */
const reason = (error: unknown): string => (error instanceof Error ? error.message.replace(/^.*\/[a-z]*: /, '') : '');
