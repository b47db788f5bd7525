import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PayloadMatch } from '../../../sidecar/cluster/health/payload.ts';

const hex = (text: string): string => Buffer.from(text).toString('hex');
const seen = (blocks: readonly string[], ...chunks: readonly string[]): boolean => {
  const match = new PayloadMatch(blocks.map(hex));
  for (const each of chunks) match.push(Buffer.from(each));
  return match.complete;
};

test('blocks are found in their order with anything between, wherever the bytes are cut', () => {
  assert.ok(seen(['one', 'two'], 'xxonexxtwoxx'));
  assert.ok(seen(['one', 'two'], 'xxo', 'n', 'ext', 'wo'));
  assert.ok(seen(['aa', 'aa'], 'aaaa'));
  assert.ok(!seen(['aa', 'aa'], 'aaa'), 'a byte counts for one block only');
  assert.ok(!seen(['one', 'two'], 'two one'));
  assert.ok(seen([]));
});

test('cutting the bytes another way never changes the answer', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 }), { maxLength: 4 }),
      fc.array(letters, { maxLength: 8 }),
      (blocks, chunks) => assert.equal(seen(blocks, ...chunks), seen(blocks, chunks.join(''))),
    ),
  );
});
