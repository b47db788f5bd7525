import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocument } from '../../../shared/xds/document.ts';

test('YAML and JSON are read alike, JSON with tabs too', () => {
  const value = { a: 1, b: ['x', true, null] };
  assert.deepEqual(parseDocument('a: 1\nb: [x, true, null]\n', 'f'), { value });
  assert.deepEqual(parseDocument('{\n\t"a": 1,\n\t"b": [\n\t\t"x", true, null]\n}', 'f'), { value });
  assert.deepEqual(parseDocument('---\nbase: &b {a: 1}\nother: {<<: *b, c: 2}\n', 'f'), {
    value: { base: { a: 1 }, other: { a: 1, c: 2 } },
  });
});

test('words that older YAML took for booleans are strings', () => {
  assert.deepEqual(parseDocument('a: on\nb: no\n', 'f'), { value: { a: 'on', b: 'no' } });
});

test('what cannot be parsed is told with line and column', () => {
  const cases: [string, string][] = [
    ['a: 1\na: 2\n', 'f:2:1: Map keys must be unique'],
    ['a:\n\tb: 1\n', 'f:2:1: Tabs are not allowed as indentation'],
    ['', 'f: the document is empty'],
    ['# nothing\n', 'f: the document is empty'],
    ['a: 1\n---\nb: 1\n', 'f:2:1: a second document begins here; expected one'],
  ];
  for (const [text, problem] of cases) assert.deepEqual(parseDocument(text, 'f'), { problem });
  assert.match(parseDocument('{"a": [1, }', 'f').problem ?? '', /^f:1:\d+: /);
});

test('aliases that would grow without bound are refused', () => {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++)
    lines.push(`${'abcdefghi'[i]}: &${'abcdefghi'[i]} [${`*${'abcdefghi'[i - 1]}, `.repeat(9)}]`);
  assert.match(parseDocument(lines.join('\n'), 'f').problem ?? '', /alias/i);
});
