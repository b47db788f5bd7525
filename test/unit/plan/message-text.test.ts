import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromJson } from '../../../shared/xds/json.ts';
import type { Messages } from '../../../shared/xds/messages.gen.ts';
import { readBootstrap } from '../../../sidecar/plan/bootstrap-file.ts';
import { allOf, Place } from '../../../sidecar/plan/place.ts';
import { virtualHost } from '../../../sidecar/plan/route.ts';
import { bootstrap, cluster, httpListener } from '../../support/bootstrap.ts';

const VHOST = 'envoy.config.route.v3.VirtualHost';

/** Each would end the line, or become a line end as its lower byte goes out: U+010A is LF then, U+010D CR. */
const BREAKS = ['\r\nX: y', '\n', '\r', '\0', '\u010a', '\u010d\u010aX: y', '\u2028', '\x7f', '\x0b'];

function problemsOf<T extends keyof Messages>(
  type: T,
  json: object,
  resolve: (message: Messages[T], place: Place) => unknown,
): string[] {
  const { message, problems } = fromJson(type, json);
  assert.deepEqual(problems, []);
  const place = new Place('');
  resolve(message, place);
  return allOf(place.findings);
}

const host = (route: object, rest: object = {}): object => ({
  name: 'h',
  domains: ['*'],
  routes: [{ match: { prefix: '/' }, ...route }],
  ...rest,
});
const header = (key: string, value: string): object => ({ header: { key, value } });

const places: [at: string, json: (text: string) => object, fine: string[]][] = [
  [
    'request_headers_to_add[0].header.value',
    (text) => host({ route: { cluster: 'a' } }, { request_headers_to_add: [header('x', `a${text}`)] }),
    ['', ' b', '\tb', 'é'],
  ],
  [
    'request_headers_to_add[0].header.key',
    (text) => host({ route: { cluster: 'a' } }, { request_headers_to_add: [header(`x${text}`, 'a')] }),
    ['', '-y'],
  ],
  [
    'routes[0].response_headers_to_add[0].header.value',
    (text) => host({ route: { cluster: 'a' }, response_headers_to_add: [header('x', `a${text}`)] }),
    ['', ' b'],
  ],
  [
    'routes[0].route.prefix_rewrite',
    (text) => host({ route: { cluster: 'a', prefix_rewrite: `/a${text}` } }),
    ['', '/b', '?c=d', '%0d%0a'],
  ],
  [
    'routes[0].route.host_rewrite_literal',
    (text) => host({ route: { cluster: 'a', host_rewrite_literal: `a${text}` } }),
    ['', ':80', '.b'],
  ],
  [
    'routes[0].route.regex_rewrite.substitution',
    (text) => host({ route: { cluster: 'a', regex_rewrite: { pattern: { regex: 'a' }, substitution: `b${text}` } } }),
    ['', '\\0', '/c'],
  ],
  [
    'routes[0].redirect.host_redirect',
    (text) => host({ redirect: { host_redirect: `a${text}` } }),
    ['', ':80', '.example'],
  ],
  ['routes[0].redirect.path_redirect', (text) => host({ redirect: { path_redirect: `/a${text}` } }), ['', '?b#c']],
  ['routes[0].redirect.prefix_rewrite', (text) => host({ redirect: { prefix_rewrite: `/a${text}` } }), ['', '/b']],
  ['routes[0].redirect.scheme_redirect', (text) => host({ redirect: { scheme_redirect: `http${text}` } }), ['', 's']],
];

for (const [at, json, fine] of places) {
  test(`${at} cannot break a line`, () => {
    for (const text of fine) assert.deepEqual(problemsOf(VHOST, json(text), virtualHost), [], JSON.stringify(text));
    for (const text of BREAKS) {
      const problems = problemsOf(VHOST, json(text), virtualHost);
      assert.equal(problems.length, 1, JSON.stringify(text));
      assert.ok(problems[0]?.startsWith(`${at}: `), problems[0] ?? '');
    }
  });
}

test('via and server_name cannot break a line', () => {
  for (const field of ['via', 'server_name']) {
    const problems = (text: string): string[] => {
      const config = bootstrap([httpListener({ manager: { [field]: `1.1 a${text}` } })], [cluster('cart', [1])]);
      return allOf(readBootstrap(JSON.stringify(config), 'file.json').findings);
    };
    assert.deepEqual(problems(''), []);
    for (const text of BREAKS) {
      assert.equal(problems(text).length, 1);
      assert.match(
        problems(text)[0] ?? '',
        new RegExp(`\\.${field}: holds a character that a header value must not have$`),
      );
    }
  }
});

test('a path must begin at the root, or the request line would have none', () => {
  assert.deepEqual(problemsOf(VHOST, host({ route: { cluster: 'a', prefix_rewrite: 'b' } }), virtualHost), [
    'routes[0].route.prefix_rewrite: "b" must begin with "/"',
  ]);
});
