import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOfThisHop } from '../../../sidecar/http/hops.ts';
import { exchangeOf, linesOf } from '../../support/exchange.ts';

test('TRACE is refused with the methods that are not', () => {
  const reply = answerOfThisHop(exchangeOf({ method: 'TRACE', headers: ['Max-Forwards', '3'] }));
  assert.equal(reply?.status, 405);
  assert.deepEqual(reply?.headers, ['allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']);
});

test('methods are case-sensitive: trace is another method', () => {
  assert.equal(answerOfThisHop(exchangeOf({ method: 'trace' })), null);
});

test('Max-Forwards counts down with OPTIONS, and at 0 we are who is asked', () => {
  for (const [given, left] of [
    ['1', '0'],
    ['10', '9'],
    ['007', '6'],
    ['99999999999999999999', '999999'],
  ] as const) {
    const x = exchangeOf({ method: 'OPTIONS', headers: ['Max-Forwards', given] });
    assert.equal(answerOfThisHop(x), null);
    assert.deepEqual(linesOf(x.headers), [`max-forwards: ${left}`]);
  }
  for (const given of ['0', '000']) {
    const reply = answerOfThisHop(exchangeOf({ method: 'OPTIONS', headers: ['max-forwards', given] }));
    assert.deepEqual([reply?.status, reply?.body], [200, '']);
  }
});

test('Max-Forwards that is no number is refused', () => {
  for (const given of ['', '-1', '+1', '1.0', '1, 2', '0x1', '١']) {
    const reply = answerOfThisHop(exchangeOf({ method: 'OPTIONS', headers: ['max-forwards', given] }));
    assert.equal(reply?.status, 400, given);
  }
});

test('Max-Forwards means nothing with other methods, and is passed on', () => {
  const x = exchangeOf({ method: 'GET', headers: ['max-forwards', '0'] });
  assert.equal(answerOfThisHop(x), null);
  assert.deepEqual(linesOf(x.headers), ['max-forwards: 0']);
});
