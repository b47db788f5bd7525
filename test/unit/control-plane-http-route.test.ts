import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '../support/documents.ts';

const parentRefs = [{ group: '', kind: 'Service', name: 'cart' }];
const backendRefs = [{ name: 'cart', port: 80 }];
const rule = (fields: object) => ({ parentRefs, rules: [{ backendRefs, ...fields }] });

test('a route gets the defaults of the Gateway API', () => {
  const { body, problems } = check('HTTPRoute', { parentRefs, rules: [{ backendRefs }] });
  assert.deepEqual(problems, []);
  assert.deepEqual(body, {
    spec: {
      parentRefs,
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] }],
          filters: [],
          backendRefs: [{ group: '', kind: 'Service', name: 'cart', port: 80, weight: 1 }],
        },
      ],
    },
  });
});

test('a route with every supported field is accepted', () => {
  const { problems } = check('HTTPRoute', {
    parentRefs: [{ ...parentRefs[0], namespace: 'other', port: 80 }],
    rules: [
      {
        name: 'first',
        matches: [
          { path: { type: 'Exact', value: '/a' }, method: 'GET', headers: [{ name: 'X-A', value: '1' }] },
          { path: { type: 'RegularExpression', value: '/v[0-9]+/.*' }, queryParams: [{ name: 'q', value: 'x' }] },
        ],
        filters: [
          { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'b' }], remove: ['c'] } },
          { type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name: 'a', value: 'b' }] } },
          {
            type: 'URLRewrite',
            urlRewrite: { hostname: 'h.example', path: { type: 'ReplaceFullPath', replaceFullPath: '/z' } },
          },
        ],
        backendRefs: [
          { name: 'cart', port: 80, weight: 90 },
          { name: 'cart-2', namespace: 'other', port: 80, weight: 10 },
        ],
        timeouts: { request: '5s', backendRequest: '1s' },
        retry: { codes: [500, 503], attempts: 2, backoff: '25ms' },
      },
    ],
  });
  assert.deepEqual(problems, []);
});

const wrong: [what: string, spec: object, problems: string[]][] = [
  [
    'a Gateway as parent',
    { parentRefs: [{ kind: 'Gateway', name: 'edge' }] },
    ['spec.parentRefs[0].kind: Gateway: not supported yet; use Service'],
  ],
  ['a parent without kind', { parentRefs: [{ name: 'cart' }] }, ['spec.parentRefs[0].kind: required']],
  ['host names', { parentRefs, hostnames: ['a'] }, ['spec.hostnames: not supported yet']],
  ['no parents', { parentRefs: [] }, ['spec.parentRefs: must have at least 1 item']],
  [
    '17 rules',
    { parentRefs, rules: Array.from({ length: 17 }, () => ({ backendRefs })) },
    ['spec.rules: must have at most 16 items; got 17'],
  ],
  [
    'a relative path',
    rule({ matches: [{ path: { type: 'Exact', value: 'a' } }] }),
    ['spec.rules[0].matches[0].path.value: must begin with "/"; got "a"'],
  ],
  [
    'a path that would be normalised',
    rule({ matches: [{ path: { value: '/a/../b' } }] }),
    ['spec.rules[0].matches[0].path.value: must not contain "/../"; got "/a/../b"'],
  ],
  [
    'a look-ahead in a regular expression',
    rule({ matches: [{ path: { type: 'RegularExpression', value: '/(?=a)' } }] }),
    ['spec.rules[0].matches[0].path.value: look-around "(?=" is not supported: it cannot be matched in linear time'],
  ],
  [
    'a mirror',
    rule({ filters: [{ type: 'RequestMirror', requestMirror: {} }] }),
    [
      'spec.rules[0].filters[0].requestMirror: not supported yet',
      'spec.rules[0].filters[0].type: RequestMirror: not supported yet; use one of RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect, URLRewrite',
    ],
  ],
  [
    'a filter whose field is missing',
    rule({ filters: [{ type: 'URLRewrite' }] }),
    ['spec.rules[0].filters[0].urlRewrite: required when type is URLRewrite'],
  ],
  [
    'a redirect that also has backends',
    rule({ filters: [{ type: 'RequestRedirect', requestRedirect: {} }] }),
    ['spec.rules[0].backendRefs: must be empty in a rule with RequestRedirect'],
  ],
  [
    'a prefix replaced without a prefix match',
    rule({
      matches: [{ path: { type: 'Exact', value: '/a' } }],
      filters: [{ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } } }],
    }),
    ['spec.rules[0].filters: ReplacePrefixMatch needs every match of the rule to be a PathPrefix'],
  ],
  [
    'an attempt longer than the request',
    rule({ timeouts: { request: '1s', backendRequest: '2s' } }),
    ['spec.rules[0].timeouts.backendRequest: must be at most request (1s); got 2s'],
  ],
  [
    'a retry of 200',
    rule({ retry: { codes: [200] } }),
    ['spec.rules[0].retry.codes[0]: must be at least 400; got 200'],
  ],
  [
    'a backend without a port',
    { parentRefs, rules: [{ backendRefs: [{ name: 'cart' }] }] },
    ['spec.rules[0].backendRefs[0].port: required'],
  ],
  ['session persistence', rule({ sessionPersistence: {} }), ['spec.rules[0].sessionPersistence: not supported yet']],
  [
    'the same header matched twice',
    rule({
      matches: [
        {
          headers: [
            { name: 'A', value: '1' },
            { name: 'a', value: '2' },
          ],
        },
      ],
    }),
    ['spec.rules[0].matches[0].headers[1].name: "a" is already used by spec.rules[0].matches[0].headers[0]'],
  ],
];

for (const [what, spec, problems] of wrong) {
  test(`a route with ${what} is refused by path`, () => assert.deepEqual(check('HTTPRoute', spec).problems, problems));
}
