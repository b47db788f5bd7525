import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '../support/documents.ts';

test('an EndpointSlice has its fields at the top, and endpoints are ready unless they say otherwise', () => {
  const { body, problems } = check('EndpointSlice', {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'], conditions: { ready: false }, zone: 'a' }],
    ports: [{ name: 'http', port: 8080 }],
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(body, {
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['10.0.0.1'], conditions: { ready: true } },
      { addresses: ['10.0.0.2'], conditions: { ready: false }, zone: 'a' },
    ],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  });
});

const wrong: [what: string, fields: object, problems: string[]][] = [
  ['no addressType', {}, ['addressType: required']],
  ['names for addresses', { addressType: 'FQDN' }, ['addressType: FQDN: not supported yet; use one of IPv4, IPv6']],
  [
    'an address of another family',
    { addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }] },
    ['endpoints[0].addresses[0]: must be an IPv4 address, as addressType says; got "::1"'],
  ],
  [
    'an endpoint without an address',
    { addressType: 'IPv4', endpoints: [{ addresses: [] }] },
    ['endpoints[0].addresses: must have at least 1 item'],
  ],
  [
    'topology hints',
    { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], hints: {} }] },
    ['endpoints[0].hints: not supported yet'],
  ],
  [
    'two ports of one name',
    {
      addressType: 'IPv4',
      ports: [
        { name: 'a', port: 1 },
        { name: 'a', port: 2 },
      ],
    },
    ['ports[1].name: "a" is already used by ports[0]'],
  ],
  [
    'more than 1000 endpoints',
    { addressType: 'IPv4', endpoints: Array.from({ length: 1001 }, () => ({ addresses: ['10.0.0.1'] })) },
    ['endpoints: must have at most 1000 items; got 1001'],
  ],
];

for (const [what, fields, problems] of wrong) {
  test(`an EndpointSlice with ${what} is refused by path`, () =>
    assert.deepEqual(check('EndpointSlice', fields).problems, problems));
}
