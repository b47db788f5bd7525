import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../shared/struct/random.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import type { MatchPlan } from '../../../sidecar/core/plan/match.ts';
import type {
  ForwardPlan,
  HeaderAddPlan,
  HeaderMutations,
  RouteActionPlan,
  RoutePlan,
  VirtualHostPlan,
} from '../../../sidecar/core/plan/route.ts';
import { type RouteConfigHeaders, RouteEntry } from '../../../sidecar/route/entry.ts';
import { RouteTable } from '../../../sidecar/route/table.ts';
import { exchangeOf, linesOf, type RequestShape } from '../../support/exchange.ts';
import {
  clusterPlan,
  forwardPlan,
  hostPlan,
  matchPlan,
  noMutations,
  prefix,
  routeConfigPlan,
  routePlan,
} from '../../support/route-plan.ts';

const random = seededRandom(1);

function entryOf(
  action: RouteActionPlan,
  match: MatchPlan = prefix('/'),
  rest: { route?: Partial<RoutePlan>; host?: Partial<VirtualHostPlan>; config?: Partial<RouteConfigHeaders> } = {},
): RouteEntry {
  const route = routePlan('r', match, { action, ...rest.route });
  const host = hostPlan('h', ['*'], [route], rest.host);
  return new RouteEntry(route, host, { requestHeaders: noMutations, responseHeaders: noMutations, ...rest.config });
}

const add = (name: string, value: string, action: HeaderAddPlan['action'] = 'append'): HeaderAddPlan => ({
  name,
  value,
  action,
});
const adding = (...all: HeaderAddPlan[]): HeaderMutations => ({ remove: [], add: all });

test('the first route that matches serves', () => {
  const routes = [
    routePlan('item', matchPlan({ kind: 'exact', value: '/item' })),
    routePlan('rest', prefix('/')),
    routePlan('never', prefix('/item')),
  ];
  const table = RouteTable.of(routeConfigPlan([hostPlan('h', ['*'], routes)]), new Map());
  const named = (path: string): string => {
    const x = exchangeOf({ path });
    table.lookup(x, random);
    return x.routeName;
  };
  assert.equal(named('/item'), 'item');
  assert.equal(named('/item/2'), 'rest');
  assert.equal(named('*'), '');
});

test('a route that changes nothing says so', () => {
  const entry = entryOf(forwardPlan());
  assert.equal(entry.needsRequestEdit, false);
  assert.equal(entry.needsResponseEdit, false);
  assert.equal(entry.filterConfig, null);
  assert.equal(entry.reply, null);
});

const rewrites: [what: string, match: MatchPlan, action: Partial<ForwardPlan>, path: string, rewritten: string][] = [
  ['a prefix', prefix('/api'), { prefixRewrite: '/v1' }, '/api/x?q=/api', '/v1/x?q=/api'],
  ['a prefix in the middle of a segment', prefix('/api'), { prefixRewrite: '/v1' }, '/apiary', '/v1ary'],
  ['a prefix to the root', prefix('/api/'), { prefixRewrite: '/' }, '/api/x', '/x'],
  ['a prefix whatever its case', prefix('/api', { caseSensitive: false }), { prefixRewrite: '/v1' }, '/API/X', '/v1/X'],
  ['whole segments', matchPlan({ kind: 'segments', value: '/api' }), { prefixRewrite: '/v1' }, '/api?x', '/v1?x'],
  ['an exact path', matchPlan({ kind: 'exact', value: '/a' }), { prefixRewrite: '/b' }, '/a?x=1', '/b?x=1'],
  [
    'all that a regex matched',
    matchPlan({ kind: 'regex', value: '/a/\\d+' }),
    { prefixRewrite: '/b' },
    '/a/77?x',
    '/b?x',
  ],
  [
    'by regex and groups',
    prefix('/'),
    { regexRewrite: { pattern: '^/service/([^/]+)(/.*)$', substitution: '\\2/instance/\\1' } },
    '/service/foo/v1/api?q=/service/x/y',
    '/v1/api/instance/foo?q=/service/x/y',
  ],
  [
    'by regex everywhere',
    prefix('/'),
    { regexRewrite: { pattern: 'one', substitution: 'two' } },
    '/xxx/one/yyy/one/zzz?one',
    '/xxx/two/yyy/two/zzz?one',
  ],
  [
    'by regex, with a dollar and a backslash',
    prefix('/'),
    { regexRewrite: { pattern: 'a', substitution: '$1\\\\\\0' } },
    '/a',
    '/$1\\a',
  ],
];

