import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest } from '../../control-plane/model/closest.ts';
import { kindNamed, kinds } from '../../control-plane/model/kinds.ts';
import { newUid, timestamp } from '../../control-plane/model/object.ts';
import { Problems, problemText } from '../../control-plane/model/problem.ts';
import { readObject } from '../../control-plane/model/read.ts';
import { decodeObject, encodeObject, kindOfKey, storeKey } from '../../control-plane/model/stored.ts';

function read(metadata: object, head: object = {}) {
  const kind = kindNamed('Service');
  assert.ok(kind);
  const problems = new Problems();
  const { meta } = readObject(kind, { metadata, spec: { ports: [{ port: 80 }] }, ...head }, problems);
  return { meta, problems: problems.all.map(problemText) };
}

test('metadata that only the server sets is left out, and so is what is empty', () => {
  const { meta, problems } = read({
    name: 'cart',
    generation: 7,
    creationTimestamp: null,
    managedFields: [{ anything: true }],
    selfLink: '/x',
    labels: {},
    annotations: { 'a.b/c': 'd' },
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(meta, { name: 'cart', annotations: { 'a.b/c': 'd' } });
});

const wrong: [what: string, metadata: object, problem: RegExp][] = [
  ['no name', {}, /^metadata.name: required$/],
  ['a name with capitals', { name: 'Cart' }, /^metadata.name: must be lower-case letters/],
  [
    'a Service name that begins with a digit',
    { name: '1a' },
    /^metadata.name: must be lower-case.*beginning with a letter/,
  ],
  ['a label value with a blank', { name: 'a', labels: { x: 'a b' } }, /^metadata.labels.x: must be letters/],
  [
    'a label key with a blank',
    { name: 'a', labels: { 'x y': 'a' } },
    /^metadata.labels\["x y"\]: must be \[prefix\/\]name/,
  ],
  [
    'an annotation that is a number',
    { name: 'a', annotations: { x: 1 } },
    /^metadata.annotations.x: must be a string; got a number/,
  ],
  [
    'too many annotations',
    { name: 'a', annotations: { x: 'x'.repeat(300_000) } },
    /^metadata.annotations: must be at most 262144 bytes/,
  ],
  ['an unknown field', { name: 'a', lables: {} }, /^metadata.lables: unknown field; did you mean "labels"\?$/],
  ['a resourceVersion that is no number', { name: 'a', resourceVersion: 'x' }, /^metadata.resourceVersion: must be/],
];

for (const [what, metadata, problem] of wrong) {
  test(`metadata with ${what} is refused by path`, () => {
    const { problems } = read(metadata);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });
}

test('a document of another kind or version is refused', () => {
  assert.deepEqual(read({ name: 'a' }, { kind: 'Pod', apiVersion: 'v2' }).problems, [
    'apiVersion: must be v1 here; got "v2"',
    'kind: must be Service here; got "Pod"',
  ]);
});

test('the nearest word is offered, and none when nothing is near', () => {
  assert.equal(closest('timeout', ['timeouts', 'retry']), 'timeouts');
  assert.equal(closest('Timeouts', ['timeouts', 'retry']), 'timeouts');
  assert.equal(closest('zebra', ['timeouts', 'retry']), undefined);
});

test('keys of the store tell the kind, and revisions are not stored in objects', () => {
  for (const kind of kinds) assert.equal(kindOfKey(storeKey(kind, 'shop', 'cart')), kind);
  assert.equal(kindOfKey('objects/unknowns.example.com/shop/cart'), undefined);
  const text = '{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}}';
  const object = decodeObject('', text, 42);
  assert.equal(object.metadata.resourceVersion, '42');
  assert.equal(encodeObject(object), text);
});

test('uids are UUIDs and times are seconds', () => {
  assert.match(newUid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(newUid(), newUid());
  assert.equal(timestamp(1_700_000_000_999), '2023-11-14T22:13:20Z');
});
