import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../../shared/struct/random.ts';
import { HostIndex, withoutPort } from '../../../sidecar/route/host-index.ts';
import { RouteTable } from '../../../sidecar/route/table.ts';
import { exchangeOf } from '../../support/exchange.ts';
import { hostPlan, routeConfigPlan } from '../../support/route-plan.ts';

const random = seededRandom(1);

/** Which virtual host answers; domains stand in the order of a configuration, to show that order does not matter. */
const domains = [
  '*',
  'foo.*',
  '*.com',
  '*.foo.com',
  '*-bar.foo.com',
  'www.foo.com',
  'foo.bar.*',
  'cart',
  'cart.default:8080',
  'Mixed.Case',
  '*.foo.com:8080',
  '[::1]:80',
];

const cases: [host: string, domain: string, why: string][] = [
  ['www.foo.com', 'www.foo.com', 'an exact name comes before all wildcards'],
  ['WWW.FOO.COM', 'www.foo.com', 'case does not matter in the request'],
  ['mixed.case', 'Mixed.Case', 'case does not matter in the configuration'],
  ['a.foo.com', '*.foo.com', 'the longest suffix wins'],
  ['a.b.foo.com', '*.foo.com', 'a wildcard stands for several labels'],
  ['baz-bar.foo.com', '*-bar.foo.com', 'a suffix may begin within a label'],
  ['-bar.foo.com', '*.foo.com', 'a wildcard stands for at least one character'],
  ['foo.com', '*.com', 'a suffix comes before a prefix'],
  ['.foo.com', '*.com', 'nothing before the suffix is no match for it'],
  ['foo.org', 'foo.*', 'a prefix'],
  ['foo.bar.org', 'foo.bar.*', 'the longest prefix wins'],
  ['foo.bar.', 'foo.*', 'nothing after the prefix is no match for it'],
  ['cart', 'cart', 'a name without dots'],
  ['cart:80', '*', 'a port is part of the name'],
  ['cart.default:8080', 'cart.default:8080', 'a name with its port'],
  ['cart.default', '*', 'without its port it is another name'],
  ['x.foo.com:8080', '*.foo.com:8080', 'a suffix with a port'],
  ['[::1]:80', '[::1]:80', 'an IPv6 address'],
  ['', '*', 'no host at all'],
  ['elsewhere', '*', 'anything else'],
];

for (const [host, domain, why] of cases) {
  test(`host "${host}" is served by "${domain}": ${why}`, () => {
    const table = RouteTable.of(routeConfigPlan(domains.map((each) => hostPlan(each, [each]))), new Map());
    const x = exchangeOf({ authority: host });
    table.lookup(x, random);
    assert.equal(x.virtualHost, domain);
  });
}

test('without a "*" an unknown host has no route', () => {
  const table = RouteTable.of(routeConfigPlan([hostPlan('a', ['a'])]), new Map());
  assert.equal(table.lookup(exchangeOf({ authority: 'b' }), random), null);
});

test('ignorePortInHost looks a host up without its port', () => {
  const table = RouteTable.of(routeConfigPlan([hostPlan('a', ['a'])], { ignorePortInHost: true }), new Map());
  for (const authority of ['a', 'a:1', 'A:65535'])
    assert.notEqual(table.lookup(exchangeOf({ authority }), random), null);
  assert.equal(table.lookup(exchangeOf({ authority: 'b:1' }), random), null);
});

test('a port is cut from names and addresses, and nothing else is', () => {
  const of: Record<string, string> = {
    a: 'a',
    'a:80': 'a',
    '[::1]:80': '[::1]',
    '[::1]': '[::1]',
    'a:b': 'a:b',
    '': '',
  };
  for (const [host, name] of Object.entries(of)) assert.equal(withoutPort(host), name);
});

test('an index finds what a search through all domains by precedence finds', () => {
  const label = fc.constantFrom('a', 'b', 'ab', 'a.b', 'b.a', 'a-b');
  const domain = fc.oneof(
    label,
    label.map((each) => `*.${each}`),
    label.map((each) => `*${each}`),
    label.map((each) => `${each}.*`),
    fc.constant('*'),
  );
  const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((each) => each.join('.'));
  fc.assert(
    fc.property(fc.uniqueArray(domain, { minLength: 1, maxLength: 8 }), host, (all, name) => {
      const index = new HostIndex<string>();
      for (const each of all) assert.equal(index.add(each, each), true);
      const suffixes = all.filter((each) => each.length > 1 && each.startsWith('*'));
      const prefixes = all.filter((each) => each.length > 1 && each.endsWith('*'));
      const longest = (some: string[]): string | undefined => some.sort((one, two) => two.length - one.length)[0];
      const expected =
        all.find((each) => each === name) ??
        longest(suffixes.filter((each) => name.length >= each.length && name.endsWith(each.slice(1)))) ??
        longest(prefixes.filter((each) => name.length >= each.length && name.startsWith(each.slice(0, -1)))) ??
        (all.includes('*') ? '*' : null);
      assert.equal(index.find(name), expected);
    }),
  );
});

test('a domain that is taken stays with the first', () => {
  const index = new HostIndex<number>();
  for (const each of ['a', '*.a', 'a.*', '*']) {
    assert.equal(index.add(each, 1), true);
    assert.equal(index.add(each.toUpperCase(), 2), false);
  }
  assert.equal(index.find('a'), 1);
});

test('virtual hosts of a VHDS configuration arrive one by one', () => {
  const plan = routeConfigPlan([hostPlan('static', ['static'])], { vhds: true });
  const empty = RouteTable.of(plan, new Map());
  assert.equal(empty.lookup(exchangeOf({ authority: 'cart' }), random), 'unknown-host');
  const cart = hostPlan('cart', ['cart', 'cart.default']);
  const vhosts = new Map([['outbound/cart', cart]]);
  const one = RouteTable.of(plan, vhosts, empty);
  const entry = one.lookup(exchangeOf({ authority: 'cart.default' }), random);
  assert.ok(entry !== null && entry !== 'unknown-host');
  assert.equal(entry.virtualHost, 'cart');
  // The same virtual host under a second name, and one of another configuration.
  vhosts.set('outbound/cart.default', hostPlan('cart', ['cart', 'cart.default']));
  vhosts.set('other/web', hostPlan('web', ['web']));
  const two = RouteTable.of(plan, vhosts, one);
  assert.equal(two.lookup(exchangeOf({ authority: 'web' }), random), 'unknown-host');
  assert.equal(two.lookup(exchangeOf({ authority: 'cart.default' }), random), entry, 'what did not change is reused');
});

test('a known host without a matching route is not asked for again', () => {
  const plan = routeConfigPlan([hostPlan('cart', ['cart'], [])], { vhds: true });
  assert.equal(RouteTable.of(plan, new Map()).lookup(exchangeOf(), random), null);
});