for (const [what, match, action, path, rewritten] of rewrites) {
  test(`the path is rewritten: ${what}`, () => {
    const x = exchangeOf({ path });
    const entry = entryOf(forwardPlan(action), match);
    assert.equal(entry.match.matches(x, random), true);
    entry.applyRequest(x);
    assert.equal(x.path, rewritten);
    assert.deepEqual(linesOf(x.headers), [`x-envoy-original-path: ${path}`]);
  });
}

test('the host is rewritten by a text or from a header', () => {
  const x = exchangeOf({ authority: 'old', headers: ['x-host', 'from-header'] });
  entryOf(forwardPlan({ hostRewrite: 'new:80' })).applyRequest(x);
  assert.equal(x.authority, 'new:80');
  assert.equal(x.headers.get('x-envoy-original-host'), 'old');
  entryOf(forwardPlan({ hostRewriteHeader: 'x-host' })).applyRequest(x);
  assert.equal(x.authority, 'from-header');
  entryOf(forwardPlan({ hostRewriteHeader: 'x-other' })).applyRequest(x);
  assert.equal(x.authority, 'from-header', 'a missing header changes nothing');
});

test('header mutations apply from weighted cluster to route configuration, and the last one wins', () => {
  const level = (name: string): HeaderMutations =>
    adding(add('x-all', name), add('x-last', name, 'overwrite'), add('x-first', name, 'add-if-absent'));
  const action = forwardPlan({ clusters: [clusterPlan('a', 1, { requestHeaders: level('cluster') })] });
  const entry = entryOf(action, prefix('/'), {
    route: { requestHeaders: level('route') },
    host: { requestHeaders: level('host') },
    config: { requestHeaders: level('config') },
  });
  const x = exchangeOf();
  entry.applyRequest(x);
  assert.equal(x.headers.joined('x-all'), 'cluster, route, host, config');
  assert.equal(x.headers.joined('x-last'), 'config');
  assert.equal(x.headers.joined('x-first'), 'cluster');
});

const mutations: [what: string, plan: HeaderMutations, before: string[], after: string[]][] = [
  ['append keeps what is there', adding(add('x', '2')), ['x', '1'], ['x: 1', 'x: 2']],
  ['add-if-absent when there', adding(add('x', '2', 'add-if-absent')), ['x', '1'], ['x: 1']],
  ['add-if-absent when not', adding(add('x', '2', 'add-if-absent')), [], ['x: 2']],
  ['overwrite replaces all', adding(add('x', '3', 'overwrite')), ['x', '1', 'x', '2'], ['x: 3']],
  ['overwrite adds', adding(add('x', '3', 'overwrite')), [], ['x: 3']],
  ['overwrite-if-exists when there', adding(add('x', '2', 'overwrite-if-exists')), ['X', '1'], ['x: 2']],
  ['overwrite-if-exists when not', adding(add('x', '2', 'overwrite-if-exists')), [], []],
  ['remove', { remove: ['x'], add: [] }, ['x', '1', 'y', '2', 'X', '3'], ['y: 2']],
  ['remove before add', { remove: ['x'], add: [add('x', '2')] }, ['x', '1'], ['x: 2']],
  ['values from the request', adding(add('y', '%REQ(X)%-%REQ(:METHOD)%%%')), ['x', '1'], ['x: 1', 'y: 1-GET%']],
  ['the second of two headers', adding(add('y', '%REQ(A?X)%')), ['x', '1'], ['x: 1', 'y: 1']],
  ['cut to a length', adding(add('y', '%REQ(X):2%')), ['x', '1234'], ['x: 1234', 'y: 12']],
  ['nothing for a missing value', adding(add('y', '%REQ(X)%', 'overwrite')), ['y', '1'], ['y: 1']],
  ['an empty constant is meant', adding(add('y', '')), [], ['y: ']],
  [
    'values are made before any is set',
    adding(add('x', 'new', 'overwrite'), add('y', '%REQ(X)%')),
    ['x', 'old'],
    ['x: new', 'y: old'],
  ],
  [
    'the caller',
    adding(add('from', '%DOWNSTREAM_REMOTE_ADDRESS%'), add('ip', '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%')),
    [],
    ['from: 10.1.2.3:4711', 'ip: 10.1.2.3'],
  ],
];

for (const [what, requestHeaders, before, after] of mutations) {
  test(`header mutation: ${what}`, () => {
    const x = exchangeOf({ headers: before });
    const entry = entryOf(forwardPlan(), prefix('/'), { route: { requestHeaders } });
    assert.equal(entry.needsRequestEdit, true);
    entry.applyRequest(x);
    assert.deepEqual(linesOf(x.headers), after);
  });
}

