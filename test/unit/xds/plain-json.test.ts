import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plainJson } from '../../../shared/xds/plain-json.ts';

test('JSON is read, whatever its strings hold', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.deepEqual(plainJson(text)?.value, JSON.parse(text));
      assert.deepEqual(plainJson(JSON.stringify(JSON.parse(text), null, 2))?.value, JSON.parse(text));
    }),
  );
  const tricky = '{"a\\"b\\\\": "c\\": ", "{": [":", "x: y", {"": "\\\\"}]}';
  assert.deepEqual(plainJson(tricky)?.value, JSON.parse(tricky));
});

test('a key that stands twice, and what is no JSON, is left to the reader that says where', () => {
  assert.equal(plainJson('{"a": 1, "b": {"c": 1, "c": 2}}'), undefined);
  assert.equal(plainJson('a: 1'), undefined);
  assert.equal(plainJson(''), undefined);
});
