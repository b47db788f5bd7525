import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../shared/struct/random.ts';
import type { HeaderMatchPlan, MatchPlan, QueryMatchPlan, StringMatchPlan } from '../../../sidecar/core/plan/match.ts';
import { RouteMatch } from '../../../sidecar/route/match.ts';
import { exchangeOf, type RequestShape } from '../../support/exchange.ts';
import { matchPlan, prefix } from '../../support/route-plan.ts';

const random = seededRandom(1);
const matches = (plan: MatchPlan, shape: RequestShape): boolean =>
  new RouteMatch(plan).matches(exchangeOf(shape), random);

const paths: [kind: MatchPlan['path']['kind'], value: string, path: string, expected: boolean][] = [
  ['prefix', '/', '/', true],
  ['prefix', '/', '*', false],
  ['prefix', '', '*', true],
  ['prefix', '/api', '/api', true],
  ['prefix', '/api', '/apiary', true],
  ['prefix', '/api', '/API', false],
  ['prefix', '/api', '/ap', false],
  ['prefix', '/api', '/api?x', true],
  ['exact', '/api', '/api', true],
  ['exact', '/api', '/api?x=/api', true],
  ['exact', '/api', '/api#top', true],
  ['exact', '/api', '/api/', false],
  ['exact', '/api', '/apiary', false],
  ['exact', '/api', '/Api', false],
  ['segments', '/api', '/api', true],
  ['segments', '/api', '/api/', true],
  ['segments', '/api', '/api/v1', true],
  ['segments', '/api', '/api?x', true],
  ['segments', '/api', '/apiary', false],
  ['segments', '/api', '/ap', false],
  ['regex', '/item/\\d+', '/item/42', true],
  ['regex', '/item/\\d+', '/item/42?x=1', true],
  ['regex', '/item/\\d+', '/item/42/x', false],
  ['regex', '/item/\\d+', '/x/item/42', false],
  ['regex', '/a|/b', '/b', true],
  ['regex', '/a|/b', '/ab', false],
];

for (const [kind, value, path, expected] of paths) {
  test(`path ${kind} "${value}" ${expected ? 'matches' : 'does not match'} "${path}"`, () => {
    assert.equal(matches(matchPlan({ kind, value }), { path }), expected);
  });
}

test('without case sensitivity all but regular expressions ignore case', () => {
  const loose = { caseSensitive: false };
  for (const kind of ['prefix', 'exact', 'segments'] as const) {
    assert.equal(matches(matchPlan({ kind, value: '/Api' }, loose), { path: '/aPI?X' }), true);
  }
  assert.equal(matches(matchPlan({ kind: 'regex', value: '/Api' }, loose), { path: '/api' }), false);
});

test('only a match without any condition always matches', () => {
  assert.equal(new RouteMatch(prefix('')).always, true);
  assert.equal(new RouteMatch(prefix('/')).always, false);
  assert.equal(new RouteMatch(prefix('', { percent: 50 })).always, false);
  assert.equal(new RouteMatch(prefix('', { grpcOnly: true })).always, false);
});

const text = (
  kind: 'exact' | 'prefix' | 'suffix' | 'contains',
  value: string,
  ignoreCase = false,
): StringMatchPlan => ({
  kind,
  value,
  ignoreCase,
});
const header = (
  name: string,
  condition: HeaderMatchPlan['test'],
  rest: Partial<HeaderMatchPlan> = {},
): HeaderMatchPlan => ({ name, test: condition, invert: false, missingAsEmpty: false, ...rest });
const present = (value: boolean): HeaderMatchPlan['test'] => ({ kind: 'present', present: value });
const range = (start: number, end: number): HeaderMatchPlan['test'] => ({ kind: 'range', start, end });
const inverted = { invert: true };
const empty = { missingAsEmpty: true };

