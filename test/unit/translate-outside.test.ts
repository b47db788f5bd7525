import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outsideOf } from '../../control-plane/translate/outside.ts';

const isNamespace = (name: string): boolean => name === 'shop';

test('what an authority means outside of the mesh', () => {
  for (const [text, host, port] of [
    ['example.com', 'example.com', 80],
    ['example.com:443', 'example.com', 443],
    ['a.b.example.com:8080', 'a.b.example.com', 8080],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', 80],
    ['10.0.0.1:5432', '10.0.0.1', 5432],
    ['[2001:db8::1]:80', '2001:db8::1', 80],
    ['cart.example', 'cart.example', 80],
  ] as const) {
    assert.deepEqual(outsideOf(text, isNamespace), { host, port }, text);
  }
});

test('what can only be a service, or is no authority, means nothing there', () => {
  for (const text of [
    '',
    'cart',
    'cart:8080',
    'cart.shop',
    'cart.shop:80',
    'cart.shop.svc',
    'cart.other.svc.cluster.local:80',
    'example.com:0',
    'example.com:65536',
    'example.com:80:80',
    'example..com',
    '-a.example.com',
    'exa mple.com',
    'example.com/path',
    '2001:db8::1',
    '[10.0.0.1]:80',
    '[example.com]:80',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(127)}com`,
  ]) {
    assert.equal(outsideOf(text, isNamespace), undefined, text);
  }
});