test('the response can be given values of request and response', () => {
  const responseHeaders: HeaderMutations = {
    remove: ['server'],
    add: [add('x-route', '%ROUTE_NAME%/%RESP(ETAG)%/%REQ(A)%'), add('x-up', '%UPSTREAM_HOST%')],
  };
  const entry = entryOf(forwardPlan(), prefix('/'), { route: { responseHeaders } });
  const x = exchangeOf({ headers: ['a', 'b'] });
  x.routeName = 'r';
  const headers = HeaderList.of('Server', 'nginx', 'etag', '"1"');
  entry.applyResponse(x, 200, headers);
  assert.equal(entry.needsRequestEdit, false);
  assert.deepEqual(linesOf(headers), ['etag: "1"', 'x-route: r/"1"/b']);
});

test('weighted clusters get their share, and each its own headers', () => {
  const version = (name: string): HeaderMutations => adding(add('x-version', name));
  const action = forwardPlan({
    clusters: [
      clusterPlan('same', 75, { requestHeaders: version('a') }),
      clusterPlan('never', 0),
      clusterPlan('same', 25, { requestHeaders: version('b') }),
    ],
  });
  const entry = entryOf(action);
  const counts: Record<string, number> = {};
  for (let at = 0; at < 20_000; at += 1) {
    const x = exchangeOf();
    assert.equal(entry.chooseCluster(x, random), 'same');
    entry.applyRequest(x);
    const value = x.headers.get('x-version') ?? '';
    counts[value] = (counts[value] ?? 0) + 1;
  }
  assert.deepEqual(Object.keys(counts).sort(), ['a', 'b']);
  assert.ok(Math.abs((counts.a ?? 0) / 20_000 - 0.75) < 0.015);
});

test('a header can name the cluster', () => {
  const entry = entryOf(forwardPlan({ clusters: [], clusterHeader: 'x-cluster' }));
  assert.equal(entry.chooseCluster(exchangeOf({ headers: ['X-Cluster', 'web'] }), random), 'web');
  assert.equal(entry.chooseCluster(exchangeOf(), random), '');
});

test('filter overrides of a route win over those of its virtual host', () => {
  const fault = (maxActive: number) => ({ delay: null, abort: null, headers: [], upstreamCluster: '', maxActive });
  const entry = entryOf(forwardPlan(), prefix('/'), {
    host: { filterConfig: { a: fault(1), b: fault(1) } },
    route: { filterConfig: { b: fault(2) } },
  });
  assert.deepEqual(entry.filterConfig, { a: fault(1), b: fault(2) });
});

test('a direct response answers with its status and body', () => {
  const entry = entryOf({ kind: 'direct', status: 418, body: 'short and stout' });
  const reply = entry.reply?.(exchangeOf());
  assert.equal(reply?.status, 418);
  assert.equal(reply?.body, 'short and stout');
  assert.equal(reply?.flags, 0);
});

type Redirect = Extract<RouteActionPlan, { kind: 'redirect' }>;
const redirects: [what: string, plan: Partial<Redirect>, request: RequestShape, location: string][] = [
  ['to https', { scheme: 'https' }, { authority: 'a', path: '/x?y' }, 'https://a/x?y'],
  ['to https, off the default port', { scheme: 'https' }, { authority: 'a:80' }, 'https://a/'],
  ['to https, keeping another port', { scheme: 'https' }, { authority: 'a:8080' }, 'https://a:8080/'],
  ['to a host', { host: 'b' }, { authority: 'a:81', path: '/x' }, 'http://b/x'],
  ['to a port', { port: 8443 }, { authority: 'a:81', path: '/x' }, 'http://a:8443/x'],
  ['to a path', { path: '/new' }, { authority: 'a', path: '/old?q=1' }, 'http://a/new?q=1'],
  ['to a path with a query', { path: '/new?z' }, { authority: 'a', path: '/old?q=1' }, 'http://a/new?z'],
  ['without the query', { host: 'b', stripQuery: true }, { path: '/old?q=1' }, 'http://b/old'],
  ['with a prefix', { prefix: '/v2' }, { authority: 'a', path: '/api/x?q' }, 'http://a/v2/x?q'],
];

for (const [what, plan, request, location] of redirects) {
  test(`a redirect ${what}`, () => {
    const action: Redirect = {
      kind: 'redirect',
      status: 308,
      scheme: '',
      host: '',
      port: 0,
      path: '',
      prefix: null,
      stripQuery: false,
      ...plan,
    };
    const reply = entryOf(action, prefix('/api')).reply?.(exchangeOf(request));
    assert.equal(reply?.status, 308);
    assert.deepEqual(reply?.headers, ['location', location]);
  });
}