const headers: [what: string, plan: HeaderMatchPlan, shape: RequestShape, expected: boolean][] = [
  ['exact', header('x', text('exact', 'a')), { headers: ['x', 'a'] }, true],
  ['exact with another value', header('x', text('exact', 'a')), { headers: ['x', 'b'] }, false],
  ['exact with another case', header('x', text('exact', 'a')), { headers: ['x', 'A'] }, false],
  ['exact ignoring case', header('x', text('exact', 'Aa', true)), { headers: ['X', 'aA'] }, true],
  ['prefix', header('x', text('prefix', 'ab')), { headers: ['x', 'abc'] }, true],
  ['suffix', header('x', text('suffix', 'bc')), { headers: ['x', 'abc'] }, true],
  ['suffix ignoring case', header('x', text('suffix', 'BC', true)), { headers: ['x', 'abc'] }, true],
  ['contains', header('x', text('contains', 'b')), { headers: ['x', 'abc'] }, true],
  ['regex for the whole value', header('x', { kind: 'regex', value: 'a+' }), { headers: ['x', 'aab'] }, false],
  ['regex', header('x', { kind: 'regex', value: '\\d{3}' }), { headers: ['x', '123'] }, true],
  ['regex inverted', header('x', { kind: 'regex', value: '\\d{3}' }, inverted), { headers: ['x', '1234'] }, true],
  ['one of repeated headers', header('x', text('exact', 'b')), { headers: ['x', 'a', 'y', '', 'x', 'b'] }, true],
  ['repeated headers are not one', header('x', text('exact', 'a,b')), { headers: ['x', 'a', 'x', 'b'] }, false],
  ['one value with a comma', header('x', text('exact', 'a,b')), { headers: ['x', 'a,b'] }, true],
  [
    'none of repeated headers, inverted',
    header('x', text('exact', 'c'), inverted),
    { headers: ['x', 'a', 'x', 'b'] },
    true,
  ],
  [
    'one of repeated headers, inverted',
    header('x', text('exact', 'a'), inverted),
    { headers: ['x', 'a', 'x', 'b'] },
    false,
  ],
  ['missing', header('x', text('exact', 'a')), {}, false],
  ['missing, inverted: still no match', header('x', text('exact', 'a'), inverted), {}, false],
  ['missing as empty', header('x', text('exact', ''), empty), {}, true],
  ['missing as empty, inverted', header('x', range(0, 10), { ...inverted, ...empty }), {}, true],
  ['inverted', header('x', text('exact', 'a'), inverted), { headers: ['x', 'b'] }, true],
  ['range start is in', header('x', range(-10, 0)), { headers: ['x', '-10'] }, true],
  ['range end is out', header('x', range(-10, 0)), { headers: ['x', '0'] }, false],
  ['range inverted', header('x', range(-10, 0), inverted), { headers: ['x', '-1'] }, false],
  ['range of something else', header('x', range(-10, 10)), { headers: ['x', '1.5'] }, false],
  ['range of nothing', header('x', range(-10, 10)), { headers: ['x', ''] }, false],
  ['present', header('x', present(true)), { headers: ['x', ''] }, true],
  ['present but missing', header('x', present(true)), {}, false],
  ['absent', header('x', present(false)), {}, true],
  ['present inverted', header('x', present(true), inverted), {}, true],
  ['absent inverted', header('x', present(false), inverted), { headers: ['x', '1'] }, true],
  ['present, missing as empty', header('x', present(true), empty), {}, true],
  [':method', header(':method', text('exact', 'POST')), { method: 'POST' }, true],
  [':path with its query', header(':path', text('suffix', '?a')), { path: '/x?a' }, true],
  [':authority', header(':authority', text('exact', 'cart:80')), { authority: 'cart:80' }, true],
  ['host', header('host', text('exact', 'cart')), { authority: 'cart' }, true],
  ['no host', header('host', present(true)), { authority: '' }, false],
  [':scheme', header(':scheme', text('exact', 'http')), {}, true],
];

for (const [what, plan, shape, expected] of headers) {
  test(`header ${what}: ${expected ? 'match' : 'no match'}`, () => {
    assert.equal(matches(prefix('/', { headers: [plan] }), shape), expected);
  });
}

const query: [what: string, plan: QueryMatchPlan, path: string, expected: boolean][] = [
  ['exact', { name: 'a', test: text('exact', '1') }, '/?a=1', true],
  ['among others', { name: 'a', test: text('exact', '1') }, '/?b=2&a=1&c', true],
  ['the first of two counts', { name: 'a', test: text('exact', '2') }, '/?a=1&a=2', false],
  ['a longer name is another', { name: 'a', test: text('exact', '1') }, '/?aa=1&ba=1', false],
  ['a value with =', { name: 'a', test: text('exact', 'b=c') }, '/?a=b=c', true],
  ['without =', { name: 'a', test: text('exact', '') }, '/?a', true],
  ['not decoded', { name: 'a', test: text('exact', '%31') }, '/?a=%31', true],
  ['not in the path', { name: 'a', test: text('exact', '1') }, '/a=1', false],
  ['not in the fragment', { name: 'a', test: text('exact', '1') }, '/?b#&a=1', false],
  ['missing', { name: 'a', test: text('prefix', '') }, '/?', false],
  ['present', { name: 'a', test: { kind: 'present', present: true } }, '/?b&a=', true],
  ['absent', { name: 'a', test: { kind: 'present', present: false } }, '/?b', true],
  ['regex', { name: 'a', test: { kind: 'regex', value: '\\d+' } }, '/?a=12', true],
];

for (const [what, plan, path, expected] of query) {
  test(`query parameter ${what}: ${expected ? 'match' : 'no match'}`, () => {
    assert.equal(matches(prefix('/', { query: [plan] }), { path }), expected);
  });
}

test('grpcOnly wants a gRPC content type', () => {
  const grpc = prefix('/', { grpcOnly: true });
  for (const type of ['application/grpc', 'application/grpc+proto']) {
    assert.equal(matches(grpc, { headers: ['content-type', type] }), true);
  }
  for (const type of ['application/grpc-web', 'application/json']) {
    assert.equal(matches(grpc, { headers: ['content-type', type] }), false);
  }
  assert.equal(matches(grpc, {}), false);
});

test('a percentage lets that share match', () => {
  const match = new RouteMatch(prefix('/', { percent: 12.5 }));
  const x = exchangeOf();
  let matched = 0;
  for (let at = 0; at < 20_000; at += 1) if (match.matches(x, random)) matched += 1;
  assert.ok(Math.abs(matched / 20_000 - 0.125) < 0.01, `${matched} of 20000`);
  assert.equal(
    new RouteMatch(prefix('/', { percent: 0 })).matches(x, () => 0),
    false,
  );
});

test('all conditions of a match must hold', () => {
  const both = prefix('/', {
    headers: [header('x', present(true))],
    query: [{ name: 'a', test: { kind: 'present', present: true } }],
  });
  assert.equal(matches(both, { path: '/?a', headers: ['x', ''] }), true);
  assert.equal(matches(both, { path: '/?a' }), false);
  assert.equal(matches(both, { path: '/', headers: ['x', ''] }), false);
});
