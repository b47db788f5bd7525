import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ApiObject, isRecord } from '../../cli/api/object.ts';
import { lastApplied, lastAppliedOf, withLastApplied } from '../../cli/manifest/last-applied.ts';
import { mergePatchOf, threeWayMerge } from '../../cli/manifest/merge.ts';

const service: ApiObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'cart', namespace: 'shop', labels: { tier: 'back' } },
  spec: { ports: [{ port: 80, name: 'http' }] },
};

/** RFC 7396, section 2. */
function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result = { ...(isRecord(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}

test('a field that was applied and is no longer in the document is removed; a field of others stays', () => {
  const merged = threeWayMerge({ a: 1, b: 2 }, { a: 1 }, { a: 1, b: 2, c: 3 });
  assert.deepEqual(merged, { a: 1, c: 3 });
});

test('a null in the document removes the field', () => {
  assert.deepEqual(threeWayMerge({}, { a: null }, { a: 1, c: 3 }), { c: 3 });
});

test('a list without merge keys is replaced whole', () => {
  assert.deepEqual(threeWayMerge({ list: [1] }, { list: [2] }, { list: [1, 9] }), { list: [2] });
});

test('ports of a Service are merged by number: the old one goes, defaults and the ports of others stay', () => {
  const live = {
    spec: {
      ports: [
        { port: 80, protocol: 'TCP' },
        { port: 81, protocol: 'TCP' },
        { port: 9090, name: 'x' },
      ],
    },
  };
  const last = { spec: { ports: [{ port: 80 }, { port: 81 }] } };
  const mine = { spec: { ports: [{ port: 82 }, { port: 80, name: 'http' }] } };
  assert.deepEqual(threeWayMerge(last, mine, live), {
    spec: { ports: [{ port: 82 }, { port: 80, protocol: 'TCP', name: 'http' }, { port: 9090, name: 'x' }] },
  });
});

test('the record of the last apply is the sorted JSON that kubectl writes, without itself', () => {
  const written = withLastApplied(service).metadata.annotations?.[lastApplied];
  assert.equal(
    written,
    '{"apiVersion":"v1","kind":"Service","metadata":{"annotations":{},"labels":{"tier":"back"},"name":"cart","namespace":"shop"},"spec":{"ports":[{"name":"http","port":80}]}}\n',
  );
  assert.equal(withLastApplied(withLastApplied(service)).metadata.annotations?.[lastApplied], written);
});

test('a damaged record counts as none', () => {
  const damaged = { ...service, metadata: { ...service.metadata, annotations: { [lastApplied]: '{' } } };
  assert.deepEqual(lastAppliedOf(damaged), {});
});

test('the patch from the live object to the merged one leads there, and is empty when nothing changes', () => {
  // Without nulls: a merge patch cannot say them, and the API has none.
  const { object } = fc.letrec<{ object: Record<string, unknown>; value: unknown }>((tie) => ({
    object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value'), { noNullPrototype: true }),
    value: fc.oneof({ depthSize: 'small' }, fc.nat(2), fc.array(fc.nat(2), { maxLength: 2 }), tie('object')),
  }));
  fc.assert(
    fc.property(object, object, object, (last, mine, live) => {
      const merged = threeWayMerge(last, mine, live) as Record<string, unknown>;
      assert.deepEqual(applyMergePatch(live, mergePatchOf(live, merged) ?? {}), merged);
      assert.equal(mergePatchOf(merged, threeWayMerge(mine, mine, merged) as Record<string, unknown>), undefined);
    }),
  );
});
