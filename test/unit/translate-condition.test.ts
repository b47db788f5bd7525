import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { both, type Condition, everything, type Path } from '../../control-plane/translate/condition.ts';
import { hostsOf, parseHost } from '../../control-plane/translate/names.ts';

const at = (type: Path['type'], value: string): Condition => ({ ...everything, path: { type, value } });
const exact = (value: string): Condition => at('exact', value);
const prefix = (value: string): Condition => at('prefix', value);
const regex = (value: string): Condition => at('regex', value);

describe('two conditions on paths', () => {
  const cases: [string, Condition, Condition, Condition | 'never' | undefined][] = [
    ['everything and a prefix', everything, prefix('/a'), prefix('/a')],
    ['everything and a pattern', everything, regex('/a.*'), regex('/a.*')],
    ['a prefix within a prefix', prefix('/a'), prefix('/a/b'), prefix('/a/b')],
    ['prefixes that only look alike', prefix('/a'), prefix('/ab'), 'never'],
    ['an exact path below a prefix', prefix('/a'), exact('/a/b'), exact('/a/b')],
    ['an exact path beside a prefix', prefix('/a'), exact('/ab'), 'never'],
    ['two exact paths', exact('/a'), exact('/b'), 'never'],
    ['an exact path of a pattern', regex('/item/[0-9]+'), exact('/item/7'), exact('/item/7')],
    ['an exact path that a pattern only begins with', regex('/item'), exact('/item/7'), 'never'],
    ['a pattern and a prefix, which no single match can say', regex('/a.*'), prefix('/a'), undefined],
    ['a pattern and itself', regex('/a.*'), regex('/a.*'), regex('/a.*')],
  ];
  for (const [name, one, other, result] of cases) {
    test(name, () => {
      assert.deepEqual(both(one, other), result);
      assert.deepEqual(both(other, one), result);
    });
  }

  test('methods exclude each other, headers add up', () => {
    const get = { ...everything, method: 'GET' };
    const header = { ...everything, headers: [{ name: 'a', type: 'Present' as const }] };
    assert.equal(both(get, { ...everything, method: 'POST' }), 'never');
    assert.deepEqual(both(get, header), { ...get, headers: header.headers });
  });
});

describe('hosts', () => {
  test('only callers of the same namespace may leave it out', () => {
    assert.ok(hostsOf('cart', 'shop', 'shop').includes('cart'));
    assert.ok(!hostsOf('cart', 'shop', 'default').includes('cart'));
  });

  for (const host of hostsOf('cart', 'shop', 'shop')) {
    test(`${host} means cart in shop, with and without a port`, () => {
      assert.deepEqual(parseHost(host, 'shop'), { service: 'cart', namespace: 'shop', port: undefined });
      assert.deepEqual(parseHost(`${host}:80`, 'shop'), { service: 'cart', namespace: 'shop', port: 80 });
    });
  }

  for (const odd of [
    '',
    'cart.shop.example',
    'cart.shop.svc.example',
    'cart:0',
    'cart:70000',
    'Cart',
    'cart:x',
    'a/b',
  ]) {
    test(`"${odd}" is no service`, () => assert.equal(parseHost(odd, 'shop'), undefined));
  }
});
