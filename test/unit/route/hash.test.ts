import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combined, type Hash64, hexOf } from '../../../shared/struct/hash64.ts';
import { xxHash64 } from '../../../shared/struct/xx-hash.ts';
import type { HashSourcePlan } from '../../../sidecar/core/plan/route.ts';
import { RequestHash } from '../../../sidecar/route/hash.ts';
import { exchangeOf, type RequestShape } from '../../support/exchange.ts';

const plain = { useRemoteAddress: true, xffTrustedHops: 0 };

function stamped(sources: readonly HashSourcePlan[], request: RequestShape = {}, trust = plain) {
  const x = exchangeOf(request);
  RequestHash.of(sources)?.stamp(x, trust);
  return { hash: x.hash && hexOf(x.hash), cookie: x.affinityCookie };
}

const header = (name: string, terminal = false): HashSourcePlan => ({ kind: 'header', name, terminal });
const hexed = (text: string): string => hexOf(xxHash64(text));

test('a route without hash policies hashes nothing', () => {
  assert.equal(RequestHash.of([]), null);
});

test('a header, a query parameter, a cookie and the source address give the hash of their value', () => {
  const request: RequestShape = {
    path: '/a?x=1&user=42&user=43',
    headers: ['X-User', 'ann', 'Cookie', 'a=b; session="s1"', 'cookie', 'last=z'],
    authority: 'shop',
  };
  const table: [HashSourcePlan, string | null][] = [
    [header('x-user'), hexed('ann')],
    [header(':authority'), hexed('shop')],
    [header('x-other'), null],
    [{ kind: 'query', name: 'user', terminal: false }, hexed('42')],
    [{ kind: 'query', name: 'y', terminal: false }, null],
    [{ kind: 'cookie', name: 'session', ttl: null, path: '', terminal: false }, hexed('s1')],
    [{ kind: 'cookie', name: 'last', ttl: null, path: '', terminal: false }, hexed('z')],
    [{ kind: 'cookie', name: 'none', ttl: null, path: '', terminal: false }, null],
    [{ kind: 'source-ip', terminal: false }, hexed('10.1.2.3')],
  ];
  for (const [source, expected] of table) {
    assert.deepEqual(stamped([source], request), { hash: expected, cookie: '' }, JSON.stringify(source));
  }
});

test('several values of a header count whatever their order', () => {
  const [one, other] = [
    ['x-user', 'ann', 'x-user', 'bob'],
    ['x-user', 'bob', 'x-user', 'ann'],
  ].map((headers) => stamped([header('x-user')], { headers }).hash);
  const first: Hash64 = xxHash64('ann');
  assert.equal(one, other);
  assert.equal(one, hexOf(xxHash64('bob', first.low, first.high)));
});

test('sources are combined in order, until a terminal one and a hash', () => {
  const headers = ['a', '1', 'b', '2'];
  const both = hexOf(combined(xxHash64('1'), xxHash64('2')));
  assert.equal(stamped([header('a'), header('b')], { headers }).hash, both);
  assert.notEqual(stamped([header('b'), header('a')], { headers }).hash, both);
  assert.equal(stamped([header('a', true), header('b')], { headers }).hash, hexed('1'));
  assert.equal(stamped([header('none', true), header('b')], { headers }).hash, hexed('2'));
  assert.equal(stamped([header('a'), header('none', true), header('b')], { headers }).hash, hexed('1'));
});

test('a missing cookie is made when it has a time to live, the same one for all requests of a connection', () => {
  const cookie = (ttl: number, path = ''): HashSourcePlan => ({
    kind: 'cookie',
    name: 'aff',
    ttl,
    path,
    terminal: false,
  });
  const value = hexed('10.1.2.3:471110.9.9.9:15001');
  assert.deepEqual(stamped([cookie(60, '/shop')]), {
    hash: hexed(value),
    cookie: `aff="${value}"; Max-Age=60; Path=/shop; HttpOnly`,
  });
  assert.equal(stamped([cookie(0)]).cookie, `aff="${value}"; HttpOnly`);
  // The client brings it next time, from another connection even.
  assert.deepEqual(stamped([cookie(60)], { headers: ['cookie', `aff="${value}"`], remoteAddress: '10.7.7.7' }), {
    hash: hexed(value),
    cookie: '',
  });
});

test('the source address is what stands before the trusted hops', () => {
  const headers = ['x-forwarded-for', '1.1.1.1, 2.2.2.2', 'x-forwarded-for', '3.3.3.3'];
  const source: HashSourcePlan = { kind: 'source-ip', terminal: false };
  const table: [boolean, number, string][] = [
    [true, 0, '10.1.2.3'],
    [true, 1, '2.2.2.2'],
    [false, 0, '3.3.3.3'],
    [false, 1, '2.2.2.2'],
    [false, 9, '10.1.2.3'],
  ];
  for (const [useRemoteAddress, xffTrustedHops, expected] of table) {
    assert.equal(stamped([source], { headers }, { useRemoteAddress, xffTrustedHops }).hash, hexed(expected));
  }
  assert.equal(stamped([source], {}, { useRemoteAddress: false, xffTrustedHops: 0 }).hash, hexed('10.1.2.3'));
});
