import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestBody } from '../../sidecar/http/request-body.ts';

test('bodies kept at the same time hold their own bytes, whatever was kept and dropped before', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 30_000, max: 300_000 })), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(sizes, fc.boolean()), { minLength: 1, maxLength: 8 }), (bodies) => {
      const kept: { body: RequestBody; bytes: Buffer }[] = [];
      let mark = 0;
      for (const [chunks, dropped] of bodies) {
        const body = new RequestBody(Number.POSITIVE_INFINITY);
        const parts = chunks.map((size) => {
          mark += 1;
          const chunk = Buffer.alloc(size, mark);
          assert.ok(body.keep(chunk));
          const copy = Buffer.from(chunk);
          // The chunk is borrowed: its memory is used again.
          chunk.fill(0);
          return copy;
        });
        if (dropped) body.abandon();
        else kept.push({ body, bytes: Buffer.concat(parts) });
      }
      for (const { body, bytes } of kept) {
        assert.equal(body.size, bytes.length);
        assert.ok(Buffer.concat(body.copies).equals(bytes));
        body.abandon();
        assert.deepEqual([body.copies.length, body.size, body.abandoned], [0, 0, true]);
      }
    }),
    { numRuns: 60 },
  );
});

test('above the limit the copies are dropped', () => {
  const body = new RequestBody(100_000);
  assert.ok(body.keep(Buffer.alloc(90_000)));
  assert.equal(body.keep(Buffer.alloc(20_000)), false);
  assert.deepEqual([body.copies.length, body.abandoned], [0, true]);
});
