import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../control-plane/api/failure.ts';
import { hostAllowed } from '../../control-plane/api/host-check.ts';
import { fieldSelector, labelSelector } from '../../control-plane/api/selector.ts';

const metadata = (labels: Record<string, string> | undefined) => ({
  name: 'cart',
  namespace: 'shop',
  uid: '',
  generation: 1,
  creationTimestamp: '',
  ...(labels && { labels }),
});

const labels: [selector: string, expected: boolean][] = [
  ['', true],
  ['app=cart', true],
  ['app==cart', true],
  ['app = cart', true],
  ['app=web', false],
  ['app!=web', true],
  ['missing!=web', true],
  ['app', true],
  ['missing', false],
  ['!missing', true],
  ['!app', false],
  ['app in (web, cart)', true],
  ['app in (web)', false],
  ['app notin (web)', true],
  ['missing notin (web)', true],
  ['app=cart,tier in (a,b),!gone', true],
  ['app=cart,tier in (c,d)', false],
  ['example.com/empty=', true],
];

for (const [selector, expected] of labels) {
  test(`the label selector ${JSON.stringify(selector)} is ${expected} for app=cart,tier=a,example.com/empty=`, () => {
    const matches = labelSelector(selector);
    assert.ok(!(matches instanceof Failure));
    assert.equal(matches(metadata({ app: 'cart', tier: 'a', 'example.com/empty': '' })), expected);
  });
}

test('selectors that cannot be read are refused', () => {
  for (const text of ['a=b=c', 'a in b', '=x', 'a b']) {
    const refused = labelSelector(text);
    assert.ok(refused instanceof Failure && refused.code === 400, text);
  }
  const field = fieldSelector('spec.x=1');
  assert.ok(field instanceof Failure);
  assert.match(field.message, /only metadata.name and metadata.namespace/);
});

test('field selectors choose by name and namespace', () => {
  const chosen = (text: string) => {
    const matches = fieldSelector(text);
    assert.ok(!(matches instanceof Failure));
    return matches(metadata(undefined));
  };
  assert.equal(chosen('metadata.name=cart'), true);
  assert.equal(chosen('metadata.name=cart,metadata.namespace!=shop'), false);
  assert.equal(chosen('metadata.namespace==shop'), true);
  assert.equal(chosen(''), true);
});

const hosts: [header: string | undefined, expected: boolean][] = [
  ['127.0.0.1:15080', true],
  ['127.9.9.9', true],
  ['localhost:1', true],
  ['LOCALHOST', true],
  ['mesh.localhost:1', true],
  ['[::1]:15080', true],
  ['aya.internal:15080', true],
  ['evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example:15080', false],
  ['10.0.0.1', false],
  ['', false],
  [undefined, false],
];

for (const [header, expected] of hosts) {
  test(`the Host header ${header} is ${expected ? 'answered' : 'refused'}`, () =>
    assert.equal(hostAllowed(header, new Set(['aya.internal']), false), expected));
}

test('a server that is open to other machines answers to any address, but not to any name', () => {
  assert.equal(hostAllowed('10.0.0.1:15080', new Set(), true), true);
  assert.equal(hostAllowed('[fd00::1]:15080', new Set(), true), true);
  assert.equal(hostAllowed('evil.example:15080', new Set(), true), false);
});
