import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnDefinitions, span, tableRow } from '../../control-plane/api/table.ts';
import { type AnyObject, kinds } from '../../control-plane/model/kinds.ts';
import { cartTarget, check, document } from '../support/documents.ts';

const spans: [seconds: number, text: string][] = [
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [330, '5m30s'],
  [700, '11m'],
  [3 * 3600, '3h'],
  [4 * 3600 + 120, '4h2m'],
  [30 * 3600, '30h'],
  [3 * 86_400 + 3600, '3d1h'],
  [30 * 86_400, '30d'],
  [-5, '0s'],
];

for (const [seconds, text] of spans) {
  test(`${seconds} seconds are shown as ${text}`, () => assert.equal(span(seconds * 1000), text));
}

test('every kind has as many cells as columns, and a name and an age', () => {
  for (const { kind } of kinds) {
    const names = (columnDefinitions(kind) as { name: string }[]).map((each) => each.name);
    assert.deepEqual([names[0], names.at(-1)], ['Name', 'Age'], kind);
  }
});

test('a fault shows how long it still lasts, and on how many sidecars it is in force', () => {
  const fields = { targetRefs: cartTarget, faults: { abort: { percent: 1, httpStatus: 503 } } };
  const wall = Date.parse('2026-01-01T00:01:00Z');
  const metadata = { name: 'f', namespace: 'shop', uid: '', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' };
  const object = { ...document('FaultPolicy', 'f', fields), ...check('FaultPolicy', fields).body, metadata };
  const cells = (status: object | undefined) => {
    const fleet = { applied: 11, total: 12, nacks: [] };
    return (tableRow({ ...object, status } as unknown as AnyObject, { wall, fleet }) as { cells: string[] }).cells;
  };
  assert.deepEqual(cells({ expiresAt: '2026-01-01T00:02:30.000Z' }), [
    'f',
    'cart',
    'abort',
    '<none>',
    '11/12',
    '90s',
    '60s',
  ]);
  assert.equal(cells({ expiresAt: '2026-01-01T00:00:30.000Z' })[5], 'expired');
  assert.equal(cells(undefined)[5], '<none>');
});
