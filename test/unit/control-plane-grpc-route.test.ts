import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conflictAtParent, type Route } from '../../control-plane/model/route-conflicts.ts';
import { check, document } from '../support/documents.ts';
import { worldOf } from '../support/world.ts';

const parentRefs = [{ group: '', kind: 'Service', name: 'cart' }];
const backendRefs = [{ name: 'cart', port: 50_051 }];
const rule = (fields: object) => ({ parentRefs, rules: [{ backendRefs, ...fields }] });
const match = (fields: object) => rule({ matches: [fields] });

test('a gRPC route gets the defaults of the Gateway API', () => {
  const { body, problems } = check('GRPCRoute', { parentRefs, rules: [{ backendRefs }] });
  assert.deepEqual(problems, []);
  assert.deepEqual(body, {
    spec: {
      parentRefs,
      rules: [
        {
          matches: [{ headers: [] }],
          filters: [],
          backendRefs: [{ group: '', kind: 'Service', name: 'cart', port: 50_051, weight: 1 }],
        },
      ],
    },
  });
});

test('a gRPC route with every supported field is accepted', () => {
  const { problems } = check('GRPCRoute', {
    parentRefs: [{ ...parentRefs[0], namespace: 'other', port: 50_051 }],
    rules: [
      {
        name: 'first',
        matches: [
          { method: { service: 'shop.v1.Cart', method: 'AddItem' }, headers: [{ name: 'X-A', value: '1' }] },
          { method: { type: 'RegularExpression', service: 'shop\\..*' } },
          { method: { method: 'Check' } },
        ],
        filters: [
          { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'b' }], remove: ['c'] } },
          { type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name: 'a', value: 'b' }] } },
        ],
        backendRefs: [{ name: 'cart', port: 50_051, weight: 0 }],
        timeouts: { request: '5s', backendRequest: '1s' },
        retry: { codes: ['UNAVAILABLE', 'CANCELLED'], attempts: 2, backoff: '25ms' },
      },
    ],
  });
  assert.deepEqual(problems, []);
});

const wrong: [what: string, spec: object, problems: string[]][] = [
  [
    'neither service nor method',
    match({ method: {} }),
    ['spec.rules[0].matches[0].method: must have a service, a method, or both'],
  ],
  [
    'a path as service',
    match({ method: { service: '/shop.Cart' } }),
    [
      'spec.rules[0].matches[0].method.service: must be the full name of a gRPC service, such as shop.v1.Cart; got "/shop.Cart"',
    ],
  ],
  [
    'a method with a slash',
    match({ method: { service: 'Cart', method: 'Add/Item' } }),
    ['spec.rules[0].matches[0].method.method: must be the name of a gRPC method, such as AddItem; got "Add/Item"'],
  ],
  [
    'a look-ahead in a regular expression',
    match({ method: { type: 'RegularExpression', service: '(?=a)' } }),
    [
      'spec.rules[0].matches[0].method.service: look-around "(?=" is not supported: it cannot be matched in linear time',
    ],
  ],
  [
    'a path match',
    match({ path: { value: '/' } }),
    ['spec.rules[0].matches[0].path: unknown field; known here: method, headers'],
  ],
  [
    'a rewrite',
    rule({ filters: [{ type: 'URLRewrite' }] }),
    ['spec.rules[0].filters[0].type: must be one of RequestHeaderModifier, ResponseHeaderModifier; got "URLRewrite"'],
  ],
  [
    'a mirror',
    rule({ filters: [{ type: 'RequestMirror', requestMirror: {} }] }),
    [
      'spec.rules[0].filters[0].requestMirror: not supported yet',
      'spec.rules[0].filters[0].type: RequestMirror: not supported yet; use one of RequestHeaderModifier, ResponseHeaderModifier',
    ],
  ],
  [
    'a retry by HTTP status',
    rule({ retry: { codes: [503] } }),
    [
      'spec.rules[0].retry.codes[0]: must be one of CANCELLED, DEADLINE_EXCEEDED, INTERNAL, RESOURCE_EXHAUSTED, UNAVAILABLE; got 503',
    ],
  ],
  ['a retry of nothing', rule({ retry: {} }), ['spec.rules[0].retry.codes: required']],
  [
    'an attempt longer than the call',
    rule({ timeouts: { request: '1s', backendRequest: '2s' } }),
    ['spec.rules[0].timeouts.backendRequest: must be at most request (1s); got 2s'],
  ],
  [
    'more than 128 matches',
    { parentRefs, rules: [1, 2, 3].map(() => ({ backendRefs, matches: Array(64).fill({}) })) },
    ['spec.rules: must have at most 128 matches together; got 192'],
  ],
  ['host names', { parentRefs, hostnames: ['a'] }, ['spec.hostnames: not supported yet']],
];

for (const [what, spec, problems] of wrong) {
  test(`a gRPC route with ${what} is refused by path`, () =>
    assert.deepEqual(check('GRPCRoute', spec).problems, problems));
}

/** What is said about the HTTPRoute of `shop` at its parent, beside the GRPCRoute of a namespace. */
function conflict(http: object, grpc: object, home = 'shop') {
  const parent = { ...parentRefs[0], namespace: 'shop' };
  const world = worldOf([
    document('Service', 'cart', {
      ports: [
        { name: 'http', port: 80 },
        { name: 'grpc', port: 50_051 },
      ],
    }) as { kind: string },
    document('HTTPRoute', 'h', { parentRefs: [{ ...parent, ...http }] }) as { kind: string },
    document('GRPCRoute', 'g', { parentRefs: [{ ...parent, ...grpc }] }, home) as { kind: string },
  ]);
  const routes: Route[] = [...world.httpRoutes.values(), ...world.grpcRoutes.values()];
  return routes.map((route) => {
    const [ref] = route.spec.parentRefs;
    return ref && conflictAtParent(route, ref, world);
  });
}

test('a GRPCRoute takes the ports that it names from the HTTPRoutes of its namespace', () => {
  const whole = { whole: true, message: 'Service shop/cart follows GRPCRoute shop/g' };
  assert.deepEqual(conflict({}, {}), [whole, undefined]);
  assert.deepEqual(conflict({ port: 50_051 }, {}), [whole, undefined]);
  assert.deepEqual(conflict({}, { port: 50_051 }), [
    { whole: false, message: 'Service shop/cart follows GRPCRoute shop/g on port 50051' },
    undefined,
  ]);
  assert.deepEqual(conflict({ port: 80 }, { port: 50_051 }), [undefined, undefined]);
});

test('routes of another namespace are for other callers, and no conflict', () => {
  assert.deepEqual(conflict({}, {}, 'elsewhere'), [undefined, undefined]);
});
