import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ResourceKind } from '../../cli/api/discovery.ts';
import type { ApiObject } from '../../cli/api/object.ts';
import { describe } from '../../cli/describe.ts';
import { age, ageSince } from '../../cli/output/age.ts';
import { lineDiff } from '../../cli/output/line-diff.ts';
import { serialize, tables } from '../../cli/output/objects.ts';
import { table } from '../../cli/output/table.ts';

const policies: ResourceKind = {
  group: 'aya.dev',
  version: 'v1alpha1',
  kind: 'TrafficPolicy',
  plural: 'trafficpolicies',
  singular: 'trafficpolicy',
  shortNames: ['tp'],
  namespaced: true,
  verbs: ['list'],
};
const policy: ApiObject = {
  apiVersion: 'aya.dev/v1alpha1',
  kind: 'TrafficPolicy',
  metadata: { name: 'cart', namespace: 'shop', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { targetRefs: [{ group: '', kind: 'Service', name: 'cart' }], loadBalancing: { policy: 'LeastRequest' } },
  status: {
    sidecars: { applied: 11, total: 12, nacks: 0 },
    conditions: [{ type: 'Accepted', status: 'False', reason: 'Conflict', message: 'other says otherwise' }],
  },
};
const now = Date.parse('2026-01-01T00:05:10Z');

test('ages are told in the two largest units that matter', () => {
  const told = [-5, 0, 42_000, 310_000, 3_600_000, 11 * 3_600_000 + 60_000, 12 * 86_400_000].map(age);
  assert.deepEqual(told, ['0s', '0s', '42s', '5m10s', '1h', '11h', '12d']);
  assert.equal(ageSince(undefined, now), '<unknown>');
});

test('columns are as wide as their widest cell, and lines end without blanks', () => {
  assert.equal(
    table([
      ['NAME', 'AGE'],
      ['a-long-name', ''],
      ['b', '1s'],
    ]),
    'NAME          AGE\na-long-name\nb             1s\n',
  );
});

test('a table shows what matters of a kind; the reason stands where a condition is not true', () => {
  const style = { now, wide: false, namespaces: true, qualified: false };
  assert.equal(
    tables([{ kind: policies, objects: [policy], single: false }], style),
    'NAMESPACE   NAME   TARGETS   BALANCING      ACCEPTED   APPLIED   AGE\n' +
      'shop        cart   cart      LeastRequest   Conflict   11/12     5m10s\n',
  );
});

test('one object asked for by name is printed bare, a list as a List, names with their kind', () => {
  const found = [{ kind: policies, objects: [policy], single: true }];
  assert.deepEqual(JSON.parse(serialize(found, 'json')), policy);
  const list = JSON.parse(serialize([{ kind: policies, objects: [policy], single: false }], 'json'));
  assert.deepEqual([list.kind, list.items], ['List', [policy]]);
  assert.equal(serialize(found, 'name'), 'trafficpolicy.aya.dev/cart\n');
  assert.match(serialize(found, 'yaml'), /^apiVersion: aya.dev\/v1alpha1\nkind: TrafficPolicy\n/);
});

test('a description names the conditions with their messages', () => {
  const text = describe(policy, now);
  assert.match(text, /^Name: +cart\nNamespace: +shop\nKind: +TrafficPolicy \(aya.dev\/v1alpha1\)\n/);
  assert.match(text, /Accepted +False +Conflict +<unknown> +other says otherwise/);
});

test('a diff of equal texts is empty, and one of different texts shows each changed line with its context', () => {
  assert.equal(lineDiff('a\nb', 'a\nb'), '');
  assert.equal(lineDiff('', 'a\nb'), '@@ -1 +1 @@\n+a\n+b\n');
  const lines = [...'abcdefghijk'];
  assert.equal(
    lineDiff(lines.join('\n'), lines.with(5, 'X').join('\n')),
    '@@ -3 +3 @@\n c\n d\n e\n-f\n+X\n g\n h\n i\n',
  );
});

test('the marked lines of a diff are the texts', () => {
  const text = fc.array(fc.constantFrom<string>('a', 'b', 'c'), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before.join() !== after.join());
      // Few lines: all of them are within the context of some change, or equal and left out on both sides.
      const lines = lineDiff(before.join('\n'), after.join('\n')).split('\n').slice(0, -1);
      const of = (marks: string) => lines.filter((each) => marks.includes(each[0] ?? '')).map((each) => each.slice(1));
      assert.ok(before.join('\n').includes(of('-')[0] ?? ''));
      assert.ok(of(' +').every((each) => after.includes(each)));
      assert.ok(of(' -').every((each) => before.includes(each)));
      assert.equal(of('+').length - of('-').length, after.length - before.length);
    }),
  );
});
