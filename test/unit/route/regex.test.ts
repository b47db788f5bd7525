import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRegex, everyRegex, wholeRegex } from '../../../sidecar/route/regex.ts';
import { checkSubstitution } from '../../../sidecar/route/rewrite.ts';

for (const text of [
  '/a/\\d+',
  '[^/]+',
  '(a+)+b',

  '(?P<id>\\w+)',
  '\\.json',
  'a{1,10}',
  '(?:x|y)*',
  '\\\\A',
]) {
  test(`"${text}" is accepted`, () => assert.equal(checkRegex(text), null));
}

const refused: [text: string, why: RegExp][] = [
  ['(a)\\1', /back-reference "\\1"/],
  ['(?<x>a)\\k<x>', /back-reference/],
  ['(?=a)b', /look-around "\(\?="/],
  ['a{1,1000}', /repetition as "\{1,1000\}"/],
  ['[[:alpha:]]', /POSIX classes/],
  ['\\pL+', /Unicode classes/],
  ['\\Aabc\\z', /escapes/],
  ['(', /not a regular expression/],
  ['a**', /not a regular expression/],
  ['(?i:a)b', /inline flags/],
  ['(?i)abc', /inline flags/],
];

for (const [text, why] of refused) {
  test(`"${text}" is refused with its reason`, () => assert.match(checkRegex(text) ?? '', why));
}

test('a full match is wanted, with alternatives inside', () => {
  assert.equal(wholeRegex('a|b').test('ab'), false);
  assert.equal(everyRegex('(?P<x>a)').test('bab'), true);
});

test('V8 hands an expression that backtracks without end to its linear engine', () => {
  // With backtracking alone this takes 2^60 steps.
  assert.equal(wholeRegex('(a|a)*').test(`${'a'.repeat(60)}!`), false);
  assert.equal(wholeRegex('(a+)+b').test('a'.repeat(60)), false);
});

test('a substitution may name the groups there are', () => {
  assert.equal(checkSubstitution('/(a)/(b)', '/\\2/\\1\\\\$'), null);
  assert.match(checkSubstitution('/(a)', '\\2') ?? '', /only 1 group/);
  assert.match(checkSubstitution('/(a)', '\\x') ?? '', /may follow a backslash/);
});
