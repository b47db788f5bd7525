import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestIds } from '../../../sidecar/filter/request-id.ts';
import { exchangeOf, linesOf } from '../../support/exchange.ts';

const inside = { useRemoteAddress: false, preserveExternalRequestId: false };
const edge = { useRemoteAddress: true, preserveExternalRequestId: false };

test('ids look like UUIDs of version 4 and never repeat', () => {
  const ids = new RequestIds();
  const seen = new Set<string>();
  for (let at = 0; at < 200_000; at += 1) seen.add(ids.next());
  assert.equal(seen.size, 200_000);
  for (const id of [...seen].slice(65_530, 65_540)) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test('two workers do not share ids', () => {
  assert.notEqual(new RequestIds().next(), new RequestIds().next());
});

test('a request without an id gets one', () => {
  const x = exchangeOf();
  new RequestIds().stamp(x, inside);
  assert.deepEqual(linesOf(x.headers), [`x-request-id: ${x.requestId}`]);
});

test('within the mesh an id is passed on', () => {
  const x = exchangeOf({ headers: ['X-Request-Id', 'theirs'] });
  new RequestIds().stamp(x, inside);
  assert.equal(x.requestId, 'theirs');
  assert.deepEqual(linesOf(x.headers), ['X-Request-Id: theirs']);
});

test('at the edge an id is replaced, unless external ids are preserved', () => {
  const x = exchangeOf({ headers: ['X-Request-Id', 'theirs'] });
  new RequestIds().stamp(x, edge);
  assert.notEqual(x.requestId, 'theirs');
  assert.deepEqual(linesOf(x.headers), [`x-request-id: ${x.requestId}`]);
  const kept = exchangeOf({ headers: ['X-Request-Id', 'theirs'] });
  new RequestIds().stamp(kept, { ...edge, preserveExternalRequestId: true });
  assert.equal(kept.requestId, 'theirs');
});
