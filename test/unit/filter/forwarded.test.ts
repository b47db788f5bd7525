import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import { type ForwardedPlan, forwardHeaders, respondedVia } from '../../../sidecar/filter/forwarded.ts';
import { exchangeOf, linesOf, type RequestShape } from '../../support/exchange.ts';

const plain: ForwardedPlan = { useRemoteAddress: false, xffTrustedHops: 0, via: '' };
const edge: ForwardedPlan = { ...plain, useRemoteAddress: true };

const cases: [what: string, plan: ForwardedPlan, shape: RequestShape, after: string[]][] = [
  ['only the protocol is added', plain, {}, ['x-forwarded-proto: http']],
  [
    'what came is kept',
    plain,
    { headers: ['X-Forwarded-For', '1.1.1.1', 'X-Forwarded-Proto', 'https'] },
    ['X-Forwarded-For: 1.1.1.1', 'X-Forwarded-Proto: https'],
  ],
  [
    'nobody says whose certificate was shown',
    plain,
    { headers: ['X-Forwarded-Client-Cert', 'URI=spiffe://mesh/admin', 'x-forwarded-client-cert', 'Hash=1'] },
    ['x-forwarded-proto: http'],
  ],
  ['the caller begins the list', edge, {}, ['x-forwarded-for: 10.1.2.3', 'x-forwarded-proto: http']],
  [
    'the caller is appended',
    edge,
    { headers: ['X-Forwarded-For', '1.1.1.1', 'X-Forwarded-For', '2.2.2.2'] },
    ['x-forwarded-for: 1.1.1.1, 2.2.2.2, 10.1.2.3', 'x-forwarded-proto: http'],
  ],
  [
    'the caller cannot claim https at the edge',
    edge,
    { headers: ['x-forwarded-proto', 'https'] },
    ['x-forwarded-for: 10.1.2.3', 'x-forwarded-proto: http'],
  ],
  [
    'a trusted proxy before us may',
    { ...edge, xffTrustedHops: 1 },
    { headers: ['x-forwarded-proto', 'https'] },
    ['x-forwarded-proto: https', 'x-forwarded-for: 10.1.2.3'],
  ],
  [
    'via names us as configured',
    { ...plain, via: '1.0 aya' },
    { version: 10, headers: ['Via', '1.1 front'] },
    ['x-forwarded-proto: http', 'via: 1.1 front, 1.0 aya'],
  ],
];

for (const [what, plan, shape, after] of cases) {
  test(`forwarding: ${what}`, () => {
    const x = exchangeOf(shape);
    forwardHeaders(x, plan);
    assert.deepEqual(linesOf(x.headers), after);
  });
}

test('a response can name us, too', () => {
  const headers = HeaderList.of();
  respondedVia(headers, '1.1 aya');
  respondedVia(headers, '');
  assert.deepEqual(linesOf(headers), ['via: 1.1 aya']);
});

test('a caller on this machine is known elsewhere by an address of the machine', () => {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outer = own.filter((each) => !each.internal).map((each) => each.address);
  for (const remoteAddress of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) {
    const x = exchangeOf({ remoteAddress });
    forwardHeaders(x, edge);
    const told = x.headers.get('x-forwarded-for') ?? '';
    assert.ok(outer.length === 0 ? told === remoteAddress : outer.includes(told), told);
  }
});
